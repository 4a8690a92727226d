package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fixture has sources in a directory of its own, without the environment of the test.
type fixture struct {
	t       *testing.T
	dir     string
	sources Sources
}

func newFixture(t *testing.T) *fixture {
	dir := t.TempDir()
	return &fixture{t: t, dir: dir, sources: Sources{
		Files: []string{filepath.Join(dir, "system.yaml"), filepath.Join(dir, "work.yaml")},
	}}
}

// production returns a fixture that the rules of production accept.
func production(t *testing.T) *fixture {
	f := newFixture(t)
	f.sources.Profile = "production"
	f.sources.Set = []string{"server.tls.terminated_by_proxy=true"}
	f.environ("ORDERS_DATABASE__URL=postgres://app@127.0.0.1/notes")
	return f
}

// file writes a file and returns its path.
func (f *fixture) file(name, content string) string {
	f.t.Helper()
	path := filepath.Join(f.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
	return path
}

func (f *fixture) environ(entries ...string) {
	f.sources.Environ = append(f.sources.Environ, entries...)
}

func (f *fixture) set(assignments ...string) {
	f.sources.Set = append(f.sources.Set, assignments...)
}

func (f *fixture) load() *Loaded {
	f.t.Helper()
	loaded, err := Load(f.sources)
	if err != nil {
		f.t.Fatal(err)
	}
	return loaded
}

// problems returns the lines of the error, without the directory of the fixture.
func (f *fixture) problems() []string {
	_, err := Load(f.sources)
	return f.lines(err)
}

func (f *fixture) lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(strings.ReplaceAll(err.Error(), f.dir+"/", ""), "\n")
}

// origin returns where a key was set, without the directory of the fixture.
func (f *fixture) origin(l *loader, key string) string {
	return strings.ReplaceAll(l.origins[key].String(), f.dir+"/", "")
}
