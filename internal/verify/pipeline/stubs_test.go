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

var steps = flag.String("steps", "", "additional steps: lint (run actionlint) and act (run the jobs)")

// need reports whether a step was requested. It fails the test if a tool of the step is missing.
func need(t *testing.T, step string, tools ...string) {
	t.Helper()
	if !slices.Contains(strings.Fields(*steps), step) {
		t.Skipf("needs -steps %s; .ci/run pipeline runs it", step)
	}
	for _, name := range tools {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("%s not found: run .ci/run tools", name)
		}
	}
}

// writeStubs writes a stub of each known action. A stub records its inputs and sets its outputs.
func writeStubs(t *testing.T, dir string, known map[string]action) {
	t.Helper()
	for name, a := range known {
		var b strings.Builder
		fmt.Fprintf(&b, "name: %s\ndescription: stub\ninputs:\n", name)
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
