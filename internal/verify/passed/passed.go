// Package passed remembers which checks passed, so that .ci/run does not repeat a check whose inputs are the same: the
// files that it reads, the sources of the harness, and the programs that it runs.
package passed

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/acton-go/acton-new/internal/generator"
)

// Folder is the environment variable with the directory of the records. .ci/run sets it. Without it, every check runs.
const Folder = "ACTON_PASSED"

// Harness identifies what a test depends on besides the files that it is about.
type Harness struct {
	folder string // empty: nothing is remembered
	base   string
}

// NewHarness returns the harness of the test package in the working directory. It contains the sources of the package,
// those of every package below internal/verify that it imports, the modules, the version of Go, and the programs. A
// program is a name in PATH or a file, and is identified by its size and its time of modification. The harness does not
// contain the generator, because checks depend on what it renders.
func NewHarness(programs ...string) (Harness, error) {
	h := Harness{folder: os.Getenv(Folder)}
	if h.folder == "" {
		return h, nil
	}
	sum := sha256.New()
	root, err := command("go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return h, err
	}
	version, err := command("go", "env", "GOVERSION", "GOOS", "GOARCH", "CGO_ENABLED")
	if err != nil {
		return h, err
	}
	dirs, err := command("go", "list", "-deps", "-test", "-f", "{{if .Module}}{{if .Module.Main}}{{.Dir}}{{end}}{{end}}", ".")
	if err != nil {
		return h, err
	}
	sum.Write([]byte(version + "\n"))
	seen := map[string]bool{}
	for _, dir := range strings.Fields(dirs) {
		if !strings.HasPrefix(dir, filepath.Join(root, "internal", "verify")) || seen[dir] {
			continue
		}
		seen[dir] = true
		if err := addDir(sum, root, dir); err != nil {
			return h, err
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := addFile(sum, root, filepath.Join(root, name)); err != nil {
			return h, err
		}
	}
	for _, program := range programs {
		sum.Write([]byte(identify(program) + "\n"))
	}
	h.base = hex.EncodeToString(sum.Sum(nil))
	return h, nil
}

func command(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).Output() //nolint:gosec,noctx // runs the go command
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

func addDir(sum hash.Hash, root, dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return addFile(sum, root, path)
	})
}

func addFile(sum hash.Hash, root, path string) error {
	data, err := os.ReadFile(path)
	name, _ := filepath.Rel(root, path)
	sum.Write(fmt.Appendf(nil, "%s %d\n%s", filepath.ToSlash(name), len(data), data))
	return err
}

// identify describes a program, by its name in PATH or by a path.
func identify(program string) string {
	path := program
	if !filepath.IsAbs(program) {
		var err error
		if path, err = exec.LookPath(program); err != nil {
			return program + " absent"
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return program + " absent"
	}
	return fmt.Sprintf("%s %d %d", program, info.Size(), info.ModTime().UnixNano())
}

// Check is one check of one set of files.
type Check struct {
	folder string
	sum    hash.Hash
}

// Check returns a check of projects. The name contains all parameters that change what is checked.
func (h Harness) Check(name string, trees ...generator.Tree) *Check {
	c := &Check{folder: h.folder, sum: sha256.New()}
	c.sum.Write(fmt.Appendf(nil, "%s\n%s\n", h.base, name))
	for _, tree := range trees {
		c.AddTree(tree)
	}
	return c
}

// Add adds a file that the check reads.
func (c *Check) Add(path string, data []byte) {
	c.sum.Write(fmt.Appendf(nil, "%s %d\n%s", path, len(data), data))
}

// AddTree adds all files of a project.
func (c *Check) AddTree(tree generator.Tree) {
	for _, f := range tree {
		c.Add(f.Path, f.Data)
	}
}

// Key identifies the check and all of its inputs.
func (c *Check) Key() string { return hex.EncodeToString(c.sum.Sum(nil)) }

func (c *Check) record() string { return filepath.Join(c.folder, c.Key()) }

// Before returns when the same check passed, or an empty string.
func (c *Check) Before() string {
	if c.folder == "" {
		return ""
	}
	info, err := os.Stat(c.record())
	if err != nil {
		return ""
	}
	return info.ModTime().UTC().Format(time.DateTime)
}

// Record remembers that the check passed.
func (c *Check) Record() error {
	if c.folder == "" {
		return nil
	}
	if err := os.MkdirAll(c.folder, 0o700); err != nil {
		return err
	}
	return os.WriteFile(c.record(), nil, 0o600)
}

// Unchanged reports whether the check passed before, and prints when. Otherwise, it records the check if the test passes.
func (c *Check) Unchanged(t testing.TB) bool {
	t.Helper()
	if when := c.Before(); when != "" {
		fmt.Printf("    %-44s unchanged since it passed on %s\n", t.Name(), when)
		return true
	}
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		if err := c.Record(); err != nil {
			t.Error(err)
		}
	})
	return false
}
