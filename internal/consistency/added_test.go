package consistency

import (
	"slices"
	"strings"
	"testing"
)

// These objects are not in the templates. Teams add them.
func TestRulesFindFaultsInFilesThatATeamAdded(t *testing.T) {
	skipInShortMode(t)
	r := newRenderer(t)
	files := r.project(t, r.set(t, r.full()))
	add := func(file, text string) []edit {
		return []edit{{base + "kustomization.yaml", "  - scaling.yaml\n", "  - scaling.yaml\n  - " + file + "\n"}, {base + file, "", text}}
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
		want  string // empty if there is no problem
	}{
		{"mounted file with another port", mountedFile("server: {port: 8000}"), "is 8080, but server.port is 8000 (server.port in " + base + "kustomization.yaml)"},
		{"argument with another port", []edit{
			{base + "deployment.yaml", container, "          args: [serve, --set=server.port=8000]\n" + container},
		}, "is 8080, but server.port is 8000 (--set server.port)"},
		{"correct PodMonitor", add("podmonitor.yaml", filled(podMonitor, "PORT", "metrics")), ""},
		{"PodMonitor with an unknown port", add("podmonitor.yaml", filled(podMonitor, "PORT", "prometheus")), "has no port of that name"},
		{"PodMonitor with the wrong port", add("podmonitor.yaml", filled(podMonitor, "PORT", "http")), "/metrics is served on metrics.port"},
		{"PodMonitor that matches no pods", add("podmonitor.yaml", strings.Replace(podMonitor, "name: billing-api", "name: other", 1)), "selects pods with"},
		{"correct HTTPRoute", add("route.yaml", filled(route, "HOST", "billing-api.example.com", "TIMEOUT", "20s", "SERVICE", "billing-api")), ""},
		{"HTTPRoute that times out before the service", add("route.yaml", filled(route, "HOST", "billing-api.example.com", "TIMEOUT", "10s", "SERVICE", "billing-api")), "timeouts.request: is 10s, but the service can take 15s"},
		{"HTTPRoute to an unknown Service", add("route.yaml", filled(route, "HOST", "billing-api.example.com", "TIMEOUT", "20s", "SERVICE", "billing")), "targets Service billing, which does not exist"},
		{"HTTPRoute with an undocumented host", add("route.yaml", filled(route, "HOST", "other.example.com", "TIMEOUT", "20s", "SERVICE", "billing-api")), "is not listed in docs/operate.md"},
		{"existing key of a Secret", env(filled(secretKey, "SECRET", "billing-api-database", "KEY", "url")), ""},
		{"missing key of a Secret", env(filled(secretKey, "SECRET", "billing-api-database", "KEY", "password")), "uses key password of Secret billing-api-database, which has ca.crt, url"},
		{"missing Secret", env(filled(secretKey, "SECRET", "billing-database", "KEY", "url")), "refers to Secret billing-database"},
		{"GOMEMLIMIT equal to the memory limit", []edit{
			{base + "deployment.yaml", "value: 410MiB", "valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1}}"},
		}, "100 % of the memory limit"},
		{"maxSurge as a percentage", []edit{
			{base + "deployment.yaml", "maxSurge: 1", "maxSurge: 50%"},
		}, "can have 10 pods, and 5 more during a rollout"},
		{"missing service account", []edit{{base + "deployment.yaml", "serviceAccountName: billing-api", "serviceAccountName: billing"}}, "refers to ServiceAccount billing"},
		{"pod without a service account", []edit{{component + "backup/backup.yaml", "          serviceAccountName: billing-api\n", ""}}, "has no ServiceAccount, so a private registry refuses its images"},
		{"missing volume", []edit{
			{component + "database/migrate.yaml", "            - name: database\n              mountPath", "            - name: data\n              mountPath"},
		}, "mounts volume data, which the pod does not have"},
		{"Kubernetes release without an API version", []edit{{"Makefile", "KUBERNETES_VERSION ?= 1.31.0", "KUBERNETES_VERSION ?= 1.20.0"}}, "was added in Kubernetes 1."},
		{"preStop hook that uses up the grace period", []edit{
			{base + "deployment.yaml", container, "          lifecycle: {preStop: {exec: {command: [sh, -c, sleep 10]}}}\n" + container},
		}, "is 25s, but shutdown can take 25s"},
		{"exec probe with an unknown command", []edit{
			{base + "deployment.yaml", "            httpGet:\n              path: /ready\n              port: http\n", "            exec: {command: [/usr/local/bin/billing-api, ready]}\n"},
		}, "the binary has no command ready"},
	} {
		t.Run(c.name, func(t *testing.T) {
			edited := files
			for _, e := range c.edits {
				edited = e.apply(t, edited)
			}
			problems := check(t, edited)
			if c.want == "" && len(problems) > 0 || c.want != "" && !slices.ContainsFunc(problems, func(f Problem) bool { return strings.Contains(f.String(), c.want) }) {
				t.Errorf("want %q, got:", c.want)
				for _, f := range problems {
					t.Errorf("  %v", f)
				}
			}
		})
	}
}
