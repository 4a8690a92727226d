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

	"github.com/acton-go/acton-new/internal/verify/process"
)

// postgresServers creates a private PostgreSQL server for each script, with the programs of this machine. It runs initdb once
// and copies the data directory for each server.
type postgresServers struct {
	once  sync.Once
	err   error
	root  string // parent of all files, owned by the user who runs the servers
	bin   string
	owner *account // user who runs the servers; nil for the current user
}

type account struct{ uid, gid int }

func newPostgresServers() *postgresServers { return &postgresServers{} }

// StartPostgres starts a server. It returns the address of its database postgres, the directory of its programs, and a
// function that removes it.
func StartPostgres() (address *url.URL, programs string, remove func(), err error) {
	c := newPostgresServers()
	server, err := c.start()
	if err != nil {
		c.close()
		return nil, "", nil, err
	}
	return server.admin(), c.bin, func() { server.remove(); c.close() }, nil
}

const superuser, superPassword = "postgres", "superuser-password"

func (c *postgresServers) close() {
	if c.root != "" {
		_ = os.RemoveAll(c.root)
	}
}

// prepare runs initdb for the directory to copy.
func (c *postgresServers) prepare() error {
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

// postgresPrograms returns the program directory of the newest server. On Debian, it is not in PATH.
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
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb)))) // 0 if it is not a number
	return n
}

// serverOwner returns the user postgres if the current user is root, because PostgreSQL refuses to run as root.
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

func (c *postgresServers) program(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), name, args...)
	cmd.Dir = c.root
	if c.owner != nil {
		runAs(cmd, *c.owner)
	}
	process.EndWithParent(cmd)
	return cmd
}

// command runs a program of the server, or any program by its absolute path, and waits for it.
func (c *postgresServers) command(name string, args ...string) error {
	if !filepath.IsAbs(name) {
		name = filepath.Join(c.bin, name)
	}
	if out, err := c.program(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("postgres: %s: %w\n%s", filepath.Base(name), err, out)
	}
	return nil
}

// postgresServer is one PostgreSQL server.
type postgresServer struct {
	servers *postgresServers
	dir     string
	port    string
	cmd     *exec.Cmd
	log     *logbook
	ended   chan struct{}
}

// start creates and starts a server, and waits until it is ready.
func (c *postgresServers) start() (*postgresServer, error) {
	if runtime.GOOS == "windows" {
		return nil, fmt.Errorf("postgres: set %s: tests can start a server only on Unix", databaseVariable)
	}
	c.once.Do(func() { c.err = c.prepare() })
	if c.err != nil {
		return nil, c.err
	}
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	server := &postgresServer{servers: c, dir: filepath.Join(c.root, port), port: port}
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

func (c *postgresServer) admin() *url.URL {
	return &url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, superPassword), Host: "127.0.0.1:" + c.port, Path: "/postgres",
		RawQuery: "sslmode=disable",
	}
}

// run starts the process. After stop, it uses the same port and data.
func (c *postgresServer) run() error {
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	c.log, c.ended = &logbook{}, make(chan struct{})
	c.cmd = c.servers.program(filepath.Join(c.servers.bin, "postgres"), "-D", c.dir, "-p", c.port,
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
		_ = c.cmd.Wait() // clients notice a crash
	}()
	for deadline := time.Now().Add(serverLimit); ; time.Sleep(20 * time.Millisecond) {
		err := c.servers.command("pg_isready", "-q", "-h", "127.0.0.1", "-p", c.port, "-t", "1")
		if err == nil {
			return nil
		}
		select {
		case <-c.ended:
			return fmt.Errorf("postgres: exited during startup:\n%s", c.log.tail(20))
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("postgres: not ready within %s:\n%s", serverLimit, c.log.tail(20))
		}
	}
}

// stop requests a fast shutdown, which closes all sessions.
func (c *postgresServer) stop() error {
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-c.ended:
		return nil
	case <-time.After(serverLimit):
		return fmt.Errorf("postgres: not stopped within %s", serverLimit)
	}
}

// remove stops the server and deletes its data.
func (c *postgresServer) remove() {
	if c.cmd != nil {
		_ = c.cmd.Process.Signal(syscall.SIGQUIT) // immediate shutdown, including child processes
		select {
		case <-c.ended:
		case <-time.After(serverLimit):
			_ = c.cmd.Process.Kill()
			<-c.ended
		}
	}
	_ = os.RemoveAll(c.dir)
}
