package probe

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/internal/verify/programs"
)

// These faults would go unnoticed in production: an alert never fires, or a panel stays empty.
func TestPrometheusCompleteFindsMissingMetrics(t *testing.T) {
	programs.Need(t)
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ alert, panel, document, want string }{
		"correct":                         {`job:requests:rate5m > 0`, `sum(rate(requests{job=\"orders\",namespace=\"$namespace\"}[$__rate_interval]))`, `up == 0`, ""},
		"misspelled metric in an alert":   {`rate(request[5m]) > 0`, `requests`, `up == 0`, "no target exports request\n"},
		"misspelled metric in a panel":    {`job:requests:rate5m > 0`, `rate(requests_total[5m])`, `up == 0`, "no target exports requests_total\n"},
		"misspelled recorded series":      {`job:requests:rate > 0`, `requests`, `up == 0`, "no target exports job:requests:rate\n"},
		"misspelled exporter metric":      {`kube_pod_container_restarts_total > 0`, `requests`, `up == 0`, "no target exports kube_pod_container_restarts_total\n"},
		"misspelled metric in a document": {`job:requests:rate5m > 0`, `requests`, `requests_count > 0`, "d.md:4: no target exports requests_count\ne.md:4: no target exports requests_count\n"},
		"label value without a series":    {`job:requests:rate5m > 0`, `requests{status=\"200\"}`, `up == 0`, "the panel is empty"},
		"query with a syntax error":       {`job:requests:rate5m > 0`, `sum(requests`, `up == 0`, "parse error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			project, dir := t.TempDir(), t.TempDir()
			rules := "kind: PrometheusRule\nspec:\n  groups:\n    - name: g\n      rules:\n" +
				"        - {record: 'job:requests:rate5m', expr: 'sum by (job) (rate(requests{job=\"orders\"}[5m]))'}\n" +
				fmt.Sprintf("        - {alert: Fires, expr: '%s', for: 10m}\n", test.alert)
			board := fmt.Sprintf(`{"panels": [{"title": "P", "datasource": {"type": "prometheus"}, "targets": [{"refId": "A", "expr": "%s"}]}]}`, test.panel)
			for path, text := range map[string]string{
				"deploy/monitoring/alerts.yaml": rules, "deploy/monitoring/dashboards/d.json": board,
				"docs/d.md": "# D\n\n```promql\n" + test.document + "\n```\n", "docs/e.md": "# E\n\n```bash\nquery '" + test.document + "'\n```\n",
			} {
				path = filepath.Join(project, path)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			script := "service start FAKE=good\nprometheus start\nload start GET /x\neventually 15s prometheus complete\nload stop\neventually 10s prometheus firing Fires\n"
			if test.want != "" {
				script = "service start FAKE=good\nprometheus start\nload start GET /x\neventually 15s prometheus holds job:requests:rate5m>0\nprometheus complete\n"
			}
			file := filepath.Join(dir, "script.txtar")
			if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
				t.Fatal(err)
			}
			var r recorder
			Run(&r, Service{Binary: binary, Name: "orders", Project: project}, []string{file})
			if r.failed != (test.want != "") || !strings.Contains(r.log.String(), test.want) {
				t.Errorf("failed: %t, want %q in\n%s", r.failed, test.want, r.log.String())
			}
		})
	}
}
