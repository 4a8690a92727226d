//go:build unix

package reload

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
)

// A FIFO in place of a file must not stop the loop: a plain open would wait for a writer.
func TestFIFOInPlaceOfAFileIsAChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	write(t, path, "one")
	synctest.Test(t, func(t *testing.T) {
		l := newLoop()
		var loads int
		l.Add("settings", []string{path}, func() error { loads++; return nil })
		start(t, l)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		rounds(2)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		write(t, path, "two")
		rounds(2)
		if loads != 2 {
			t.Errorf("got %d loads, want one for the FIFO and one for the new file", loads)
		}
	})
}
