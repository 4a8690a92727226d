//go:build !windows

package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/acme/sample-service/test/postgrestest"
)

// behind starts the service with a proxy in front of its database.
func behind(t *testing.T, down bool) (*process, *postgrestest.Proxy) {
	t.Helper()
	proxy := postgrestest.NewProxy(t, postgrestest.New(t))
	if down {
		proxy.Cut()
	}
	return start(t, t.TempDir(), settings{"database.url": proxy.URL(), "health.cache_for": "10ms"}), proxy
}

func wantUnavailable(t *testing.T, c *client) {
	t.Helper()
	var refusal struct{ Code, Detail string }
	a := c.ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusServiceUnavailable, &refusal)
	if refusal.Code != "unavailable" || a.Header.Get("Retry-After") == "" || a.Header.Get("X-Request-Id") == "" {
		t.Errorf("got %s with %v, want a problem, when to come back and the id of the request", a.body, a.Header)
	}
	if strings.Contains(a.body, "PGSQL") || strings.Contains(a.body, "dial") {
		t.Errorf("the answer tells what lies behind: %s", a.body)
	}
	a = c.ask(http.MethodGet, "/ready", "").want(t, http.StatusServiceUnavailable, nil)
	if !strings.Contains(a.body, `"database":{"healthy":false,"message":"`) || a.Header.Get("Retry-After") == "" {
		t.Errorf("got %s, want the database as the reason", a.body)
	}
	c.ask(http.MethodGet, "/health", "").want(t, http.StatusOK, nil)
}

func wantServed(t *testing.T, c *client) {
	t.Helper()
	eventually(t, "the service serves", func() bool {
		return c.ask(http.MethodGet, "/v1/notes", "").StatusCode == http.StatusOK &&
			c.ask(http.MethodGet, "/ready", "").StatusCode == http.StatusOK
	})
}

func TestDatabaseMayComeAfterTheService(t *testing.T) {
	p, proxy := behind(t, true)
	c := newClient(t, "http://"+p.api, nil)
	wantUnavailable(t, c)
	proxy.Restore()
	wantServed(t, c)
	stop(t, p)
}

func TestDatabaseMayLeaveAndComeBack(t *testing.T) {
	p, proxy := behind(t, false)
	c := newClient(t, "http://"+p.api, nil)
	var created noteBody
	c.ask(http.MethodPost, "/v1/notes", `{"owner":"ada","title":"Kept"}`).want(t, http.StatusCreated, &created)
	proxy.Cut()
	eventually(t, "the loss is noticed", func() bool {
		return c.ask(http.MethodGet, "/ready", "").StatusCode == http.StatusServiceUnavailable
	})
	wantUnavailable(t, c)
	proxy.Restore()
	wantServed(t, c)
	c.ask(http.MethodGet, "/v1/notes/"+created.ID, "").want(t, http.StatusOK, nil)
	stop(t, p)
	for _, entry := range p.log {
		if text, _ := entry["error"].(string); entry["route"] == "/v1/notes" && entry["status"] == float64(http.StatusServiceUnavailable) && text == "" {
			t.Errorf("the log does not tell why: %v", entry)
		}
	}
}

func TestServiceWithoutItsSchemaIsNotReady(t *testing.T) {
	dir := t.TempDir()
	set := settings{"database.url": postgrestest.NewEmpty(t), "health.cache_for": "10ms"}
	p := start(t, dir, set)
	c := newClient(t, "http://"+p.api, nil)
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
	wantServed(t, c)
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
	c := newClient(t, "http://"+p.api, nil)
	var created, restored noteBody
	c.ask(http.MethodPost, "/v1/notes", `{"owner":"ada","title":"Kept","body":"ü 漢 🙂"}`).want(t, http.StatusCreated, &created)
	c.ask(http.MethodPut, "/v1/notes/"+created.ID, `{"title":"Changed","body":"x"}`, "If-Match", `"1"`).want(t, http.StatusOK, &created)
	run(from, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file="+dump)
	c.ask(http.MethodDelete, "/v1/notes/"+created.ID, "", "If-Match", `"2"`).want(t, http.StatusNoContent, nil)
	stop(t, p)

	run(to, "sh", "-c", `exec pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname="$PGDATABASE" "$0"`, dump)
	p = start(t, dir, to)
	c = newClient(t, "http://"+p.api, nil)
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

func TestBusyDatabaseIsToldFromOneThatIsDown(t *testing.T) {
	address := postgrestest.New(t)
	p := start(t, t.TempDir(), settings{
		"database.url": address, "database.max_connections": "1", "database.min_idle_connections": "0",
		"database.acquire_timeout": "5s", "database.statement_timeout": "5s", "health.cache_for": "10ms",
	})
	c := newClient(t, "http://"+p.api, nil)
	tx, err := postgrestest.Connect(t, address).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE notes IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	answers := make(chan int, 2)
	for range cap(answers) {
		go func() {
			a, err := c.try(http.MethodGet, "/v1/notes", "")
			if err != nil {
				t.Error(err)
			}
			answers <- a.StatusCode
		}()
	}
	eventually(t, "the pool is shown as exhausted", func() bool {
		a := c.ask(http.MethodGet, "/ready", "").want(t, http.StatusOK, nil)
		return strings.Contains(a.body, `"degraded":true`)
	})
	metrics := newClient(t, "http://"+p.metrics, nil).ask(http.MethodGet, "/metrics", "").body
	for _, want := range []string{
		`db_client_connection_count{db_client_connection_pool_name="postgres",db_client_connection_state="used"} 1`,
		`db_client_connection_max{db_client_connection_pool_name="postgres"} 1`,
		`db_client_connection_pending_requests{db_client_connection_pool_name="postgres"} 1`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s", want)
		}
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range cap(answers) {
		select {
		case status := <-answers:
			if status != http.StatusOK {
				t.Errorf("got %d after the lock, want 200", status)
			}
		case <-time.After(patience):
			t.Fatal("a request hangs")
		}
	}
	stop(t, p)
}
