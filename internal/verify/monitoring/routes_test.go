package monitoring_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/monitoring"
	"github.com/acton-go/acton-new/internal/verify/process"
	"github.com/acton-go/acton-new/internal/verify/projects"
)

// A real Alertmanager inhibits only what an alert implies, and puts each problem into its own notification.
func TestAlertmanagerInhibitsOnlyWhatIsImplied(t *testing.T) {
	if !*promtool {
		t.Skip("run with -promtool; it needs Alertmanager")
	}
	tree := projects.Render(t, generator.Answers{Name: "shop", Module: "git.example.org/shop"})
	config := filepath.Join(t.TempDir(), "alertmanager.yaml")
	for _, f := range tree {
		if f.Path == monitoring.Folder+"/alertmanager.yaml" {
			if err := os.WriteFile(config, f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	concerns := map[string]string{ // of each warning
		"TargetDown": "metrics", "ReplicasMissing": "instances", "RolloutStuck": "", "TrafficDrops": "traffic", "LogsMissing": "logs",
		"CertificateExpires": "certificate", "ErrorRateHigh": "availability",
	}
	for name, test := range map[string]struct {
		concern   string
		inhibited []string
	}{
		"ServiceDown":              {"instances", []string{"ReplicasMissing", "TargetDown", "TrafficDrops"}},
		"MetricsMissing":           {"metrics", []string{"TargetDown", "TrafficDrops"}},
		"CertificateAboutToExpire": {"certificate", []string{"CertificateExpires"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := startAlertmanager(t, config)
			var alerts []map[string]any
			add := func(name, severity, concern, namespace string) {
				labels := map[string]string{"alertname": name, "severity": severity, "service": "shop", "namespace": namespace}
				if concern != "" {
					labels["concern"] = concern
				}
				alerts = append(alerts, map[string]any{"labels": labels})
			}
			add(name, "critical", test.concern, "shop-production")
			for warning, concern := range concerns {
				add(warning, "warning", concern, "shop-production")
				add(warning, "warning", concern, "shop-staging")
			}
			body, err := json.Marshal(alerts)
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.Post(address+"/api/v2/alerts", "application/json", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Fatal(response.Status)
			}
			var inhibited []string
			var active []struct {
				Labels map[string]string
				Status struct{ InhibitedBy []string }
			}
			// Alertmanager inhibits alerts shortly after it has received them. The last look, a second after the expected
			// alerts are inhibited, finds one that should not be.
			deadline, settled := time.Now().Add(5*time.Second), time.Time{}
			for settled.IsZero() || time.Since(settled) < time.Second {
				time.Sleep(50 * time.Millisecond)
				inhibited, active = nil, nil
				getJSON(t, address+"/api/v2/alerts", &active)
				for _, a := range active {
					if len(a.Status.InhibitedBy) > 0 {
						inhibited = append(inhibited, a.Labels["alertname"])
						if a.Labels["namespace"] != "shop-production" {
							t.Errorf("%s inhibits %s of another namespace", name, a.Labels["alertname"])
						}
					}
				}
				if settled.IsZero() && (len(inhibited) >= len(test.inhibited) || time.Now().After(deadline)) {
					settled = time.Now()
				}
			}
			slices.Sort(inhibited)
			if diff := cmp.Diff(test.inhibited, inhibited); diff != "" || len(active) != len(alerts) {
				t.Errorf("got %d alerts, want %d; inhibited by %s (-want +got):\n%s", len(active), len(alerts), name, diff)
			}
			var groups []struct {
				Receiver struct{ Name string }
				Alerts   []any
			}
			getJSON(t, address+"/api/v2/alerts/groups", &groups)
			for _, g := range groups {
				if len(g.Alerts) != 1 {
					t.Errorf("a notification to %s has %d alerts, want one", g.Receiver.Name, len(g.Alerts))
				}
			}
		})
	}
}

// startAlertmanager starts Alertmanager with a configuration and returns its address. The credentials do not exist, so it
// notifies nobody.
func startAlertmanager(t *testing.T, config string) string {
	t.Helper()
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("alertmanager")
	if err != nil { // the name in Debian
		program = "prometheus-alertmanager"
	}
	p, err := process.Start(exec.Command(program, "--config.file="+config, "--storage.path="+t.TempDir(), "--web.listen-address=127.0.0.1:"+port,
		"--cluster.listen-address=", "--log.level=error"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop(time.Second) })
	address := "http://127.0.0.1:" + port
	if err := p.Await(10*time.Second, func() error {
		response, err := http.Get(address + "/-/ready")
		if err != nil {
			return err
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("alertmanager: %s", response.Status)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return address
}

func getJSON(t *testing.T, url string, into any) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}
