package generator

import (
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

func BenchmarkResolve(b *testing.B) {
	l, a := everything(b)
	for b.Loop() {
		if _, err := Resolve(l.cat, a); err != nil {
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
