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

// Keys as a terminal sends them.
const (
	enter    = "\r"
	down     = "\x1b[B"
	up       = "\x1b[A"
	space    = " "
	escape   = "\x1b"
	backTab  = "\x1b[Z"
	ctrlC    = "\x03"
	ctrlD    = "\x04"
	erase    = "\x15" // ctrl-u: the line to its beginning
	patience = 30 * time.Second
)

// console is a command at a real pseudo-terminal that, like many, answers no question about itself.
type console struct {
	t      *testing.T
	dir    string
	tty    *os.File
	term   vt10x.Terminal
	cmd    *exec.Cmd
	mu     sync.Mutex
	raw    bytes.Buffer  // everything that was written
	wake   chan struct{} // something was written, or the command has ended
	closed chan struct{} // nothing more will be written
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
		_ = c.cmd.Process.Kill() // most often ended already
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

func (c *console) written() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.raw.String()
}

// await returns when the screen shows every text.
func (c *console) await(texts ...string) {
	c.t.Helper()
	c.until(strings.Join(texts, " and "), func() bool {
		screen := c.screen()
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
}

func (c *console) until(what string, holds func() bool) {
	c.t.Helper()
	deadline := time.After(patience)
	for !holds() {
		select {
		case <-c.wake:
		case <-c.closed:
			if holds() {
				return
			}
			c.t.Fatalf("the command ended without %s; screen:\n%s\nwritten: %q", what, c.screen(), c.written())
		case <-deadline:
			c.t.Fatalf("no %s; screen:\n%s", what, c.screen())
		}
	}
}

// settle waits for the end of the frame that is being painted: what is awaited may stand in its middle.
func (c *console) settle() {
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

// exit waits for the end of the command and returns its exit code.
func (c *console) exit() int {
	c.t.Helper()
	timer := time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() })
	defer timer.Stop()
	err := c.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.t.Fatal(err)
	}
	<-c.closed
	return c.cmd.ProcessState.ExitCode()
}

// leaves checks the exit code, and that exactly these names are in the directory afterwards.
func (c *console) leaves(code int, want ...string) {
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
