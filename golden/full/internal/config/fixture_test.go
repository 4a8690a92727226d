package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// fixture is a machine of its own: directories in place of the real ones, and
// an environment that holds nothing else.
type fixture struct {
	t       *testing.T
	root    string
	sources Sources
}

const (
	systemConfig = "etc/billing-api/config.yaml"
	userConfig   = "home/.config/billing-api/config.yaml"
	workConfig   = "work/config.yaml"
)

func newFixture(t *testing.T) *fixture {
	t.Helper()
	root := t.TempDir()
	return &fixture{t: t, root: root, sources: Sources{
		Environ:   []string{"HOME=" + filepath.Join(root, "home"), "PATH=/bin"},
		SystemDir: filepath.Join(root, "etc"),
		WorkDir:   filepath.Join(root, "work"),
	}}
}

// file writes a file below the root, and returns its path.
func (f *fixture) file(path, content string) string {
	f.t.Helper()
	path = filepath.Join(f.root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
	return path
}

func (f *fixture) environ(entries ...string) {
	f.sources.Environ = append(f.sources.Environ, entries...)
}

func (f *fixture) load() *Loaded {
	f.t.Helper()
	loaded, err := Load(f.sources)
	if err != nil {
		f.t.Fatal(err)
	}
	return loaded
}

// problems returns the lines of the error, with paths relative to the root.
func (f *fixture) problems() []string {
	f.t.Helper()
	_, err := Load(f.sources)
	return f.lines(err)
}

func (f *fixture) lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(strings.ReplaceAll(err.Error(), f.root+"/", ""), "\n")
}

// origin tells where a key was set, relative to the root.
func (f *fixture) origin(loaded *Loaded, path string) string {
	return strings.ReplaceAll(loaded.settings[path].origin.String(), f.root+"/", "")
}

// loadStruct loads a struct of the test.
func loadStruct[T any](t *testing.T, sources Sources) (T, result, error) {
	t.Helper()
	var target T
	r, problems := load(schemaOf[T](t), sources, reflect.ValueOf(&target).Elem())
	return target, r, joinSorted(problems)
}

func schemaOf[T any](t *testing.T) *schema {
	t.Helper()
	schema, err := newSchema(reflect.TypeFor[T]())
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
