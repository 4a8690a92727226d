//go:build !windows

package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/acme/sample-service/test/postgrestest"
)

func TestServiceWithoutItsSchemaIsNotReady(t *testing.T) {
	dir := t.TempDir()
	set := settings{"database.url": postgrestest.NewEmpty(t), "health.cache_for": "10ms"}
	p := start(t, dir, set)
	c := newClient(t, "http://"+p.api)
	if a := c.ask(http.MethodGet, "/ready", "").want(t, http.StatusServiceUnavailable, nil); !strings.Contains(a.body, "migrate up") {
		t.Errorf("got %s, want what to do", a.body)
	}
	for _, step := range []struct{ verb, want string }{
		{"status", " pending\n"}, {"up", "applied 00001_"}, {"up", "nothing to apply\n"}, {"status", " applied "},
	} {
		if out, code := call(t, dir, set, "migrate", step.verb); code != 0 || !strings.Contains(out, step.want) {
			t.Errorf("migrate %s: got %d and %q, want %q", step.verb, code, out, step.want)
		}
	}
	eventually(t, "the service is ready", func() bool { return c.ask(http.MethodGet, "/ready", "").StatusCode == http.StatusOK })
	c.ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	if out, code := call(t, dir, set, "migrate", "down", "--yes"); code != 0 || !strings.Contains(out, "rolled back ") {
		t.Errorf("migrate down: got %d and %q", code, out)
	}
	stop(t, p)
}

func TestBackupIsRestored(t *testing.T) {
	for _, program := range []string{"pg_dump", "pg_restore"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v: apt-get install postgresql-client, or the like", err)
		}
	}
	dir := t.TempDir()
	dump := filepath.Join(dir, "backup.dump")
	from, to := settings{"database.url": postgrestest.New(t)}, settings{"database.url": postgrestest.NewEmpty(t)}
	run := func(set settings, args ...string) {
		t.Helper()
		cmd := command(t, dir, set, append([]string{"database", "exec", "--"}, args...)...)
		cmd.Env = append(cmd.Env, "PATH="+os.Getenv("PATH"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", args, err, out)
		}
	}

	p := start(t, dir, from)
	c := newClient(t, "http://"+p.api)
	var created, restored noteBody
	c.ask(http.MethodPost, "/v1/notes", `{"owner":"ada","title":"Kept","body":"ü 漢 🙂"}`).want(t, http.StatusCreated, &created)
	c.ask(http.MethodPut, "/v1/notes/"+created.ID, `{"title":"Changed","body":"x"}`, "If-Match", `"1"`).want(t, http.StatusOK, &created)
	run(from, "pg_dump", "--format=custom", "--no-owner", "--file="+dump)
	c.ask(http.MethodDelete, "/v1/notes/"+created.ID, "", "If-Match", `"2"`).want(t, http.StatusNoContent, nil)
	stop(t, p)

	run(to, "sh", "-c", `exec pg_restore --exit-on-error --single-transaction --no-owner --dbname="$PGDATABASE" "$0"`, dump)
	p = start(t, dir, to)
	c = newClient(t, "http://"+p.api)
	c.ask(http.MethodGet, "/ready", "").want(t, http.StatusOK, nil)
	c.ask(http.MethodGet, "/v1/notes/"+created.ID, "").want(t, http.StatusOK, &restored)
	if restored != created || restored.Version != 2 {
		t.Errorf("got %+v, want %+v", restored, created)
	}
	c.ask(http.MethodPut, "/v1/notes/"+created.ID, `{"title":"Again","body":"y"}`, "If-Match", `"2"`).want(t, http.StatusOK, nil)
	c.ask(http.MethodPost, "/v1/notes", `{"owner":"ada","title":"After"}`).want(t, http.StatusCreated, nil)
	if out, code := call(t, dir, to, "migrate", "up"); code != 0 || out != "nothing to apply\n" {
		t.Errorf("migrate up after the restore: got %d and %q", code, out)
	}
	stop(t, p)
}
