// Package process runs servers beside a test: on a port that is free, with their output kept to say why they failed, and not
// longer than the test, even when that is killed.
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

// kept is how many lines of output are remembered.
const kept = 400

// Process is a command that runs.
type Process struct {
	name  string
	cmd   *exec.Cmd
	ended chan struct{}

	mu    sync.Mutex
	lines []string
}

// Start starts a command and reads what it writes.
func Start(cmd *exec.Cmd) (*Process, error) {
	name := filepath.Base(cmd.Path)
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = writer, writer
	EndWithParent(cmd)
	err = cmd.Start()
	writer.Close() // the command has its own
	if err != nil {
		reader.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p := &Process{name: name, cmd: cmd, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		p.read(reader)
		_ = cmd.Wait() // who stops it looks at the state
	}()
	return p, nil
}

func (p *Process) read(reader io.ReadCloser) {
	lines := bufio.NewScanner(reader)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.mu.Lock()
		p.lines = append(p.lines[max(0, len(p.lines)-kept+1):], lines.Text())
		p.mu.Unlock()
	}
	_, _ = io.Copy(io.Discard, reader) // a line too long must not stop who writes it
	_ = reader.Close()
}

// Tail returns the last lines of the output.
func (p *Process) Tail(n int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines[max(0, len(p.lines)-n):], "\n")
}

// Ended is closed when the process is gone.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Await asks until the answer is nil. It gives up when the process ends or the time is over, and tells what it wrote last.
func (p *Process) Await(within time.Duration, ask func() error) error {
	for deadline := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		err := ask()
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended: %s\n%s", p.name, p.cmd.ProcessState, p.Tail(20))
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s is not ready within %s: %w\n%s", p.name, within, err, p.Tail(20))
		}
	}
}

// Stop asks the process to end, and kills it when it does not in time.
func (p *Process) Stop(within time.Duration) {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.ended:
	case <-time.After(within):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// ports hands out each port once, from below those that the kernel gives to outgoing connections.
var ports struct {
	sync.Mutex
	next int
}

const firstPort, lastPort = 20000, 32000

// FreePort returns a port on 127.0.0.1 on which nobody listens. It is told to a process rather than asked of it, because
// others, such as its health check, need to know it too.
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
	return "", fmt.Errorf("no port from %d to %d is free", firstPort, lastPort)
}
