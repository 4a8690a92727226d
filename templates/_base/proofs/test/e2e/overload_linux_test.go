package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The memory of the container in the manifest, and GOMEMLIMIT there.
const (
	containerMemory = 512 << 20
	memoryLimit     = "GOMEMLIMIT=410MiB"
)

// Clients that send the largest bodies, all at the same time, get an answer each, and the process stays within the memory
// of its container. The service refuses a request before its body has arrived (too large, too many requests in flight, not
// JSON), and closes the connection: a client that still sends may see the reset instead of the refusal.
func TestMemoryIsBoundedUnderOverload(t *testing.T) {
	// No request times out, however busy the machine is.
	const busy = 5 * time.Minute
	cmd := serve(t, t.TempDir(), settings{
		"server.read_header_timeout": "5m",
		"server.request_timeout":     "5m", "server.write_timeout": "6m", "server.shutdown_timeout": "6m",
	})
	cmd.Env = append(cmd.Env, memoryLimit)
	p := run(t, cmd).listening()
	const limit = 1 << 20
	for name, body := range map[string]string{
		"a title that is too long": `{"owner":"ada","title":"` + strings.Repeat("x", limit-100) + `"}`,
		"many values":              `{"owner":"ada","title":[` + strings.Repeat("1,", limit/2-100) + `1]}`,
		"not JSON":                 strings.Repeat("[", limit),
		"too large":                strings.Repeat(" ", limit+1),
	} {
		var mu sync.Mutex
		outcomes := map[string]int{}
		var clients sync.WaitGroup
		for range 200 {
			c := newClient(t, "http://"+p.api)
			c.http.Timeout = busy
			clients.Go(func() {
				for range 3 {
					a, err := c.try(http.MethodPost, "/v1/notes", body)
					outcome := "reset"
					switch {
					case err == nil:
						outcome = a.Status
					case !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET):
						t.Errorf("%s: %v", name, err)
						return
					}
					mu.Lock()
					outcomes[outcome]++
					mu.Unlock()
				}
			})
		}
		clients.Wait()
		peak := peakMemory(t, p)
		t.Logf("%s: %v, peak memory %d MiB", name, outcomes, peak>>20)
		if len(outcomes) == 1 && outcomes["reset"] > 0 {
			t.Errorf("%s: no client saw an answer", name)
		}
		if peak > containerMemory {
			t.Errorf("%s: peak memory is %d MiB, want at most %d", name, peak>>20, containerMemory>>20)
		}
	}
	stop(t, p)
}

// Clients that request the largest pages and do not read them hold a bounded amount of memory.
func TestMemoryIsBoundedForSlowReaders(t *testing.T) {
	cmd := serve(t, t.TempDir(), nil)
	cmd.Env = append(cmd.Env, memoryLimit)
	p := run(t, cmd).listening()
	c := newClient(t, "http://"+p.api)
	draft := `{"owner":"ada","title":"Long","body":"` + strings.Repeat("<", 20000) + `"}`
	for range 100 {
		c.ask(http.MethodPost, "/v1/notes", draft).want(t, http.StatusCreated, nil)
	}
	var clients sync.WaitGroup
	for range 100 {
		conn := dial(t, p.api)
		clients.Go(func() {
			for range 50 {
				if _, err := fmt.Fprint(conn, "GET /v1/notes?limit=100 HTTP/1.1\r\nHost: e2e\r\n\r\n"); err != nil {
					return
				}
			}
		})
	}
	// The same over HTTP/2, with as many streams as one connection may have and a small window each.
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols, HTTP2: &http.HTTP2Config{MaxReceiveBufferPerStream: 64 << 10}}
	t.Cleanup(transport.CloseIdleConnections)
	streams := &http.Client{Transport: transport, Timeout: patience}
	for range 100 {
		clients.Go(func() {
			res, err := streams.Get("http://" + p.api + "/v1/notes?limit=100")
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { res.Body.Close() }) // it is never read
		})
	}
	clients.Wait()
	eventually(t, "the service answers others", func() bool {
		a, err := newClient(t, "http://"+p.api).try(http.MethodGet, "/health", "")
		return err == nil && a.StatusCode == http.StatusOK
	})
	if peak := peakMemory(t, p); peak > containerMemory {
		t.Errorf("peak memory is %d MiB, want at most %d", peak>>20, containerMemory>>20)
	} else {
		t.Logf("peak memory is %d MiB", peak>>20)
	}
}

// peakMemory returns the largest resident set of the process so far, in bytes.
func peakMemory(t *testing.T, p *process) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes int
	if _, err := fmt.Sscan(after, &kilobytes); err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}
