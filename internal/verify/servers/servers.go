// Package servers runs the real servers of features for tests. A feature says how its server works in one script,
// harness/server, which templates/README.md describes. The package runs the script, and puts a link in front of the
// server that can simulate failures of the network. Servers listen on 127.0.0.1 and stop with their test.
package servers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acton-go/acton-new/internal/verify/process"
	"github.com/acton-go/acton-new/templates"
)

// Limit is the time limit for a server to start, to stop, or to answer a statement.
const Limit = time.Minute

const scripts = "_features/*/harness/server"

// Names returns the features that have a server, sorted.
func Names() []string {
	found, err := fs.Glob(templates.All, scripts)
	if err != nil {
		panic(err) // the pattern is malformed
	}
	var names []string
	for _, script := range found {
		names = append(names, path.Base(path.Dir(path.Dir(script))))
	}
	return names
}

// Script returns the script of a feature that has a server.
func Script(feature string) []byte {
	data, err := fs.ReadFile(templates.All, strings.Replace(scripts, "*", feature, 1))
	if err != nil {
		panic(err) // the feature has no server
	}
	return data
}

// In returns the features of a list that have a server.
func In(features []string) []string {
	return slices.DeleteFunc(Names(), func(name string) bool { return !slices.Contains(features, name) })
}

// Programs returns the installed programs of all servers. A server whose programs are missing says so when it starts.
func Programs() []string {
	p := NewPool()
	defer p.Close()
	var all []string
	for _, feature := range Names() {
		if _, err := p.prepare(feature); err != nil {
			continue
		}
		if out, err := p.call(feature, "programs", p.root, ""); err == nil {
			all = append(all, strings.Fields(out)...)
		}
	}
	return all
}

// Pool creates the servers of several tests. It lets each script create its files once, and copies them for each server.
type Pool struct {
	mu      sync.Mutex
	root    string            // parent of all files
	scripts map[string]string // paths by feature
	created map[string]func() error
}

// NewPool returns a pool without servers.
func NewPool() *Pool {
	return &Pool{scripts: map[string]string{}, created: map[string]func() error{}}
}

// Close removes the files. The servers must be closed.
func (p *Pool) Close() {
	if p.root != "" {
		_ = os.RemoveAll(p.root)
	}
}

// prepare writes the script of a feature to disk, and returns a function that creates the files of a server once.
func (p *Pool) prepare(feature string) (create func() error, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.root == "" {
		if p.root, err = os.MkdirTemp("", "server-"); err != nil {
			return nil, err
		}
		if err := os.Chmod(p.root, 0o711); err != nil { // servers may run as other users
			return nil, err
		}
	}
	if create := p.created[feature]; create != nil {
		return create, nil
	}
	script := filepath.Join(p.root, feature+".sh")
	if err := os.WriteFile(script, Script(feature), 0o600); err != nil {
		return nil, err
	}
	p.scripts[feature] = script
	p.created[feature] = sync.OnceValue(func() error {
		_, err := p.call(feature, "create", p.files(feature), "")
		return err
	})
	return p.created[feature], nil
}

func (p *Pool) files(feature string) string { return filepath.Join(p.root, feature) }

// call runs a verb of the script of a feature, and returns its output.
func (p *Pool) call(feature, verb, dir, port string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Limit)
	defer cancel()
	cmd := p.command(ctx, feature, verb, dir, port, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", feature, strings.Join(append([]string{verb}, args...), " "), err, strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}

func (p *Pool) command(ctx context.Context, feature, verb, dir, port string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "bash", append([]string{p.scripts[feature], verb, dir, port}, args...)...)
}

// Server is the server of a feature. Clients reach it through a link.
type Server struct {
	pool    *Pool
	feature string
	dir     string
	port    string
	link    *Link
	process *process.Process
}

// Start creates and starts a server, and waits until it is ready.
func (p *Pool) Start(feature string) (*Server, error) {
	create, err := p.prepare(feature)
	if err == nil {
		err = create()
	}
	if err != nil {
		return nil, err
	}
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	s := &Server{pool: p, feature: feature, dir: filepath.Join(p.root, feature+"-"+port), port: port}
	// Another user may own the files.
	if out, err := exec.CommandContext(context.Background(), "cp", "-a", p.files(feature), s.dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("cp: %w: %s", err, out)
	}
	if err := s.run(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.link, err = OpenLink(net.JoinHostPort("127.0.0.1", port), ""); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// NewTestPool returns a pool that is closed at the end of the test, after the servers of its subtests.
func NewTestPool(t testing.TB) *Pool {
	t.Helper()
	p := NewPool()
	t.Cleanup(p.Close)
	return p
}

// StartFor starts a server that stops at the end of the test.
func (p *Pool) StartFor(t testing.TB, feature string) *Server {
	t.Helper()
	s, err := p.Start(feature)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *Server) run() (err error) {
	s.process, err = process.Start(s.pool.command(context.Background(), s.feature, "run", s.dir, s.port))
	if err != nil {
		return err
	}
	return s.process.Await(Limit, func() error {
		_, err := s.Do("ready")
		return err
	})
}

// Do runs a verb of the script, and returns its output.
func (s *Server) Do(verb string, args ...string) (string, error) {
	return s.pool.call(s.feature, verb, s.dir, s.port, args...)
}

// Stop stops the server and refuses connections.
func (s *Server) Stop() error {
	if s.link != nil {
		defer s.link.Cut()
	}
	if s.process == nil {
		return nil
	}
	select {
	case <-s.process.Ended():
		return nil
	default:
	}
	_, err := s.Do("stop")
	s.process.Stop(Limit)
	return err
}

// Restore starts the server again after Stop, with its files and at the same address.
func (s *Server) Restore() error {
	if err := s.run(); err != nil {
		return err
	}
	return s.link.Restore()
}

// Link returns the link in front of the server.
func (s *Server) Link() *Link { return s.link }

// Close stops the server and removes its files.
func (s *Server) Close() error {
	return errors.Join(s.Stop(), os.RemoveAll(s.dir))
}

// Settings returns KEY=VALUE for each variable that the script prints. A key with two underscores,
// SECTION__KEY, is a setting of the service without its prefix.
func (s *Server) Settings() ([]string, error) {
	out, err := s.Do("settings", s.link.Address)
	return strings.Fields(out), err
}

// Environment returns the settings as variables of a service with this prefix.
func (s *Server) Environment(prefix string) ([]string, error) {
	env, err := s.Settings()
	for i, pair := range env {
		if key, _, _ := strings.Cut(pair, "="); strings.Contains(key, "__") {
			env[i] = prefix + "_" + pair
		}
	}
	return env, err
}

// Prepare does what the service needs before its first start, with its binary and environment.
func (s *Server) Prepare(binary string, env []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), Limit)
	defer cancel()
	cmd := s.pool.command(ctx, s.feature, "prepare", s.dir, s.port, binary)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s prepare: %w: %s", s.feature, err, out)
	}
	return nil
}
