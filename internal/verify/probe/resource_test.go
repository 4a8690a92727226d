package probe

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/passed"
	"github.com/acton-go/acton-new/internal/verify/programs"
	"github.com/acton-go/acton-new/internal/verify/projects"
)

// Probes know only the sample resource. So projects with other resources are proved by their own tests and the proofs.
func TestProjectsWithOtherResourcesPassTheirTests(t *testing.T) {
	programs.Need(t)
	var all []string
	for _, f := range projects.Catalog(t).Visible() {
		all = append(all, f.Name)
	}
	for noun, chosen := range map[string][]string{"person:people": nil, "order": all} {
		t.Run(noun, func(t *testing.T) {
			answers := generator.Answers{Name: "shop", Module: "example.com/shop", Features: chosen, Values: map[string]string{"resource": noun}}
			tree := slices.Concat(projects.Render(t, answers), projects.Proofs(t, answers))
			harness, err := passed.NewHarness("gcc")
			if err != nil {
				t.Fatal(err)
			}
			if harness.Check("resource", tree).Unchanged(t) {
				return
			}
			dir := t.TempDir()
			for _, f := range tree {
				name := filepath.Join(dir, filepath.FromSlash(f.Path))
				if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command("go", "test", "./...")
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
