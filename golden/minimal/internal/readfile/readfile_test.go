//go:build unix

package readfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/acme/billing-api/internal/readfile"
)

func TestRegularFileIsReadThroughALink(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("text"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	data, mode, err := readfile.Regular(link)
	if string(data) != "text" || mode != 0o640 || err != nil {
		t.Errorf("got %q, %v, %v, want the file behind the link", data, mode, err)
	}
}

// A FIFO without a writer would block a plain read for ever.
func TestOtherFilesAreRefused(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, t.TempDir(), os.DevNull} {
		if _, _, err := readfile.Regular(path); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: got %v, want an error", path, err)
		}
	}
}
