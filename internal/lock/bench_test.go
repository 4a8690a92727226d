package lock_test

import (
	"os"
	"testing"

	"github.com/acton-go/acton-new/internal/lock"
)

// everything is a project that imports all that any template does.
func everything(t testing.TB) *lock.Imports {
	t.Helper()
	deps, err := os.ReadFile("pinned/deps.go")
	if err != nil {
		t.Fatal(err)
	}
	return importsOf(t, map[string]string{"a/a.go": string(deps)})
}

// lockText is the lock as it is embedded.
func lockText(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("lock.txt")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// BenchmarkDecode is what every process does once.
func BenchmarkDecode(b *testing.B) {
	text := lockText(b)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := lock.Decode(text); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCompute makes go.mod and go.sum when the lock is decoded.
func BenchmarkCompute(b *testing.B) {
	l, imports := lock.Recorded(), everything(b)
	for b.Loop() {
		if _, err := l.Compute(imports); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOnce is all that a process does for its module files. With -benchtime 1x it is done once in a process, so that
// no cache is warm and the memory is new.
func BenchmarkOnce(b *testing.B) {
	text, imports := lockText(b), everything(b)
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
