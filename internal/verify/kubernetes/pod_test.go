package kubernetes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const podManifest = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {LOG: json}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders, namespace: shop}
spec:
  template:
    spec:
      terminationGracePeriodSeconds: 35
      securityContext: {runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532}
      containers:
        - name: orders
          args: [serve, --quiet]
          envFrom: [{configMapRef: {name: settings}}]
          env:
            - {name: LIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
            - {name: GOMEMLIMIT, value: $(LIMIT)MiB}
            - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
          resources: {limits: {memory: 512Mi, cpu: "2"}}
          ports: [{name: http, containerPort: 8080}]
          securityContext: {runAsUser: 1000, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          volumeMounts: [{name: cache, mountPath: /cache}]
          startupProbe: {httpGet: {path: /health, port: http, scheme: HTTPS}, periodSeconds: 2, failureThreshold: 30, timeoutSeconds: 3}
          livenessProbe: {httpGet: {path: /health, port: 8080}}
          readinessProbe: {httpGet: {path: /ready, port: web}}
      volumes: [{name: cache, VOLUME}]
`

func podOf(t *testing.T, volume string) (*pod, error) {
	t.Helper()
	resources, err := decode([]byte(strings.ReplaceAll(podManifest, "VOLUME", volume)))
	if err != nil {
		t.Fatal(err)
	}
	return newPod(resources, resources[1], t.TempDir(), map[string][]byte{"key/pem": []byte("secret")})
}

func TestPodArgumentsFollowTheManifest(t *testing.T) {
	p, err := podOf(t, "emptyDir: {}")
	if os.Geteuid() != 0 && err != nil {
		p, err = podWithoutVolumes(t), nil // only root may set their group
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.arguments(p.spec.list("containers")[0], "image")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"--user", "1000:65532", "--read-only=true", "--read-only-tmpfs=false", "--stop-timeout", "35",
		"--security-opt", "no-new-privileges", "--cap-drop", "ALL", "--cpus", "2", "--memory", "512m",
		"--env", "GOMEMLIMIT=512MiB", "--env", "LIMIT=512", "--env", "LOG=json", "--env", "POD=shop",
		"--mount", "type=bind,src=" + filepath.Join(p.dir, "cache") + ",dst=/cache", "image", "serve", "--quiet",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}

func TestNewPodRejectsAnUnknownSecret(t *testing.T) {
	if _, err := podOf(t, "secret: {secretName: absent, defaultMode: 0440}"); err == nil || !strings.Contains(err.Error(), "the test has no secret absent") {
		t.Errorf("got %v", err)
	}
}

func TestSecretFilesHaveTheDefaultMode(t *testing.T) {
	if os.Geteuid() != 0 {
		return // only root may change the group of a file
	}
	p, err := podOf(t, "secret: {secretName: key, defaultMode: 0440}")
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(p.dir, "cache", "pem"))
	if err != nil || info.Mode().Perm() != 0o440 {
		t.Errorf("got %v %v, want 0440", info, err)
	}
}

func TestProbesResolveContainerPorts(t *testing.T) {
	p := podWithoutVolumes(t)
	c := p.spec.list("containers")[0]
	if _, err := probesOf(c); err == nil || !strings.Contains(err.Error(), "readinessProbe: the container has no port web") {
		t.Errorf("got %v", err)
	}
	delete(c.child("readinessProbe", "httpGet"), "port")
	c.child("readinessProbe", "httpGet")["port"] = "http"
	got, err := probesOf(c)
	if err != nil {
		t.Fatal(err)
	}
	want := probe{name: "startupProbe", scheme: "https", port: 8080, path: "/health", timeout: 3, tries: 30, period: 2}
	if got["startupProbe"] != want || got["livenessProbe"].scheme != "http" || got["livenessProbe"].port != 8080 {
		t.Errorf("got %v", got)
	}
}

func podWithoutVolumes(t *testing.T) *pod {
	t.Helper()
	resources, err := decode([]byte(strings.ReplaceAll(podManifest, "volumes:", "ignored:")))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p, err := newPod(resources, resources[1], dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.volumes["cache"] = []string{"type=bind", "src=" + filepath.Join(p.dir, "cache")}
	return p
}

func TestDefinedKindReturnsTheKindOfACRD(t *testing.T) {
	const file = "a: b\n---\nspec:\n  group: g\n  names:\n    categories:\n    - c\n    kind: Route\n    plural: routes\n  scope: Namespaced\n---\nkind: Other\n"
	var got []string
	for _, text := range splitYAML([]byte(file)) {
		got = append(got, definedKind(text))
	}
	if diff := cmp.Diff(got, []string{"", "Route", ""}); diff != "" {
		t.Error("got -, want +\n" + diff)
	}
}
