package servers

import (
	"context"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/verify/programs"
	"github.com/acton-go/acton-new/templates"
)

// Probes, documents and .ci/load rely on these verbs.
func TestServersFollowTheirContract(t *testing.T) {
	programs.Need(t)
	for _, feature := range Names() {
		t.Run(feature, func(t *testing.T) {
			t.Parallel()
			pool := NewPool()
			defer pool.Close()
			s, err := pool.Start(feature)
			if err != nil {
				t.Fatal(err)
			}
			second, err := pool.Start(feature)
			if err != nil {
				t.Fatalf("a second server beside the first one: %v", err)
			}
			if err := second.Close(); err != nil {
				t.Error(err)
			}
			before, err := s.Environment("ORDERS")
			if err != nil || !slices.ContainsFunc(before, func(pair string) bool {
				return strings.HasPrefix(pair, "ORDERS_") && strings.Contains(pair, s.Link().Address)
			}) {
				t.Errorf("got %q, %v, want a setting of the service with the address %s", before, err, s.Link().Address)
			}
			if _, err := s.Do("password", "other-password"); err != nil {
				t.Errorf("password: %v", err)
			}
			after, err := s.Environment("ORDERS")
			if err != nil || slices.Equal(before, after) || !strings.Contains(strings.Join(after, " "), "other-password") {
				t.Errorf("got %q, %v, want the new password", after, err)
			}
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
			if _, err := s.Do("ready"); err == nil {
				t.Error("the server is ready after Stop")
			}
			if err := s.Restore(); err != nil {
				t.Error(err)
			}
			if again, err := s.Environment("ORDERS"); err != nil || !slices.Equal(again, after) {
				t.Errorf("got %q, %v, want %q: a restart changes no setting", again, err, after)
			}
			if _, err := s.Do("mistake"); err == nil || !strings.Contains(err.Error(), "unknown verb") {
				t.Errorf("got %v, want an unknown verb to be refused", err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A second way to start a server would drift from the first one. The tests in internal/verify/kubernetes are left out: they
// run the containers and scripts of the manifests.
func TestOnlyTheHarnessKnowsHowAServerWorks(t *testing.T) {
	catalog, err := features.Load(templates.All)
	if err != nil {
		t.Fatal(err)
	}
	root := os.DirFS("../../..")
	for _, dir := range []string{".ci", "internal/verify"} {
		err := fs.WalkDir(root, dir, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case path == "internal/verify/kubernetes", path == "internal/verify/record":
				return fs.SkipDir
			}
			if d.IsDir() || strings.HasSuffix(path, ".sum") {
				return nil
			}
			data, err := fs.ReadFile(root, path)
			for _, name := range Names() {
				feature, _ := catalog.Lookup(name)
				for _, word := range feature.Traces {
					if strings.Contains(string(data), word) {
						t.Errorf("%s contains %q: move it to templates/_features/%s/harness", path, word, name)
					}
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestLinkForwardsStallsAndCuts(t *testing.T) {
	server, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(conn, conn) }()
		}
	}()
	l, err := OpenLink(server.Addr().String(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Cut()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	echo := func(wait time.Duration) error {
		if _, err := conn.Write([]byte("x")); err != nil {
			return err
		}
		if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
			return err
		}
		_, err := conn.Read(make([]byte, 1))
		return err
	}
	if err := echo(Limit); err != nil {
		t.Errorf("open: %v", err)
	}
	l.Stall()
	if err := echo(100 * time.Millisecond); err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("stalled: got %v, want a timeout", err)
	}
	l.Flow()
	if err := echo(Limit); err != nil {
		t.Errorf("flowing again: %v", err)
	}
	l.Cut()
	var broken error
	for range 3 { // read the data that arrived before
		broken = echo(Limit)
	}
	if broken == nil {
		t.Error("cut: the connection still works")
	}
	if _, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", l.Address); err == nil {
		t.Error("cut: the link accepts a connection")
	}
	if err := l.Restore(); err != nil {
		t.Fatal(err)
	}
	if conn, err = (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Address); err != nil || echo(Limit) != nil {
		t.Errorf("restored: %v", err)
	}
}
