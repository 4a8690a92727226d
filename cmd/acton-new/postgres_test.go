package main

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"
)

// databaseFor starts PostgreSQL from the programs of this machine, for the time of a test, and returns the variables that
// lead a service of this prefix to it. It listens on a socket in a folder of its own. As sqlc takes minutes to build, the
// one that .ci/run has installed is used if it is there.
func databaseFor(t *testing.T, prefix string) []string {
	t.Helper()
	folder, err := os.MkdirTemp("", "pg") //nolint:usetesting // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	shell(t, folder, postgresFunctions+`
if [ "$(id -u)" = 0 ]; then chown postgres .; fi
as initdb -D "$PWD/data" -U orders -A trust -E UTF8 --locale=C -N >log
as pg_ctl -D "$PWD/data" -w -l "$PWD/server.log" -o "-k $PWD -c listen_addresses= -c fsync=off -c shared_preload_libraries=pg_stat_statements" start >>log
as createdb -h "$PWD" -U orders orders
`)
	t.Cleanup(func() {
		// Not by shell: the context of the test has ended.
		if out, err := bash(folder, postgresFunctions+`as pg_ctl -D "$PWD/data" -m immediate -w stop`).CombinedOutput(); err != nil {
			t.Errorf("stop PostgreSQL: %v\n%s", err, out)
		}
	})
	address := "postgres://orders@/orders?" + url.Values{"host": {folder}, "sslmode": {"disable"}}.Encode()
	env := []string{prefix + "_DATABASE__URL=" + address}
	if tools := os.Getenv("ACTON_TOOLS"); tools != "" {
		if sqlc := filepath.Join(tools, "bin/sqlc"); exists(sqlc) {
			env = append(env, "SQLC="+sqlc)
		}
	}
	return env
}

// postgresFunctions runs programs of the newest PostgreSQL that is here, as the user postgres if this is root, whom the
// server refuses.
const postgresFunctions = `
programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$programs" ] || programs=$(dirname "$(command -v initdb)") || { echo "no PostgreSQL is here: apt-get install postgresql" >&2; exit 1; }
as() {
  local program=$1; shift
  if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$programs/$program" "$@"; else "$programs/$program" "$@"; fi
}
`

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
