package consistency

import (
	"slices"
	"strings"
	"testing"
)

// Whatever a team adds is held to the same: what is rendered does not have these yet.
func TestFaultsInWhatATeamAddedAreFound(t *testing.T) {
	oneAfterTheOther(t)
	r := newRenderer(t)
	files := r.project(t, r.set(t, r.full()))
	add := func(file, text string) []edit {
		return []edit{{base + "kustomization.yaml", "  - service.yaml\n", "  - service.yaml\n  - " + file + "\n"}, {base + file, "", text}}
	}
	const (
		podMonitor = "apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata:\n  name: pods\nspec:\n  selector:\n    matchLabels:\n" +
			"      app.kubernetes.io/name: billing-api\n  podMetricsEndpoints:\n    - port: PORT\n"
		route = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: route\nspec:\n  hostnames: [HOST]\n  rules:\n" +
			"    - timeouts: {request: TIMEOUT}\n      backendRefs:\n        - {name: SERVICE, port: 80}\n"
		secretKey = "          env:\n            - name: BILLING_API_DATABASE__PASSWORD\n              valueFrom:\n                secretKeyRef: {name: SECRET, key: KEY}\n"
		container = "          envFrom:\n"
	)
	filled := func(text string, words ...string) string { return strings.NewReplacer(words...).Replace(text) }
	env := func(text string) []edit { return []edit{{base + "deployment.yaml", "          env:\n", text}} }
	for _, c := range []struct {
		name  string
		edits []edit
		want  string // empty: nothing
	}{
		{"a file that says another port", mountedFile("server: {port: 8000}"), "is 8080, but server.port is 8000 (server.port in " + base + "kustomization.yaml)"},
		{"an argument that says another port", []edit{
			{base + "deployment.yaml", container, "          args: [serve, --set=server.port=8000]\n" + container},
		}, "is 8080, but server.port is 8000 (--set server.port)"},
		{"a PodMonitor", add("podmonitor.yaml", filled(podMonitor, "PORT", "metrics")), ""},
		{"a PodMonitor of no port", add("podmonitor.yaml", filled(podMonitor, "PORT", "prometheus")), "has no port of that name"},
		{"a PodMonitor of the wrong port", add("podmonitor.yaml", filled(podMonitor, "PORT", "http")), "/metrics is served on metrics.port"},
		{"a PodMonitor of no pods", add("podmonitor.yaml", strings.Replace(podMonitor, "name: billing-api", "name: other", 1)), "selects pods with"},
		{"a route", add("route.yaml", filled(route, "HOST", "billing-api.example.com", "TIMEOUT", "20s", "SERVICE", "billing-api")), ""},
		{"a route that gives up", add("route.yaml", filled(route, "HOST", "billing-api.example.com", "TIMEOUT", "10s", "SERVICE", "billing-api")), "gives up after 10s"},
		{"a route to nowhere", add("route.yaml", filled(route, "HOST", "billing-api.example.com", "TIMEOUT", "20s", "SERVICE", "billing")), "leads to Service billing, which is not there"},
		{"a route that nobody knows", add("route.yaml", filled(route, "HOST", "other.example.com", "TIMEOUT", "20s", "SERVICE", "billing-api")), "docs/environments.md says nothing"},
		{"a key of a secret", env(filled(secretKey, "SECRET", "billing-api-database", "KEY", "url")), ""},
		{"a key that a secret lacks", env(filled(secretKey, "SECRET", "billing-api-database", "KEY", "password")), "takes key password of Secret billing-api-database, which has ca.crt, url"},
		{"a secret that nothing makes", env(filled(secretKey, "SECRET", "billing-database", "KEY", "url")), "refers to Secret billing-database"},
		{"a limit that follows that of the container", []edit{
			{base + "deployment.yaml", "value: 410MiB", "valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1}}"},
		}, "100 % of the memory limit"},
		{"a budget in percent of what is requested", []edit{
			{base + "deployment.yaml", "maxSurge: 1", "maxSurge: 25%"},
		}, "may have 10 pods, and 3 more during a rollout"},
		{"an account that nothing makes", []edit{{base + "deployment.yaml", "serviceAccountName: billing-api", "serviceAccountName: billing"}}, "refers to ServiceAccount billing"},
		{"a volume that the pod does not have", []edit{
			{component + "database/deployment.yaml", "            - name: database\n              mountPath", "            - name: data\n              mountPath"},
		}, "mounts volume data, which the pod does not have"},
		{"a release that lacks a version", []edit{{"Makefile", "KUBERNETES_VERSION ?= 1.31.0", "KUBERNETES_VERSION ?= 1.20.0"}}, "is served only since Kubernetes 1."},
		{"a hook that takes the time to stop", []edit{
			{base + "deployment.yaml", container, "          lifecycle: {preStop: {exec: {command: [sh, -c, sleep 10]}}}\n" + container},
		}, "is 25s, but the service may take 25s"},
		{"a command that the binary lacks, as a probe", []edit{
			{base + "deployment.yaml", "            httpGet:\n              path: /ready\n              port: http\n", "            exec: {command: [/usr/local/bin/billing-api, ready]}\n"},
		}, "the binary has no command ready"},
	} {
		t.Run(c.name, func(t *testing.T) {
			edited := files
			for _, e := range c.edits {
				edited = e.apply(t, edited)
			}
			findings := check(t, edited)
			if c.want == "" && len(findings) > 0 || c.want != "" && !slices.ContainsFunc(findings, func(f Finding) bool { return strings.Contains(f.String(), c.want) }) {
				t.Errorf("want %q, got:", c.want)
				for _, f := range findings {
					t.Errorf("  %v", f)
				}
			}
		})
	}
}
