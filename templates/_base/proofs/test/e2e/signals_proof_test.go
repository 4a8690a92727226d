//go:build !windows

package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
		eventually(t, "the second signal ends the process, unless it came too early", func() bool {
			select {
			case <-p.ended:
				return true
			default:
			}
			draining := p.entries("draining", "", nil)
			return len(draining) > 0 && timeOf(t, draining[0]).After(sent) && time.Since(sent) > 2*time.Second
		})
		_ = p.cmd.Process.Kill()
		if p.exit() == 0 {
			t.Fatalf("pair %d: got exit code 0, want a failure", i)
		}
	}
}

func timeOf(t *testing.T, entry map[string]any) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, entry["time"].(string))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// startWithPipe starts the service with a pipe as standard output, and reads its log until both listeners are open.
func startWithPipe(t *testing.T, reader io.Reader, output *os.File, set settings) (cmd *exec.Cmd, api, metrics *client, ended chan struct{}) {
	t.Helper()
	cmd = serve(t, t.TempDir(), set)
	cmd.Stdout = output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	addresses := map[string]string{}
	for lines := bufio.NewScanner(reader); lines.Scan(); {
		var line struct{ Msg, Listener, Addr string }
		if err := json.Unmarshal(lines.Bytes(), &line); err == nil && line.Msg == "listening" {
			addresses[line.Listener] = line.Addr
		}
		if len(addresses) == 2 {
			return cmd, newClient(t, "http://"+addresses["api"]), newClient(t, "http://"+addresses["metrics"]), ended
		}
	}
	t.Fatal("the service ended before it listened")
	return nil, nil, nil, nil
}

func TestServiceOutlivesTheReaderOfItsLog(t *testing.T) {
	t.Parallel()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd, c, metrics, ended := startWithPipe(t, reader, writer, settings{"log.level": "debug"})
	_ = writer.Close()
	_ = reader.Close()
	for range 5 {
		c.ask(http.MethodGet, "/v1/notes", "").want(t, http.StatusOK, nil)
	}
	const lost = "log_lines_lost_total"
	if page := metrics.ask(http.MethodGet, "/metrics", "").body; !strings.Contains(page, "\n"+lost) || strings.Contains(page, "\n"+lost+" 0\n") {
		t.Error("the lost log lines are not counted")
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
	cmd, c, _, ended := startWithPipe(t, fifo, fifo, settings{
		"log.level": "debug", "server.request_timeout": "4s", "server.shutdown_timeout": "6s",
	})
	c.http.Timeout = 3 * time.Second
	// Nobody reads any more: at some time the pipe is full, and a request hangs.
	eventually(t, "the log blocks", func() bool {
		_, err := c.try(http.MethodGet, "/v1/notes?limit=1", "")
		var timeout interface{ Timeout() bool }
		return errors.As(err, &timeout) && timeout.Timeout()
	})
	eventually(t, "the liveness probe says why", func() bool {
		got, err := c.try(http.MethodGet, "/health", "")
		return err == nil && got.StatusCode == http.StatusServiceUnavailable && strings.Contains(got.body, "the log is not writable")
	})
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatalf("the service still runs %s after SIGTERM, want at most 6s and a margin of 5s", patience)
	}
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("got exit code %d, want 1", code)
	}
}
