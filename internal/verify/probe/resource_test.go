package probe

import (
	"os/exec"
	"slices"
	"testing"

	"github.com/acton-go/acton-new/internal/generator"
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
			if newHarness(t).Check("resource", tree).Unchanged(t) {
				return
			}
			cmd := exec.Command("go", "test", "./...")
			cmd.Dir = projects.Write(t, tree)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
