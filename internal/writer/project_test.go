package writer

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/programs"
	"github.com/acton-go/acton-new/internal/verify/projects"
)

// rendered returns the project of a preset.
func rendered(t testing.TB, preset string) generator.Tree {
	t.Helper()
	p, err := projects.Catalog(t).Preset(preset)
	if err != nil {
		t.Fatal(err)
	}
	return projects.Render(t, generator.Answers{Name: "billing-api", Module: "github.com/acme/billing-api", Features: p.Features})
}

func TestGitignoreOfProjectIgnoresNoRenderedFile(t *testing.T) {
	for _, name := range []string{features.PresetMinimal, features.PresetFull} {
		tree := rendered(t, name)
		dir := filepath.Join(t.TempDir(), name)
		mustWrite(t, tree, Target{Dir: dir})
		wantProject(t, dir, tree)
		if !programs.Have(t) {
			continue
		}
		if ignored := runGit(t, dir, "ls-files", "--cached", "--ignored", "--exclude-standard"); ignored != "" {
			t.Errorf("%s: ignored files: %s", name, ignored)
		}
		if eol := runGit(t, dir, "ls-files", "--eol"); strings.Contains(eol, "crlf") || strings.Contains(eol, "mixed") {
			t.Errorf("%s: line endings: got CRLF, want LF:\n%s", name, eol)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, mode := range []RepositoryMode{RepositoryNever, RepositoryAlways} {
		b.Run(map[RepositoryMode]string{RepositoryNever: "files", RepositoryAlways: "files and commit"}[mode], func(b *testing.B) {
			root, t := b.TempDir(), rendered(b, features.PresetFull)
			for n := 0; b.Loop(); n++ {
				dir := filepath.Join(root, fmt.Sprint(n))
				if _, err := Write(b.Context(), t, Target{Dir: dir, Repository: mode}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCommit creates only the repository, without syncing it to disk.
func BenchmarkCommit(b *testing.B) {
	root, t := b.TempDir(), rendered(b, features.PresetFull)
	plan, err := newCommitPlan(Target{Time: testTime}, root, nil)
	if err != nil {
		b.Fatal(err)
	}
	for n := 0; b.Loop(); n++ {
		objects, err := plan.objects(t)
		if err != nil {
			b.Fatal(err)
		}
		if err := plan.create(filepath.Join(root, fmt.Sprint(n)), objects); err != nil {
			b.Fatal(err)
		}
	}
}
