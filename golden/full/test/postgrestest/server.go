package postgrestest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/acme/billing-api/migrations"
)

// errNoServer says what to do.
var errNoServer = errors.New(`these tests need PostgreSQL, and neither a server nor its programs are here. Either
  apt-get install postgresql             or the like, so that the programs initdb and postgres are on this machine, or
  docker run --rm -d -p 127.0.0.1:55432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust postgres:17
  export TEST_DATABASE_URL='postgres://postgres@127.0.0.1:55432/postgres?sslmode=disable'`)

// server is one that runs as long as this process, and as alive is open.
type server struct {
	address string
	alive   *os.File
}

// private starts a server for this test binary, once. It listens on a socket in
// a folder that nobody else can enter.
var private = sync.OnceValues(func() (server, error) {
	programs, err := findPrograms()
	if err != nil {
		return server{}, err
	}
	folder, err := os.MkdirTemp("", "postgrestest")
	if err != nil {
		return server{}, err
	}
	alive, err := launch(programs, folder)
	if err != nil {
		return server{}, err
	}
	address := "postgres://test@/postgres?" + url.Values{"host": {folder}, "sslmode": {"disable"}}.Encode()
	if err := waitFor(address); err != nil {
		_ = alive.Close()                                   // ends the server, whatever state it is in
		log, _ := os.ReadFile(filepath.Join(folder, "log")) //nolint:gosec // the folder was made above
		return server{}, fmt.Errorf("start PostgreSQL in %s: %w\n%s", folder, err, log)
	}
	return server{address, alive}, nil
})

// The server belongs to a shell that waits for the end of its input: when this
// process ends, in whatever way, the shell stops the server and removes the
// folder. PostgreSQL refuses to run as root, so root runs it as postgres. Users
// that a test makes need their password.
const keeper = `
trap '' INT
cd "$1" || exit 1
run() { "$@"; }
if [ "$(id -u)" = 0 ]; then
	chown postgres . && run() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; } || exit 1
fi
run "$2/initdb" -D data -U test -A trust -E UTF8 --locale=C -N >log 2>&1 &&
	printf 'local all test trust\nlocal all all scram-sha-256\n' >data/pg_hba.conf &&
	run "$2/postgres" -D "$1/data" -k "$1" -c listen_addresses= -c max_connections=200 -c fsync=off \
		-c synchronous_commit=off -c full_page_writes=off -c shared_preload_libraries="$3" >>log 2>&1 &
server=$!
cat >/dev/null
pid=$(head -n 1 data/postmaster.pid 2>/dev/null) && kill -QUIT "$pid"
kill "$server" 2>/dev/null
wait "$server"
cd / && rm -rf "$1"
`

// launch starts the shell and returns its input, which the end of the process
// closes.
func launch(programs, folder string) (*os.File, error) {
	input, alive, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = input.Close() }() // the shell has its own
	library := ""
	if _, err := os.Stat(filepath.Join(programs, "../lib/pg_stat_statements.so")); err == nil {
		library = "pg_stat_statements"
	}
	shell := exec.Command("sh", "-c", keeper, "sh", folder, programs, library) //nolint:gosec,noctx // outlives every context
	shell.Stdin = input
	if err := shell.Start(); err != nil {
		return nil, errors.Join(err, alive.Close())
	}
	// Nobody waits for the shell, which outlives this process for a moment.
	return alive, shell.Process.Release()
}

// waitFor returns once the server answers.
func waitFor(address string) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); ; <-ticker.C {
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		conn, err := pgx.Connect(ctx, address)
		if err == nil {
			err = conn.Close(ctx)
		}
		cancel()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

// findPrograms returns the folder of the newest PostgreSQL on this machine.
func findPrograms() (string, error) {
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil { //nolint:noctx // answers at once
		if dir := strings.TrimSpace(string(out)); complete(dir) {
			return dir, nil
		}
	}
	var found []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"} {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		found = append(found, slices.DeleteFunc(dirs, func(dir string) bool { return !complete(dir) })...)
	}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		found = append(found, filepath.Dir(initdb))
	}
	if len(found) == 0 {
		return "", errNoServer
	}
	return slices.MaxFunc(found, func(a, b string) int { return len(a) - len(b) + strings.Compare(a, b) }), nil
}

func complete(dir string) bool {
	for _, program := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(filepath.Join(dir, program)); err != nil {
			return false
		}
	}
	return true
}

// templateName returns a name that changes with the migrations.
func templateName() (string, error) {
	hash := sha256.New()
	err := fs.WalkDir(migrations.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := migrations.Files.ReadFile(path)
		hash.Write(content)
		return err
	})
	return "migrated_" + hex.EncodeToString(hash.Sum(nil)[:8]), err
}
