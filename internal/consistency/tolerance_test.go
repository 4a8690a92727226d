package consistency

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// A team may make these changes, as long as it changes every affected file.
func TestConsistentChangesAreNoProblem(t *testing.T) {
	skipInShortMode(t)
	r := newRenderer(t)
	minimal := r.project(t, r.set(t, r.minimal()))
	full := r.project(t, r.set(t, r.full()))
	for _, c := range []struct {
		name  string
		files fstest.MapFS
		edits []edit
	}{
		{"another port everywhere", minimal, []edit{
			{base + "kustomization.yaml", "      - BILLING_API_SERVICE__PROFILE=production\n", "      - BILLING_API_SERVICE__PROFILE=production\n      - BILLING_API_SERVER__PORT=8000\n"},
			{base + "deployment.yaml", "containerPort: 8080", "containerPort: 8000"},
		}},
		{"ports by number", minimal, []edit{
			{base + "deployment.yaml", "targetPort: http", "targetPort: 8080"},
			{base + "deployment.yaml", "port: http", "port: 8080"},
			{component + "monitoring/servicemonitor.yaml", "TCP\n          port: metrics", "TCP\n          port: 9090"},
		}},
		{"own metric", minimal, []edit{
			{"internal/orders/metrics.go", "", "package orders\n\nimport \"github.com/prometheus/client_golang/prometheus\"\n\n" +
				"var open = prometheus.NewGauge(prometheus.GaugeOpts{Namespace: \"shop\", Name: \"orders_open\"})\n" +
				"var size = prometheus.NewHistogram(prometheus.HistogramOpts{Name: \"order_size\"})\n"},
			{watch + "dashboards/service.json", "job:http_server_requests:rate5m", "shop_orders_open"},
			{watch + "dashboards/service.json", "job:http_server_requests:usual_min", "order_size_count"},
		}},
		{"own environment variable that the code reads", minimal, []edit{
			{"internal/orders/region.go", "", "package orders\n\nimport \"os\"\n\nvar region = os.Getenv(\"CLOUD_REGION\")\n"},
			{base + "deployment.yaml", "          env:\n", "          env:\n            - {name: CLOUD_REGION, value: north}\n"},
		}},
		{"secret in a variable instead of a file", full, []edit{
			{component + "database/kustomization.yaml", "      - BILLING_API_DATABASE__URL_FILE=/run/secrets/billing-api/database/url\n", ""},
			{component + "database/migrate.yaml", "          envFrom:\n", "          env:\n            - name: BILLING_API_DATABASE__URL\n" +
				"              valueFrom:\n                secretKeyRef: {name: billing-api-database, key: url}\n          envFrom:\n"},
			{component + "database/kustomization.yaml", "              - name: billing-api\n", "              - name: billing-api\n                env:\n" +
				"                  - name: BILLING_API_DATABASE__URL\n                    valueFrom:\n                      secretKeyRef: {name: billing-api-database, key: url}\n"},
		}},
		{"one more pod, and a higher max_instances", full, []edit{
			{base + "scaling.yaml", "maxReplicas: 10", "maxReplicas: 11"},
			{component + "database/kustomization.yaml", "MAX_INSTANCES=14", "MAX_INSTANCES=15"},
		}},
		{"image digest", minimal, []edit{
			{overlay + "kustomization.yaml", "newTag: v0.1.0", "digest: sha256:0123456789012345678901234567890123456789012345678901234567890123"},
		}},
		{"newer Go patch release in the Dockerfile", minimal, []edit{
			{"Dockerfile", "golang:1.26-bookworm", "golang:1.26.9-bookworm"},
		}},
		{"longer grace period", minimal, []edit{
			{base + "deployment.yaml", "terminationGracePeriodSeconds: 35", "terminationGracePeriodSeconds: 60"},
		}},
		{"additional command", minimal, []edit{
			{"cmd/import/main.go", "", "package main\n\nfunc main() {}\n"},
		}},
		{"Gateway", minimal, []edit{{overlay + "kustomization.yaml", "  - ../../components/monitoring\n", "  - ../../components/monitoring\n  - ../../components/gateway\n"}}},
		{"ingress of EKS", minimal, []edit{{overlay + "kustomization.yaml", "  - ../../components/monitoring\n", "  - ../../components/monitoring\n  - ../../components/ingress-eks\n"}}},
		{"ingress of GKE", minimal, []edit{{overlay + "kustomization.yaml", "  - ../../components/monitoring\n", "  - ../../components/monitoring\n  - ../../components/ingress-gke\n"}}},
		{"service account of the platform", minimal, []edit{
			{base + "deployment.yaml", "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: billing-api\n# The service never calls the Kubernetes API.\nautomountServiceAccountToken: false\n---\n", ""},
			{base + "deployment.yaml", "serviceAccountName: billing-api", "serviceAccountName: platform"},
		}},
		{"additional command that sorts first", minimal, []edit{{"cmd/aaa/main.go", "", "package main\n\nfunc main() {}\n"}}},
		{"third-party workload in the namespace", minimal, []edit{
			{base + "kustomization.yaml", "  - scaling.yaml\n", "  - scaling.yaml\n  - proxy.yaml\n"},
			{base + "proxy.yaml", "", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: proxy\nspec:\n  replicas: 1\n  selector:\n    matchLabels: {app: proxy}\n  template:\n" +
				"    metadata:\n      labels: {app: proxy}\n    spec:\n      containers:\n        - name: proxy\n          image: example.org/proxy:2\n          env:\n            - {name: ANYTHING, value: at-all}\n" +
				"          ports:\n            - {name: http, containerPort: 3128}\n"},
		}},
		{"port in a mounted file", minimal, append(mountedFile("server: {port: 8000}"), edit{base + "deployment.yaml", "containerPort: 8080", "containerPort: 8000"})},
		{"port and profile in arguments", minimal, []edit{
			{base + "deployment.yaml", "          envFrom:\n", "          args: [serve, --profile=production, --set, server.port=8000]\n          envFrom:\n"},
			{base + "deployment.yaml", "containerPort: 8080", "containerPort: 8000"},
		}},
		{"Helm chart next to the overlays", minimal, []edit{{"deploy/chart/Chart.yaml", "", "name: billing-api\n"}, {"deploy/chart/values.yaml", "", "replicas: 3\n"}}},
		{"metric of an additional exporter", minimal, []edit{
			{watch + "recording.yaml", "", "        - record: job:nginx:rate5m\n          expr: sum by (namespace) (rate(nginx_ingress_controller_requests[5m]))\n"},
		}},
		{"own severity with a route", minimal, []edit{
			{watch + "alerts.yaml", "severity: warning", "severity: page"},
			{watch + "alertmanager.yaml", "        - severity = \"critical\"\n", "        - severity =~ \"critical|page\"\n"},
			{watch + "alertmanager.yaml", "  routes:\n", "  routes:\n    - receiver: billing-api-team\n      matchers: [severity = \"page\"]\n"},
		}},
		{"kubectl in another namespace", minimal, []edit{{"scripts/look.sh", "", "kubectl --namespace monitoring port-forward service/grafana 3000\n"}}},
		{"query about another namespace", minimal, []edit{
			{watch + "recording.yaml", "", "        - record: job:dns:restarts\n          expr: kube_pod_container_status_restarts_total{namespace=\"kube-system\", container=\"coredns\"}\n"},
		}},
		{"URL that the service does not connect to", full, []edit{
			{base + "kustomization.yaml", "      - BILLING_API_SERVICE__PROFILE=production\n", "      - BILLING_API_SERVICE__PROFILE=production\n      - BILLING_API_CORS__ALLOWED_ORIGINS=https://shop.example.com\n"},
		}},
		{"no manifests", minimal, []edit{{"deploy/", "", ""}, {"docs/", "", ""}, {"scripts/", "", ""}, {".github/", "", ""}, {"Makefile", "", ""}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			edited := c.files
			for _, e := range c.edits {
				edited = e.apply(t, edited)
			}
			for _, f := range check(t, edited) {
				t.Error(f)
			}
		})
	}
}

