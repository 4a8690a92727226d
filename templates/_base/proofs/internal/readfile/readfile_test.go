//go:build unix

package readfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"example.com/acme/sample-service/internal/readfile"
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
