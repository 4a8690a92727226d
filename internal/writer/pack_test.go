package writer

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/programs"
)

// The size of an object is encoded in four bits, then seven bits per byte. The sizes are the edge cases of this
// encoding.
func TestPackContainsObjectsOfAnySizeOnce(t *testing.T) {
	var tree generator.Tree
	for _, size := range []int{0, 1, 15, 16, 17, 2047, 2048, 2049, 262143, 262144, 3 << 20} {
		for _, name := range []string{"a", "b"} {
			tree = append(tree, generator.File{Path: fmt.Sprintf("%s/%d", name, size), Data: bytes.Repeat([]byte("x"), size)})
		}
	}
	dir := filepath.Join(t.TempDir(), "service")
	mustWrite(t, sorted(tree), Target{Dir: dir})
	wantProject(t, dir, sorted(tree))
	if !programs.Have(t) {
		return
	}
	// Eleven blobs, one tree for both directories, the root and the commit.
	if out := runGit(t, dir, "count-objects", "-v"); !strings.Contains(out, "in-pack: 14\n") || !strings.Contains(out, "count: 0\n") {
		t.Errorf("got these objects, want 14 in a pack:\n%s", out)
	}
}
