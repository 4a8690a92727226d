package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

var errNoPrograms = errors.New(`these tests need PostgreSQL, and found neither a server nor its programs. Either
  apt-get install postgresql             so that the programs initdb and postgres are on this machine, or
  docker run --rm -d -p 127.0.0.1:55432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust postgres:17
  export TEST_DATABASE_URL='postgres://postgres@127.0.0.1:55432/postgres?sslmode=disable'`)

// startTimeout is how long the private server may take to start.
const startTimeout = 30 * time.Second

// privateServer starts a server once for the test binary, and returns its URL.
var privateServer = sync.OnceValues(func() (string, error) {
	programs, err := findPrograms()
	if err != nil {
		return "", err
	}
	folder, err := socketFolder()
	if err != nil {
		return "", err
	}
	if err := launch(programs, folder); err != nil {
		return "", fmt.Errorf("start PostgreSQL: %w", err)
	}
	address := "postgres://test@/postgres?" + url.Values{"host": {folder}, "sslmode": {"disable"}}.Encode()
	if err := waitFor(address, filepath.Join(folder, "ended")); err != nil {
		log, _ := os.ReadFile(filepath.Join(folder, "log")) //nolint:gosec // the folder was made above
		_ = os.RemoveAll(folder)
		return "", fmt.Errorf("start PostgreSQL: %w\n%s", err, log)
	}
	return address, nil
})

// maxSocketFolder is the longest path to which PostgreSQL can append the name of its socket.
const maxSocketFolder = 107 - len("/.s.PGSQL.5432")

// socketFolder makes a folder with a path that is short enough for a socket, even if TMPDIR is long.
func socketFolder() (string, error) {
	parent := os.TempDir()
	if len(parent) > maxSocketFolder-len("/pg0123456789") {
		parent = "/tmp"
	}
	folder, err := os.MkdirTemp(parent, "pg")
	if err != nil {
		return "", fmt.Errorf("make a folder for the socket of PostgreSQL; set TMPDIR to a short, writable path: %w", err)
	}
	return folder, nil
}

// supervisor runs the server until its own input is closed, which happens when the test binary exits for any reason.
// PostgreSQL refuses to run as root, so root runs it as postgres. Roles that a test creates need a password.
const supervisor = `
trap '' INT
cd "$1" || exit 1
trap ': >"$1/ended"' EXIT
exec 3<&0 >log 2>&1
if [ "$(id -u)" = 0 ]; then
	chown postgres . || exit 1
	as="setpriv --reuid=postgres --regid=postgres --clear-groups"
fi
$as "$2/initdb" -D data -U test -A trust -E UTF8 --locale=C -N &&
	printf 'local all test trust\nlocal all all scram-sha-256\n' >data/pg_hba.conf || exit 1
$as "$2/postgres" -D "$1/data" -k "$1" -c listen_addresses= -c max_connections=200 \
	-c fsync=off -c synchronous_commit=off -c full_page_writes=off &
server=$!
(cat <&3 >/dev/null; : >closed; kill -QUIT "$server") &
wait "$server"
[ -e closed ] && cd / && rm -rf "$1"
`

// keptOpen holds the input of the supervisor, which stays open as long as this process lives.
var keptOpen []io.Closer

// launch starts the supervisor.
func launch(programs, folder string) error {
	shell := exec.Command("sh", "-c", supervisor, "sh", folder, programs) //nolint:gosec,noctx // outlives every context
	input, err := shell.StdinPipe()
	if err != nil {
		return err
	}
	keptOpen = append(keptOpen, input)
	if err := shell.Start(); err != nil {
		return err
	}
	return shell.Process.Release() // nobody waits for it: it outlives this process for a moment
}

// waitFor returns when the server answers. It fails when the supervisor has ended, or after startTimeout.
func waitFor(address, endedFile string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		conn, err := pgx.Connect(ctx, address)
		if err == nil {
			return conn.Close(ctx)
		}
		if _, missing := os.Stat(endedFile); missing == nil {
			return fmt.Errorf("the server ended: %w", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("no answer within %s: %w", startTimeout, err)
		}
	}
}

// findPrograms returns the folder of the newest PostgreSQL on this machine.
func findPrograms() (string, error) {
	var found []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"} {
		folders, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		found = append(found, folders...)
	}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		found = append(found, filepath.Dir(initdb))
	}
	found = slices.DeleteFunc(found, func(folder string) bool {
		_, err := os.Stat(filepath.Join(folder, "postgres"))
		return err != nil
	})
	if len(found) == 0 {
		return "", errNoPrograms
	}
	return slices.MaxFunc(found, func(a, b string) int { return major(a) - major(b) }), nil
}

var number = regexp.MustCompile(`[0-9]+`)

// major returns the version in a path such as /usr/lib/postgresql/17/bin, or 0.
func major(folder string) int {
	version, _ := strconv.Atoi(number.FindString(folder))
	return version
}
