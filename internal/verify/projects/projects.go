// Package projects renders projects for tests.
package projects

import (
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

// Plan resolves answers.
func Plan(t testing.TB, answers generator.Answers) generator.Plan {
	t.Helper()
	plan, err := generator.Resolve(Catalog(t), answers)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// Render returns a project.
func Render(t testing.TB, answers generator.Answers) generator.Tree {
	t.Helper()
	tree, err := generator.Render(templates.All, Plan(t, answers), Version)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// Proofs returns the proofs of a project.
func Proofs(t testing.TB, answers generator.Answers) generator.Tree {
	t.Helper()
	proofs, err := generator.Proofs(templates.All, Plan(t, answers))
	if err != nil {
		t.Fatal(err)
	}
	return proofs
}
