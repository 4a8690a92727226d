package lock_test

import (
	"os"
	"testing"

	"github.com/acton-go/acton-new/internal/lock"
)

// allImports returns the imports of a project that imports every pinned package.
func allImports(t testing.TB) *lock.Imports {
	t.Helper()
	deps, err := os.ReadFile("pinned/deps.go")
	if err != nil {
		t.Fatal(err)
	}
	return importsOf(t, map[string]string{"a/a.go": string(deps)})
}

// lockText returns the text of the embedded lock.
func lockText(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("lock.txt")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// BenchmarkDecode measures the decoding, which every process does once.
func BenchmarkDecode(b *testing.B) {
	text := lockText(b)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := lock.Decode(text); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCompute computes go.mod and go.sum with a decoded lock.
func BenchmarkCompute(b *testing.B) {
	l, imports := lock.Recorded(), allImports(b)
	for b.Loop() {
		if _, err := l.Compute(imports); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOnce decodes the lock and computes the module files, as each process does. With -benchtime 1x the caches are
// cold, as in a new process.
func BenchmarkOnce(b *testing.B) {
	text, imports := lockText(b), allImports(b)
	for b.Loop() {
		l, err := lock.Decode(text)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := l.Compute(imports); err != nil {
			b.Fatal(err)
		}
	}
}
