package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fault is a patch of testdata/sound, and the check that finds it.
type fault struct {
	name  string // also of its namespace
	patch string // a strategic merge patch
	check func(c *Cluster, namespace string) error
	want  string // in the error
}

func rollsOut(c *Cluster, namespace string) error { return c.RollsOut(namespace, "sound") }
func scales(c *Cluster, namespace string) error   { return c.Scales(namespace, "sound") }

func replaces(c *Cluster, namespace string) error {
	if err := c.RollsOut(namespace, "sound"); err != nil {
		return err
	}
	if err := c.Replaces(namespace, "sound"); err != nil {
		return err
	}
	return c.RollsBack(namespace, "sound", "registry.example.com/sound:v1")
}

func drains(c *Cluster, namespace string) error {
	return c.Drains("case="+namespace, 8*time.Second, Service{namespace, "sound"})
}

func runsJobs(c *Cluster, namespace string) error {
	names, err := c.RunsJobs(namespace)
	if err == nil && len(names) != 1 {
		err = fmt.Errorf("jobs %v were run, want one", names)
	}
	return err
}

// What a manifest is refused for, before anything runs.
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

// What is accepted and then does not work. "sound" has no fault, and every check passes.
var failures = []fault{
	{name: "sound", check: rollsOut},
	{name: "sound", check: runsJobs},
	{name: "sound", check: replaces},
	{name: "sound", check: scales},
	{name: "no-request", check: scales, want: "missing request for cpu", patch: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: sound}
spec: {template: {spec: {containers: [{name: sound, resources: {requests: {cpu: null}}}]}}}`},
	{name: "hasty", check: scales, want: "a pause is not the end of a peak", patch: `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: sound}
spec: {behavior: {scaleDown: {stabilizationWindowSeconds: 0}}}`},
	{name: "gap", check: replaces, want: "only 2 pods were available", patch: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: sound}
spec: {strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}`},
	{name: "other-pods", check: rollsOut, want: "sends to 0 pods", patch: `
apiVersion: v1
kind: Service
metadata: {name: sound}
spec: {selector: {app.kubernetes.io/name: another}}`},
	{name: "other-port", check: rollsOut, want: "sends to 0 pods", patch: `
apiVersion: v1
kind: Service
metadata: {name: sound}
spec: {ports: [{port: 80, targetPort: web}]}`},
	{name: "no-volume", check: runsJobs, want: "timed out", patch: `
apiVersion: batch/v1
kind: CronJob
metadata: {name: tidy}
spec: {jobTemplate: {spec: {template: {spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: absent}}]}}}}}`},
}

// What shows only when nodes go. These run one after the other, as they share the nodes.
var departures = []fault{
	{name: "steady", check: drains},
	{name: "budget", check: drains, want: "violate the pod's disruption budget", patch: `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: sound}
spec: {minAvailable: 100%}`},
	{name: "no-room", check: drains, want: "didn't match pod topology spread constraints", patch: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: sound}
spec:
  template:
    spec:
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app.kubernetes.io/name: sound}}}`},
}

// prepared makes of faults what is to be made real, and looks only whether it is there.
func prepared(faults []fault) []fault {
	all := slices.Clone(faults)
	for i := range all {
		all[i].check, all[i].want = rollsOut, ""
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

// soundResources is what the sound manifest consists of.
func soundResources(t *testing.T, c *Cluster) []object {
	t.Helper()
	resources, err := decode(fault{name: "sound"}.manifest(t, c))
	if err != nil {
		t.Fatal(err)
	}
	return resources
}

// judge fails unless a check found the fault, and nothing else.
func (f fault) judge(t *testing.T, err error) {
	t.Helper()
	if f.want == "" && err != nil || f.want != "" && (err == nil || !strings.Contains(err.Error(), f.want)) {
		t.Errorf("%s: got %v, want %q", f.name, err, f.want)
	}
}
