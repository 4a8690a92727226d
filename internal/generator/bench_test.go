package generator

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/acton-go/acton-new/internal/features"
)

// everything returns the real templates, and answers with every feature.
func everything(b *testing.B) (library, Answers) {
	b.Helper()
	l := realLibrary(b)
	full, err := l.cat.Preset(features.PresetFull)
	if err != nil {
		b.Fatal(err)
	}
	return l, Answers{Name: "billing-api", Module: "github.com/acme/billing-api", Features: full.Features}
}

// everythingRendered returns the project with every feature.
func everythingRendered(b *testing.B) Tree {
	b.Helper()
	l, a := everything(b)
	tree, err := Render(l.fsys, l.cat, a, "v0")
	if err != nil {
		b.Fatal(err)
	}
	return tree
}

func BenchmarkResolve(b *testing.B) {
	l, a := everything(b)
	for b.Loop() {
		if _, _, err := Resolve(l.cat, a); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRender renders every file except go.mod and go.sum.
func BenchmarkRender(b *testing.B) {
	l, a := everything(b)
	for b.Loop() {
		l.mustFiles(b, a)
	}
}

func BenchmarkLock(b *testing.B) {
	l, a := everything(b)
	tree := l.mustFiles(b, a)
	for b.Loop() {
		if _, err := lockModules(tree, a.Module); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, mode := range []RepositoryMode{RepositoryNever, RepositoryAlways} {
		b.Run(map[RepositoryMode]string{RepositoryNever: "files", RepositoryAlways: "files and commit"}[mode], func(b *testing.B) {
			root, t := b.TempDir(), everythingRendered(b)
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
	root, t := b.TempDir(), everythingRendered(b)
	plan, err := newCommitPlan(Target{Time: testTime}, nil)
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
