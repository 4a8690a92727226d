// Package probe boots a rendered service and judges it from outside, as its operators and clients do: by its answers, its
// log, its metrics, its spans and its exit code. A feature that is rendered and not wired fails here.
//
// A probe is a script (github.com/rogpeppe/go-internal/testscript) in the folder of its feature. Compose puts before each
// script of a set what the folders of the set need to start, and Run runs them. The commands that scripts have beside
// testscript's own are listed in templates/README.md.
//
// Dependencies are real: PostgreSQL comes from the programs of this machine, or from an address in the environment. What is
// missing is a failure that names the command to install it. Everything listens on 127.0.0.1 and ends with its script.
package probe

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Service is what scripts boot.
type Service struct {
	Binary string // absolute path
	Name   string // as it was given to acton-new
	// Project is the rendered project, for the scripts that run what it brings beside the binary.
	Project string
}

// variable returns the environment variable of a key such as LOG__LEVEL. What has no section is not a setting of the
// service, but a variable of its own, such as those of OpenTelemetry.
func (s Service) variable(key string) string {
	if !strings.Contains(key, "__") {
		return key
	}
	return strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_")) + "_" + key
}

// Run runs the script files, each as a subtest with servers and a directory of its own.
func Run(t testscript.T, service Service, files []string) {
	clusters := newClusters()
	t.Run("script", func(t testscript.T) {
		testscript.RunT(t, testscript.Params{
			Files:               files,
			RequireExplicitExec: true,
			RequireUniqueNames:  true,
			Setup: func(env *testscript.Env) error {
				s := &script{service: service, clusters: clusters, dir: env.WorkDir, settings: map[string]string{}, instances: map[string]*instance{}}
				env.Values[scriptKey{}] = s
				env.Defer(s.close)
				env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
				return os.Mkdir(filepath.Join(env.WorkDir, "home"), 0o700)
			},
			Cmds: commandsOfScripts(),
		})
	})
	clusters.close()
}

// script is what one script has started.
type script struct {
	ts       *testscript.TestScript
	service  Service
	clusters *clusters
	dir      string
	out      bytes.Buffer // what the command under way says

	settings  map[string]string // variables of every later start and run
	mu        sync.Mutex        // of instances, which the balancer reads meanwhile
	instances map[string]*instance
	balancer  *balancer
	load      *load
	open      *openRequest
	postgres  *postgres
	collector *collector

	// what watches it
	prometheus   *prometheus
	alertmanager *alertmanager
	otelcol      *otelcol
}

type scriptKey struct{}

// command does something or finds out whether something holds. An error that says it does not is an unmet one.
type command func(s *script, args []string) error

// unmet is what "!" before a command turns into success. Any other error is a mistake in the script or on the machine.
type unmet struct{ error }

func unmetf(format string, args ...any) error { return unmet{fmt.Errorf(format, args...)} }

func commands() map[string]command {
	return map[string]command{
		"alertmanager": alertmanagerCommand,
		"always":       always,
		"balancer":     balancerCommand,
		"begin":        begin,
		"collector":    collectorCommand,
		"eventually":   eventually,
		"finish":       finish,
		"http":         httpCommand,
		"let":          let,
		"load":         loadCommand,
		"log":          logCommand,
		"logs":         logsCommand,
		"metric":       metricCommand,
		"otelcol":      otelcolCommand,
		"paged":        pagedCommand,
		"postgres":     postgresCommand,
		"prometheus":   prometheusCommand,
		"service":      serviceCommand,
		"setting":      setting,
		"spans":        spansCommand,
	}
}

// moment is how long the commands that observe wait for what they are to see: a service counts and logs a request when it is
// over, which may be after its client has the answer.
const moment = 2 * time.Second

var observes = map[string]bool{"log": true, "metric": true, "spans": true, "logs": true, "collector": true, "paged": true, "balancer": true}

