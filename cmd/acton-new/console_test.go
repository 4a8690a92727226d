package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// The keys, as a terminal sends them.
const (
	enter   = "\r"
	down    = "\x1b[B"
	up      = "\x1b[A"
	space   = " "
	escape  = "\x1b"
	backTab = "\x1b[Z"
	ctrlC   = "\x03"
	ctrlD   = "\x04"
	erase   = "\x15" // ctrl-u deletes to the start of the line
)

const timeout = 30 * time.Second

// console runs a command on a pseudo-terminal. Like many terminals, it does not answer queries.
type console struct {
	t      *testing.T
	dir    string
	tty    *os.File
	term   vt10x.Terminal
	cmd    *exec.Cmd
	mu     sync.Mutex
	raw    bytes.Buffer  // all output
	wake   chan struct{} // receives after new output
	closed chan struct{} // closed after the last output
}

// open starts the command in an empty directory.
func open(t *testing.T, columns, rows int, env []string, args ...string) *console {
	t.Helper()
	return openIn(t, t.TempDir(), columns, rows, env, args...)
}

func openIn(t *testing.T, dir string, columns, rows int, env []string, args ...string) *console {
	t.Helper()
	catalog, err := filepath.Abs("testdata/small.txtar")
	if err != nil {
		t.Fatal(err)
	}
	c := &console{t: t, dir: dir, wake: make(chan struct{}, 1), closed: make(chan struct{})}
	c.term = vt10x.New(vt10x.WithSize(columns, rows))
	c.cmd = exec.Command(args[0], args[1:]...)
	c.cmd.Dir = dir
	home := t.TempDir()
	c.cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GIT_CONFIG_NOSYSTEM=1", "TERM=xterm-256color",
		"GIT_CEILING_DIRECTORIES=" + filepath.Dir(dir), smallCatalog + "=" + catalog,
	}, env...)
	c.tty, err = pty.StartWithSize(c.cmd, &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill() // fails if the command has ended
		_ = c.tty.Close()
	})
	go c.read()
	return c
}

func (c *console) read() {
	defer close(c.closed)
	buf := make([]byte, 4096)
	for {
		n, err := c.tty.Read(buf)
		c.mu.Lock()
		c.raw.Write(buf[:n])
		c.mu.Unlock()
		_, _ = c.term.Write(buf[:n])
		select {
		case c.wake <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (c *console) screen() string { return c.term.String() }

func (c *console) output() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.raw.String()
}

// waitFor waits until the screen shows every text.
func (c *console) waitFor(texts ...string) {
	c.t.Helper()
	c.waitUntil(strings.Join(texts, " and "), func() bool {
		screen := c.screen()
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
}

func (c *console) waitUntil(what string, condition func() bool) {
	c.t.Helper()
	deadline := time.After(timeout)
	for !condition() {
		select {
		case <-c.wake:
		case <-c.closed:
			if condition() {
				return
			}
			c.t.Fatalf("the command ended before %s; screen:\n%s\noutput: %q", what, c.screen(), c.output())
		case <-deadline:
			c.t.Fatalf("timed out waiting for %s; screen:\n%s", what, c.screen())
		}
	}
}

// waitIdle waits until the command stops writing, so that the current frame is complete.
func (c *console) waitIdle() {
	for {
		select {
		case <-c.wake:
		case <-c.closed:
			return
		case <-time.After(200 * time.Millisecond):
			return
		}
	}
}

func (c *console) press(keys ...string) {
	c.t.Helper()
	for _, k := range keys {
		if _, err := c.tty.WriteString(k); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *console) resize(columns, rows int) {
	c.t.Helper()
	c.term.Resize(columns, rows)
	if err := pty.Setsize(c.tty, &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)}); err != nil {
		c.t.Fatal(err)
	}
}

// exit waits until the command ends, and returns its exit code.
func (c *console) exit() int {
	c.t.Helper()
	timer := time.AfterFunc(timeout, func() { _ = c.cmd.Process.Kill() })
	defer timer.Stop()
	err := c.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.t.Fatal(err)
	}
	<-c.closed
	return c.cmd.ProcessState.ExitCode()
}

// wantExit waits until the command ends. It checks the exit code, and that the directory contains exactly these names.
func (c *console) wantExit(code int, want ...string) {
	c.t.Helper()
	if got := c.exit(); got != code {
		c.t.Errorf("exit code: got %d, want %d; screen:\n%s", got, code, c.screen())
	}
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		c.t.Fatal(err)
	}
	got := make([]string, 0, len(entries))
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		c.t.Errorf("directory: got %q, want %q", got, want)
	}
}
