package lock_test

import (
	"testing"

	"github.com/acton-go/acton-new/internal/lock"
)

// BenchmarkDecode is what every process does once.
func BenchmarkDecode(b *testing.B) {
	text := lock.Recorded().Encode()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := lock.Decode(text); err != nil {
			b.Fatal(err)
		}
	}
}
