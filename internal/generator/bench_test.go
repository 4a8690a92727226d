package generator

import (
	"fmt"
	"path/filepath"
	"testing"
)

func BenchmarkWrite(b *testing.B) {
	for _, mode := range []RepositoryMode{RepositoryNever, RepositoryAlways} {
		b.Run(map[RepositoryMode]string{RepositoryNever: "files", RepositoryAlways: "files and commit"}[mode], func(b *testing.B) {
			root, t := b.TempDir(), sampleTree()
			for n := 0; b.Loop(); n++ {
				dir := filepath.Join(root, fmt.Sprint(n))
				if _, err := Write(b.Context(), t, Target{Dir: dir, Repository: mode}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCommit is the repository alone, without waiting for the disk.
func BenchmarkCommit(b *testing.B) {
	root, t := b.TempDir(), sampleTree()
	plan, err := newCommitPlan(Target{Time: someTime}, nil)
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
