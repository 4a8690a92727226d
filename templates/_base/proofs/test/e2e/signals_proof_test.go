//go:build !windows

package e2e

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A second signal ends the process at once, whenever it comes after the first was noticed. Before that, the kernel or the
// Go runtime may merge both signals into one.
func TestQuickSecondSignalIsNeverLost(t *testing.T) {
	t.Parallel()
	for i := range 150 {
		p := start(t, t.TempDir(), settings{"server.drain_delay": "5m", "server.shutdown_timeout": "6m"})
		p.signal(syscall.SIGTERM)
		time.Sleep(rand.N(8 * time.Millisecond))
		sent := time.Now()
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.ended:
			if p.cmd.ProcessState.ExitCode() == 0 {
				t.Fatalf("pair %d: got exit code 0, want a failure", i)
			}
		case <-time.After(2 * time.Second):
			noticed, err := time.Parse(time.RFC3339Nano, p.await("draining", "", nil)["time"].(string))
			if err != nil || noticed.Before(sent) {
				t.Fatalf("pair %d: the second signal, sent %s after draining began, was lost (%v)", i, sent.Sub(noticed), err)
			}
			_ = p.cmd.Process.Kill()
		}
	}
}

// startWithPipe starts the service with a pipe as standard output. The port of the API is fixed, because the test may not
// read the log.
func startWithPipe(t *testing.T, output *os.File, set settings) (*exec.Cmd, *client, chan struct{}) {
	t.Helper()
	set["server.port"] = freePort(t)
	cmd := serve(t, t.TempDir(), set)
	cmd.Stdout = output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	c := newClient(t, "http://127.0.0.1:"+set["server.port"], nil)
	c.http.Timeout = 3 * time.Second
	eventually(t, "the service answers", func() bool {
		_, err := c.try(http.MethodGet, "/health", "")
		return err == nil
	})
	return cmd, c, ended
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestServiceOutlivesTheReaderOfItsLog(t *testing.T) {
	t.Parallel()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd, c, ended := startWithPipe(t, writer, settings{"log.level": "debug"})
	_ = writer.Close()
	_ = reader.Close()
	for range 5 {
		c.ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-ended
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("got exit code %d, want 0", code)
	}
}

func TestStopIsBoundedWhenTheLogBlocks(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	fifo, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = fifo.Close() }()
	cmd, c, ended := startWithPipe(t, fifo, settings{
		"log.level": "debug", "server.request_timeout": "4s", "server.shutdown_timeout": "6s",
	})
	// Nobody reads: at some time the pipe is full, and a request hangs.
	eventually(t, "the log blocks", func() bool {
		_, err := c.try(http.MethodGet, "/v1/notes?limit=1", "")
		var timeout interface{ Timeout() bool }
		return errors.As(err, &timeout) && timeout.Timeout()
	})
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(14 * time.Second):
		t.Fatal("the service still runs 14s after SIGTERM, want 6s and a margin of 5s")
	}
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("got exit code %d, want 1", code)
	}
}
