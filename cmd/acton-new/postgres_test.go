package main

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"
)

// databaseFor starts the installed PostgreSQL for the duration of a test. It returns the environment variables for a
// service with this prefix. The server listens on a socket in a temporary folder. The variables also point to the sqlc
// that .ci/run has installed, if there is one, because sqlc takes minutes to build.
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

// postgresFunctions is a shell function that runs a program of the newest installed PostgreSQL. If the current user is
// root, it runs the program as the user postgres, because the server refuses to run as root.
const postgresFunctions = `
programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$programs" ] || programs=$(dirname "$(command -v initdb)") || { echo "PostgreSQL not found: run apt-get install postgresql" >&2; exit 1; }
as() {
  local program=$1; shift
  if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$programs/$program" "$@"; else "$programs/$program" "$@"; fi
}
`

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
