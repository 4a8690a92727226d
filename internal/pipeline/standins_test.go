package pipeline

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var steps = flag.String("steps", "", "what to do with the workflows besides reading them: lint (by actionlint) and act (run them)")

// need tells whether the step was asked for; a tool that it lacks is a failure.
func need(t *testing.T, step string, tools ...string) bool {
	t.Helper()
	if !slices.Contains(strings.Fields(*steps), step) {
		return false
	}
	for _, name := range tools {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("%s is missing: .ci/run tools installs it", name)
		}
	}
	return true
}

// writeStandIns makes an action of each that is known, which does nothing but note its inputs, and has a digest for
// whoever asks.
func writeStandIns(t *testing.T, dir string, known map[string]action) {
	t.Helper()
	for name, a := range known {
		var b strings.Builder
		fmt.Fprintf(&b, "name: %s\ndescription: stand-in\ninputs:\n", name)
		for _, input := range a.Inputs {
			fmt.Fprintf(&b, "  %s:\n    description: an input\n    required: false\n", input)
		}
		if len(a.Outputs) > 0 {
			fmt.Fprint(&b, "outputs:\n")
		}
		for _, output := range a.Outputs {
			fmt.Fprintf(&b, "  %s:\n    description: an output\n    value: ${{ steps.note.outputs.%s }}\n", output, output)
		}
		fmt.Fprintf(&b, "runs:\n  using: composite\n  steps:\n    - id: note\n      shell: bash\n      run: action %s\n"+
			"      env:\n        INPUTS: ${{ toJSON(inputs) }}\n", name)
		write(t, filepath.Join(dir, name, "action.yml"), b.String())
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"}, args...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
