package probe

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/acton-go/acton-new/internal/process"
)

// clusters makes PostgreSQL servers of this machine's programs, a private one for each script. Their data begin as copies
// of a directory that is initialised once.
type clusters struct {
	once  sync.Once
	err   error
	root  string // holds everything, and belongs to who runs the servers
	bin   string
	owner *account // who runs the servers, if not who runs this
}

type account struct{ uid, gid int }

func newClusters() *clusters { return &clusters{} }

const superuser, superPassword = "postgres", "superuser-password"

func (c *clusters) close() {
	if c.root != "" {
		_ = os.RemoveAll(c.root)
	}
}

// prepare initialises the directory that is copied.
func (c *clusters) prepare() error {
	bin, err := postgresPrograms()
	if err != nil {
		return err
	}
	c.bin = bin
	if c.root, err = os.MkdirTemp("", "probe-postgres-"); err != nil {
		return err
	}
	if c.owner, err = serverOwner(); err != nil {
		return err
	}
	secret := filepath.Join(c.root, "password")
	if err := os.WriteFile(secret, []byte(superPassword+"\n"), 0o600); err != nil {
		return err
	}
	if c.owner != nil {
		for _, path := range []string{c.root, secret} {
			if err := os.Chown(path, c.owner.uid, c.owner.gid); err != nil {
				return err
			}
		}
	}
	return c.command("initdb", "-D", filepath.Join(c.root, "template"), "-U", superuser, "--pwfile="+secret,
		"-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync")
}

// postgresPrograms finds the directory of the newest server; Debian keeps it out of the path.
func postgresPrograms() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", missingPostgres("initdb")
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return majorOf(a) - majorOf(b) })), nil
}

func majorOf(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb)))) // a name that is no number is the oldest
	return n
}

// serverOwner is the user postgres when we are root, whom the server refuses.
func serverOwner() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	found, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", missingPostgres("the user postgres"), err)
	}
	uid, err := strconv.Atoi(found.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(found.Gid)
	if err != nil {
		return nil, err
	}
	return &account{uid, gid}, nil
}

func (c *clusters) program(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), name, args...)
	cmd.Dir = c.root
	if c.owner != nil {
		runAs(cmd, *c.owner)
	}
	process.EndWithParent(cmd)
	return cmd
}

// command runs a program of the server, or one of this machine by its path, to its end.
func (c *clusters) command(name string, args ...string) error {
	if !filepath.IsAbs(name) {
		name = filepath.Join(c.bin, name)
	}
	if out, err := c.program(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("postgres: %s: %w\n%s", filepath.Base(name), err, out)
	}
	return nil
}

// cluster is one server.
type cluster struct {
	clusters *clusters
	dir      string
	port     string
	cmd      *exec.Cmd
	log      *logbook
	ended    chan struct{}
}

// start makes a server and waits until it answers.
func (c *clusters) start() (*cluster, error) {
	if runtime.GOOS == "windows" {
		return nil, fmt.Errorf("postgres: set %s: a server is started on Unix only", databaseVariable)
	}
	c.once.Do(func() { c.err = c.prepare() })
	if c.err != nil {
		return nil, c.err
	}
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	server := &cluster{clusters: c, dir: filepath.Join(c.root, port), port: port}
	cp, err := exec.LookPath("cp")
	if err != nil {
		return nil, err
	}
	if err := c.command(cp, "-R", filepath.Join(c.root, "template"), server.dir); err != nil {
		return nil, err
	}
	if err := os.Chmod(server.dir, 0o700); err != nil {
		return nil, err
	}
	return server, server.run()
}

func (c *cluster) admin() *url.URL {
	return &url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, superPassword), Host: "127.0.0.1:" + c.port, Path: "/postgres",
		RawQuery: "sslmode=disable",
	}
}

// run starts the process on the same port and data as before.
func (c *cluster) run() error {
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	c.log, c.ended = &logbook{}, make(chan struct{})
	c.cmd = c.clusters.program(filepath.Join(c.clusters.bin, "postgres"), "-D", c.dir, "-p", c.port,
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=60", "-c", "shared_buffers=16MB",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	c.cmd.Stdout, c.cmd.Stderr = writer, writer
	err = c.cmd.Start()
	writer.Close()
	if err != nil {
		reader.Close()
		return err
	}
	go func() {
		defer close(c.ended)
		c.log.read(reader)
		reader.Close()
		_ = c.cmd.Wait() // an end that nobody asked for is seen by who connects
	}()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		err := c.clusters.command("pg_isready", "-q", "-h", "127.0.0.1", "-p", c.port, "-t", "1")
		if err == nil {
			return nil
		}
		select {
		case <-c.ended:
			return fmt.Errorf("postgres: ended at the start:\n%s", c.log.tail(20))
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("postgres: not ready within %s:\n%s", patience, c.log.tail(20))
		}
	}
}

// stop ends the server as an administrator does: sessions are told and closed.
func (c *cluster) stop() error {
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-c.ended:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("postgres: not stopped within %s", patience)
	}
}

// remove ends the server and its data.
func (c *cluster) remove() {
	if c.cmd != nil {
		_ = c.cmd.Process.Signal(syscall.SIGQUIT) // at once, and its children with it
		select {
		case <-c.ended:
		case <-time.After(patience):
			_ = c.cmd.Process.Kill()
			<-c.ended
		}
	}
	_ = os.RemoveAll(c.dir)
}
