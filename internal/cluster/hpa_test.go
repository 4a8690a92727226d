package cluster

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/templates"
)

// The test runs the script that watches an autoscaler with a stub of kubectl. The stub prints one answer after the
// other, minReplicas and currentReplicas, and repeats the last one. The answer "down" makes kubectl fail.
func TestAutoscalerScriptReportsScaling(t *testing.T) {
	t.Parallel()
	script, err := fs.ReadFile(templates.Files, "_base/files/test/load/hpa.sh")
	if err != nil {
		t.Fatal(err)
	}
	const kubectl = `#!/usr/bin/env bash
[[ $* == '--namespace shop get horizontalpodautoscaler sample-service --output jsonpath={.spec.minReplicas} {.status.currentReplicas}' ]] || exit 9
said=$(head -n 1 answers)
(($(wc -l <answers) == 1)) || sed -i 1d answers
[[ $said != down ]] && echo "$said"
`
	for name, test := range map[string]struct {
		answers string
		ok      bool
		says    string
	}{
		"scales up and down":       {"3 3|3 3|3 5|3 8|3 8|3 5|3 3", true, "ok    fewer without: 3 instances"},
		"starts above the minimum": {"3 4|3 6|3 3", true, "ok    more under load: 6 instances"},
		"kubectl fails sometimes":  {"3 3|down|3 6|down|3 6|3 3", true, "ok    fewer without: 3 instances"},
		"never scales up":          {"3 3", false, "FAIL  more under load: still 3 instances"},
		"never scales down":        {"3 3|3 7", false, "FAIL  fewer without: still 7 instances"},
		"no replicas":              {"3 ", false, "FAIL  the autoscaler of shop has seen no instance"},
		"kubectl always fails":     {"down", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, content := range map[string]string{"kubectl": kubectl, "answers": strings.ReplaceAll(test.answers, "|", "\n") + "\n", "hpa.sh": string(script)} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.CommandContext(t.Context(), "bash", "hpa.sh", "shop", "2s")
			cmd.Dir = dir
			cmd.Env = []string{"PATH=" + dir + ":/usr/bin:/bin", "INTERVAL=0.01"}
			out, err := cmd.CombinedOutput()
			if (err == nil) != test.ok || !strings.Contains(string(out), test.says) {
				t.Errorf("got error %v, want success: %v, and output %q\n%s", err, test.ok, test.says, out)
			}
		})
	}
}
