package process

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestMain makes the test binary also act as the server.
func TestMain(m *testing.M) {
	switch os.Getenv("PROCESS_TEST") {
	case "":
		os.Exit(m.Run())
	case "serves":
		fmt.Println("ready")
		time.Sleep(time.Minute)
	case "fails":
		fmt.Fprintln(os.Stderr, "no such flag")
		os.Exit(3)
	}
}

func start(t *testing.T, behaviour string) *Process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "PROCESS_TEST="+behaviour)
	p, err := Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop(time.Second) })
	return p
}

func TestAwaitReturnsWhenReadyAndStopEndsTheProcess(t *testing.T) {
	p := start(t, "serves")
	err := p.Await(10*time.Second, func() error {
		if p.Tail(1) != "ready" {
			return errors.New("no output")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Stop(10 * time.Second)
	select {
	case <-p.Ended():
	default:
		t.Error("the process still runs after Stop")
	}
}

func TestAwaitReportsTheOutputOfAnEarlyExit(t *testing.T) {
	err := start(t, "fails").Await(10*time.Second, func() error { return errors.New("refused") })
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "no such flag") {
		t.Errorf("got %v", err)
	}
}

func TestAwaitTimesOut(t *testing.T) {
	err := start(t, "serves").Await(100*time.Millisecond, func() error { return errors.New("connection refused") })
	if err == nil || !strings.Contains(err.Error(), "not ready within 100ms: connection refused") {
		t.Errorf("got %v", err)
	}
}

func TestFreePortReturnsEachPortOnce(t *testing.T) {
	seen := map[string]bool{}
	for range 20 {
		port, err := FreePort()
		if err != nil {
			t.Fatal(err)
		}
		if seen[port] {
			t.Fatalf("got port %s twice", port)
		}
		seen[port] = true
		listener, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		listener.Close()
	}
}
