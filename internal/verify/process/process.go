// Package process runs servers for tests. It finds free ports, keeps the output for error messages, and stops the
// servers with the test. On Linux, they stop even if the test is killed.
package process

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// maxLines is the number of output lines to keep.
const maxLines = 400

// Process is a running command.
type Process struct {
	name  string
	cmd   *exec.Cmd
	ended chan struct{}

	mu    sync.Mutex
	lines []string
}

// Start starts a command and collects its output.
func Start(cmd *exec.Cmd) (*Process, error) {
	name := filepath.Base(cmd.Path)
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = writer, writer
	EndWithParent(cmd)
	err = cmd.Start()
	writer.Close() // the command has a copy
	if err != nil {
		reader.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p := &Process{name: name, cmd: cmd, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		p.read(reader)
		_ = cmd.Wait() // callers check ProcessState
	}()
	return p, nil
}

func (p *Process) read(reader io.ReadCloser) {
	lines := bufio.NewScanner(reader)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.mu.Lock()
		p.lines = append(p.lines[max(0, len(p.lines)-maxLines+1):], lines.Text())
		p.mu.Unlock()
	}
	_, _ = io.Copy(io.Discard, reader) // keep reading after an overlong line, or the process blocks
	_ = reader.Close()
}

// Tail returns the last lines of the output.
func (p *Process) Tail(n int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines[max(0, len(p.lines)-n):], "\n")
}

// Ended returns a channel that is closed when the process exits.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Await calls check until it returns nil. If the process exits or the time is over, Await returns an error with the
// last lines of the output.
func (p *Process) Await(within time.Duration, check func() error) error {
	for deadline := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s exited: %s\n%s", p.name, p.cmd.ProcessState, p.Tail(20))
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s is not ready within %s: %w\n%s", p.name, within, err, p.Tail(20))
		}
	}
}

// Stop sends SIGTERM, and kills the process if it does not exit in time.
func (p *Process) Stop(within time.Duration) {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // fails if it has exited
	select {
	case <-p.ended:
	case <-time.After(within):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// ports allocates each port once, below the ephemeral ports of the kernel.
var ports struct {
	sync.Mutex
	next int
}

const firstPort, lastPort = 20000, 32000

// FreePort returns a free port on 127.0.0.1. Tests choose the port instead of the process, because others, such as its
// health check, need to know it too.
func FreePort() (string, error) {
	ports.Lock()
	defer ports.Unlock()
	if ports.next == 0 {
		ports.next = firstPort + os.Getpid()*7%(lastPort-firstPort)
	}
	for range lastPort - firstPort {
		ports.next++
		if ports.next >= lastPort {
			ports.next = firstPort
		}
		address := fmt.Sprintf("127.0.0.1:%d", ports.next)
		listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
		if err != nil {
			continue
		}
		return fmt.Sprint(ports.next), listener.Close()
	}
	return "", fmt.Errorf("no free port from %d to %d", firstPort, lastPort)
}
