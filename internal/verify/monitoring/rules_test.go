package monitoring_test

import (
	"flag"
	"os/exec"
	"slices"
	"testing"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/passed"
	"github.com/acton-go/acton-new/internal/verify/projects"
)

var promtool = flag.Bool("promtool", false, "test the rules and the alert routing of projects with promtool and amtool")

// The tests of a project are examples. This test adds the tests of all alerts from the proofs, and runs make rules-test.
// The tests must not depend on the objectives, and every --pager choice occurs once.
func TestRulesPassUnitTests(t *testing.T) {
	if !*promtool {
		t.Skip("run with -promtool; it needs promtool and amtool")
	}
	var all []string
	for _, f := range projects.Catalog(t).Visible() {
		all = append(all, f.Name)
	}
	for name, test := range map[string]struct {
		answers generator.Answers
		proofs  bool // also run the tests of all alerts, which take a minute
	}{
		"defaults": {answers: generator.Answers{}},
		"all features, other objectives": {proofs: true, answers: generator.Answers{Features: all, Values: map[string]string{
			"availability": "95", "latency": "1", "pager": "opsgenie", "runbook-url": "https://wiki.example.org/shop/docs/runbook.md",
		}}},
		"no pager": {answers: generator.Answers{Values: map[string]string{"pager": "none"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := test.answers
			answers.Name, answers.Module = "shop", "git.example.org/shop"
			tree := projects.Render(t, answers)
			if test.proofs {
				tree = slices.Concat(tree, projects.Proofs(t, answers))
			}
			harness, err := passed.NewHarness("promtool", "amtool", "make")
			if err != nil {
				t.Fatal(err)
			}
			if harness.Check("rules", tree).Unchanged(t) {
				return
			}
			dir := projects.Write(t, tree)
			cmd := exec.CommandContext(t.Context(), "make", "--no-print-directory", "rules-test")
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			receiver := "shop-pager"
			if answers.Values["pager"] == "none" { // its pager is the same chat
				receiver = "shop-team"
			}
			cmd = exec.CommandContext(t.Context(), "amtool", "config", "routes", "test", "--config.file=deploy/monitoring/alertmanager.yaml",
				"service=shop", "severity=warning", "alertname=AlertsNotDelivered", "receiver_name=shop-team", "--verify.receivers="+receiver)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("the chat does not accept messages: %v\n%s", err, out)
			}
		})
	}
}