func commandsOfScripts() map[string]func(*testscript.TestScript, bool, []string) {
	all := map[string]func(*testscript.TestScript, bool, []string){}
	for name, run := range commands() {
		all[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			s, ok := ts.Value(scriptKey{}).(*script)
			if !ok {
				ts.Fatalf("%s: the script was not set up", name)
			}
			s.ts = ts
			err := s.do(run, neg, args)
			for deadline := time.Now().Add(moment); observes[name] && errors.As(err, new(unmet)) && time.Now().Before(deadline); {
				time.Sleep(pollEvery)
				err = s.do(run, neg, args)
			}
			_, writeErr := ts.Stdout().Write(s.out.Bytes())
			if err = errors.Join(err, writeErr); err != nil {
				ts.Fatalf("%s: %v", name, err)
			}
		}
	}
	return all
}

// do runs a command once. What it prints takes the place of what was printed before.
func (s *script) do(run command, neg bool, args []string) error {
	s.out.Reset()
	err := run(s, args)
	if !neg {
		return err
	}
	if err == nil {
		return unmetf("succeeded, which it should not")
	}
	if errors.As(err, new(unmet)) {
		return nil
	}
	return err
}

func (s *script) printf(format string, args ...any) { fmt.Fprintf(&s.out, format, args...) }

// close ends whatever still runs. The end of the log of each instance that nobody stopped tells why a script failed.
func (s *script) close() {
	if s.load != nil {
		s.load.end()
	}
	if s.balancer != nil {
		s.balancer.close()
	}
	if s.open != nil {
		s.open.conn.Close()
	}
	for _, name := range slices.Sorted(maps.Keys(s.instances)) {
		i := s.instances[name]
		i.kill()
		if !i.judged || i.code != 0 {
			s.ts.Logf("[the end of the log of %s]\n%s", name, i.log.tail(40))
		}
	}
	if s.prometheus != nil {
		s.prometheus.close()
	}
	if s.alertmanager != nil {
		s.alertmanager.close()
	}
	if s.otelcol != nil {
		s.otelcol.close()
	}
	if s.collector != nil {
		s.collector.close()
	}
	if s.postgres != nil {
		s.postgres.close()
	}
}

// pollEvery is how often a condition is looked at.
const pollEvery = 50 * time.Millisecond

// nested reads "10s [!] COMMAND ARGS…".
func nested(args []string) (time.Duration, command, bool, []string, error) {
	usage := errors.New("usage: DURATION [!] COMMAND ARGS…")
	if len(args) < 2 {
		return 0, nil, false, nil, usage
	}
	d, err := time.ParseDuration(args[0])
	if err != nil {
		return 0, nil, false, nil, usage
	}
	args = args[1:]
	neg := args[0] == "!"
	if neg {
		args = args[1:]
	}
	if len(args) == 0 {
		return 0, nil, false, nil, usage
	}
	run, ok := commands()[args[0]]
	if !ok {
		return 0, nil, false, nil, fmt.Errorf("unknown command %q", args[0])
	}
	return d, run, neg, args[1:], nil
}

// eventually repeats a command until it holds: eventually 10s [!] COMMAND ….
func eventually(s *script, args []string) error {
	limit, run, neg, rest, err := nested(args)
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(limit); ; time.Sleep(pollEvery) {
		err := s.do(run, neg, rest)
		if err == nil || !errors.As(err, new(unmet)) {
			return err
		}
		if time.Now().After(deadline) {
			return unmetf("not within %s: %w", limit, err)
		}
	}
}

// always repeats a command, which must hold each time: always 2s [!] COMMAND ….
func always(s *script, args []string) error {
	limit, run, neg, rest, err := nested(args)
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(pollEvery) {
		if err := s.do(run, neg, rest); err != nil {
			return err
		}
	}
	return nil
}

// let keeps a part of what the last command printed, which stays its output: let ID '"id":"([^"]+)"'.
func let(s *script, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: let NAME REGEXP")
	}
	re, err := regexp.Compile("(?m)" + args[1])
	if err != nil {
		return err
	}
	s.out.WriteString(s.ts.ReadFile("stdout"))
	found := re.FindStringSubmatch(s.out.String())
	if len(found) != 2 {
		return fmt.Errorf("the output of the last command has no single group of %q", args[1])
	}
	s.ts.Setenv(args[0], found[1])
	return nil
}

// setting gives every later start and run a variable: setting LOG__LEVEL=debug.
func setting(s *script, args []string) error {
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok {
			return errors.New("usage: setting KEY=VALUE…")
		}
		s.settings[key] = value
	}
	return nil
}