// mountedFile mounts a ConfigMap with a settings file.
func mountedFile(text string) []edit {
	return []edit{
		{base + "kustomization.yaml", "configMapGenerator:\n", "configMapGenerator:\n  - name: files\n    files: [config.yaml=settings.yaml]\n"},
		{base + "settings.yaml", "", text + "\n"},
		{base + "deployment.yaml", "          envFrom:\n", "          volumeMounts:\n            - {name: files, mountPath: /etc/billing-api}\n          envFrom:\n"},
		{base + "deployment.yaml", "      containers:\n", "      volumes:\n        - name: files\n          configMap: {name: files}\n      containers:\n"},
	}
}

// edit replaces old with new in a file. Without old, it appends new or adds the file. Without both, it removes the file
// or folder.
type edit struct{ file, old, new string }

func (e edit) apply(t *testing.T, files fstest.MapFS) fstest.MapFS {
	t.Helper()
	if e.old != "" || e.new != "" {
		return seed{file: e.file, old: e.old, new: e.new}.apply(t, files)
	}
	left := fstest.MapFS{}
	for name, f := range files {
		if name != e.file && (!strings.HasSuffix(e.file, "/") || !strings.HasPrefix(name, e.file)) {
			left[name] = f
		}
	}
	return left
}

// The directory also has .git and build output, which Load must skip.
func TestLoadReadsADirectory(t *testing.T) {
	r := newRenderer(t)
	files := r.project(t, r.set(t, r.full()))
	s := fault("port", "", base+"deployment.yaml", "containerPort: 8080", "containerPort: 8081", "")
	files = s.apply(t, files)
	want := check(t, files)
	dir := t.TempDir()
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bin/rules", ".git"} {
		if err := os.MkdirAll(dir+"/"+name, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir+"/"+name+"/broken.yaml", []byte("a: [\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Check(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if len(want) != 1 || len(got) != 1 || got[0] != want[0] {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCheckReturnsAnErrorForADirectoryWithoutAService(t *testing.T) {
	for want, files := range map[string]fstest.MapFS{
		"go.mod not found":           {},
		"cmd/NAME/main.go not found": {"go.mod": {Data: []byte("module x\n\ngo 1.26\n")}},
		"go.mod":                     {"go.mod": {Data: []byte("modul x\n")}},
		"internal/config":            {"go.mod": {Data: []byte("module x\n")}, "cmd/x/main.go": {Data: []byte("package main\n")}},
	} {
		if _, err := Check(files); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}
