package kubernetes

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fault is a patch of testdata/sound, and the check that must find it.
type fault struct {
	name  string // also the name of the namespace
	patch string // a strategic merge patch
	check func(c *Cluster, namespace string) error
	want  string // part of the error; empty if the check must pass
}

func checkRollout(c *Cluster, namespace string) error { return c.CheckRollout(namespace, "sound") }
func checkScaling(c *Cluster, namespace string) error { return c.CheckScaling(namespace, "sound") }

func checkUpdate(c *Cluster, namespace string) error {
	if err := c.CheckRollout(namespace, "sound"); err != nil {
		return err
	}
	if err := c.CheckImageUpdate(namespace, "sound"); err != nil {
		return err
	}
	return c.CheckRollback(namespace, "sound", "registry.example.com/sound:v1")
}

func checkDrain(c *Cluster, namespace string) error {
	return c.CheckDrain("case="+namespace, 8*time.Second, Service{namespace, "sound"})
}

func checkJobs(c *Cluster, namespace string) error {
	names, err := c.RunJobs(namespace)
	if err == nil && len(names) != 1 {
		err = fmt.Errorf("ran jobs %v, want one", names)
	}
	return err
}

// refusals are faults that the API server must reject.
var refusals = []fault{
	{name: "unknown-field", want: "redinessProbe", patch: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: sound}
spec: {template: {spec: {containers: [{name: sound, redinessProbe: {httpGet: {path: /ready, port: http}}}]}}}`},
	{name: "unknown-field-of-an-operator", want: "intervall", patch: `
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: sound}
spec: {endpoints: [{port: http, intervall: 30s}]}`},
	{name: "privileged", want: "would violate PodSecurity", patch: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: sound}
spec: {template: {spec: {containers: [{name: sound, securityContext: {privileged: true, allowPrivilegeEscalation: true}}]}}}`},
	{name: "root", want: "runAsNonRoot", patch: `
apiVersion: batch/v1
kind: CronJob
metadata: {name: tidy}
spec: {jobTemplate: {spec: {template: {spec: {securityContext: {runAsNonRoot: false}}}}}}`},
	{name: "value", want: "spec.maxReplicas", patch: `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: sound}
spec: {minReplicas: 6}`},
	{name: "nothing-may-change", want: "may not be 0 when", patch: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: sound}
spec: {strategy: {rollingUpdate: {maxSurge: 0}}}`},
}

// runtimeFaults are faults that the API server accepts. "sound" has no fault, so every check must pass.
var runtimeFaults = []fault{
	{name: "sound", check: checkRollout},
	{name: "sound", check: checkJobs},
	{name: "sound", check: checkUpdate},
	{name: "sound", check: checkScaling},
	{name: "no-request", check: checkScaling, want: "missing request for cpu", patch: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: sound}
spec: {template: {spec: {containers: [{name: sound, resources: {requests: {cpu: null}}}]}}}`},
	{name: "hasty", check: checkScaling, want: "must not scale down immediately", patch: `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: sound}
spec: {behavior: {scaleDown: {stabilizationWindowSeconds: 0}}}`},
	{name: "gap", check: checkUpdate, want: "only 2 pods were available", patch: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: sound}
spec: {strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}`},
	{name: "other-pods", check: checkRollout, want: "routes to 0 pods", patch: `
apiVersion: v1
kind: Service
metadata: {name: sound}
spec: {selector: {app.kubernetes.io/name: another}}`},
	{name: "other-port", check: checkRollout, want: "routes to 0 pods", patch: `
apiVersion: v1
kind: Service
metadata: {name: sound}
spec: {ports: [{port: 80, targetPort: web}]}`},
	{name: "no-volume", check: checkJobs, want: "timed out", patch: `
apiVersion: batch/v1
kind: CronJob
metadata: {name: tidy}
spec: {jobTemplate: {spec: {template: {spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: absent}}]}}}}}`},
}

// drainFaults are faults that only a node drain shows. They run sequentially, as they share the nodes.
var drainFaults = []fault{
	{name: "steady", check: checkDrain},
	{name: "budget", check: checkDrain, want: "violate the pod's disruption budget", patch: `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: sound}
spec: {minAvailable: 100%}`},
	{name: "no-room", check: checkDrain, want: "didn't match pod topology spread constraints", patch: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: sound}
spec:
  template:
    spec:
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app.kubernetes.io/name: sound}}}`},
}

// withoutCheck returns faults whose only check is the rollout, which must pass.
func withoutCheck(faults []fault) []fault {
	all := slices.Clone(faults)
	for i := range all {
		all[i].check, all[i].want = checkRollout, ""
	}
	return all
}

// manifest builds the sound manifest with the fault.
func (f fault) manifest(t *testing.T, c *Cluster) []byte {
	t.Helper()
	sound, err := filepath.Abs("testdata/sound")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	relative, err := filepath.Rel(dir, sound)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("resources: [%s]\nnamespace: %s\nlabels: [{pairs: {case: %[2]s}, includeTemplates: true}]\n", relative, f.name)
	if f.patch != "" {
		text += "patches:\n  - patch: |-\n" + strings.ReplaceAll(strings.TrimSpace("\n"+f.patch), "\n", "\n      ")
		text = strings.Replace(text, "|-\n", "|-\n      ", 1)
	}
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	manifest, err := c.Kustomize(dir)
	if err != nil {
		t.Fatal(err)
	}
	return manifest
}

// soundResources returns the resources of the sound manifest.
func soundResources(t *testing.T, c *Cluster) []object {
	t.Helper()
	resources, err := decode(fault{name: "sound"}.manifest(t, c))
	if err != nil {
		t.Fatal(err)
	}
	return resources
}

// verify fails the test unless err is the expected error of the fault.
func (f fault) verify(t *testing.T, err error) {
	t.Helper()
	if f.want == "" && err != nil || f.want != "" && (err == nil || !strings.Contains(err.Error(), f.want)) {
		t.Errorf("%s: got %v, want %q", f.name, err, f.want)
	}
}
