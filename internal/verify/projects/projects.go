// Package projects renders projects for tests.
package projects

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/templates"
)

// Version is the version of the generator that the projects record.
const Version = "v0.0.0-test"

// Catalog returns the catalog of the templates.
func Catalog(t testing.TB) *features.Catalog {
	t.Helper()
	catalog, err := features.Load(templates.All)
	if err != nil {
		t.Fatal(err)
	}
	return catalog
}

func plan(t testing.TB, answers generator.Answers) generator.Plan {
	t.Helper()
	plan, err := generator.Resolve(Catalog(t), answers)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// rendered caches projects by their answers, because many tests look at the same ones.
var rendered sync.Map

// Render returns a project. The data of its files must not be changed.
func Render(t testing.TB, answers generator.Answers) generator.Tree {
	t.Helper()
	key := fmt.Sprintf("%q", []any{answers.Name, answers.Module, answers.Features, answers.Values})
	if tree, ok := rendered.Load(key); ok {
		return slices.Clone(tree.(generator.Tree)) //nolint:forcetypeassert // nothing else is stored
	}
	tree, err := generator.Render(templates.All, plan(t, answers), Version)
	if err != nil {
		t.Fatal(err)
	}
	rendered.Store(key, tree)
	return slices.Clone(tree)
}

// Write writes the files of a project, or a part of them, into a new directory.
func Write(t testing.TB, tree generator.Tree) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, f := range tree {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Proofs returns the proofs of a project.
func Proofs(t testing.TB, answers generator.Answers) generator.Tree {
	t.Helper()
	proofs, err := generator.Proofs(templates.All, plan(t, answers))
	if err != nil {
		t.Fatal(err)
	}
	return proofs
}
