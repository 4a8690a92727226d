// Package probe starts a rendered service and tests it from outside, like its operators and clients: by its responses,
// logs, metrics, spans and exit code. It finds features that are rendered but not wired.
//
// A probe is a script (github.com/rogpeppe/go-internal/testscript) in the folder of its feature. Compose adds the setup
// of all folders of a set to each script, and Run runs the scripts. templates/README.md lists the additional commands.
//
// Dependencies are real: package servers runs the server of each feature from the programs of this machine. If a program
// is missing, the error names the command to install it. All servers listen on 127.0.0.1 and stop with their script.
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

	"github.com/acton-go/acton-new/internal/verify/servers"
)

// Service is the service that scripts start.
type Service struct {
	Binary string // absolute path
	Name   string // name that was passed to acton-new
	// Project is the directory of the rendered project, for scripts that use other files than the binary.
	Project string
}

// variable returns the environment variable of a key such as LOG__LEVEL. A key without a section is already a variable,
// such as those of OpenTelemetry.
func (s Service) variable(key string) string {
	if !strings.Contains(key, "__") {
		return key
	}
	return strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_")) + "_" + key
}

// Run runs the script files. Each is a subtest with its own servers and directory.
func Run(t testscript.T, service Service, files []string) {
	pool := servers.NewPool()
	t.Run("script", func(t testscript.T) {
		testscript.RunT(t, testscript.Params{
			Files:               files,
			RequireExplicitExec: true,
			RequireUniqueNames:  true,
			Setup: func(env *testscript.Env) error {
				s := &script{service: service, pool: pool, dir: env.WorkDir, settings: map[string]string{},
					instances: map[string]*instance{}, servers: map[string]*servers.Server{}}
				env.Values[scriptKey{}] = s
				env.Defer(s.close)
				env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
				return os.Mkdir(filepath.Join(env.WorkDir, "home"), 0o700)
			},
			Cmds: commandsOfScripts(),
		})
	})
	pool.Close()
}

// script is the state of one running script.
type script struct {
	ts      *testscript.TestScript
	service Service
	pool    *servers.Pool
	dir     string
	out     bytes.Buffer // output of the current command

	settings  map[string]string // variables for later starts and runs
	mu        sync.Mutex        // guards instances, which the balancer reads concurrently
	instances map[string]*instance
	balancer  *balancer
	load      *load
	open      *openRequest
	servers   map[string]*servers.Server // by feature
	collector *collector

	// monitoring
	prometheus   *prometheus
	alertmanager *alertmanager
	otelcol      *otelcol
}

type scriptKey struct{}

// command performs an action or checks a condition. If the condition is false, it returns an unmet error.
type command func(s *script, args []string) error

// unmet is the error of a false condition. "!" before a command turns it into success. Any other error is a mistake in
// the script or a problem of the machine.
type unmet struct{ error }

func unmetf(format string, args ...any) error { return unmet{fmt.Errorf(format, args...)} }

func commands() map[string]command {
	all := map[string]command{
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
		"prometheus":   prometheusCommand,
		"service":      serviceCommand,
		"setting":      setting,
		"spans":        spansCommand,
	}
	for _, feature := range servers.Names() {
		all[feature] = serverCommand(feature)
	}
	return all
}

// observationLimit is how long observing commands retry. A service may count and log a request after the client has
// received the response.
const observationLimit = 2 * time.Second

var observes = map[string]bool{"log": true, "metric": true, "spans": true, "logs": true, "collector": true, "paged": true, "balancer": true}

func commandsOfScripts() map[string]func(*testscript.TestScript, bool, []string) {
	all := map[string]func(*testscript.TestScript, bool, []string){}
	for name, run := range commands() {
		all[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			s, ok := ts.Value(scriptKey{}).(*script)
			if !ok {
				ts.Fatalf("%s: the script has no setup", name)
			}
			s.ts = ts
			err := s.do(run, neg, args)
			for deadline := time.Now().Add(observationLimit); observes[name] && errors.As(err,
				new(unmet)) && time.Now().Before(deadline); {
				time.Sleep(pollInterval)
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

// do runs a command once. Its output replaces the previous output.
func (s *script) do(run command, neg bool, args []string) error {
	s.out.Reset()
	err := run(s, args)
	if !neg {
		return err
	}
	if err == nil {
		return unmetf("succeeded, but must fail")
	}
	if errors.As(err, new(unmet)) {
		return nil
	}
	return err
}

func (s *script) printf(format string, args ...any) { fmt.Fprintf(&s.out, format, args...) }

// close stops everything that still runs. It prints the end of the log of each instance that the script did not stop.
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
		if !i.checked || i.code != 0 {
			s.ts.Logf("[end of the log of %s]\n%s", name, i.log.tail(40))
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
	for _, server := range s.servers {
		if err := server.Close(); err != nil {
			s.ts.Logf("%v", err)
		}
	}
}

// serverLimit is the time limit for a request to a server of the harness.
const serverLimit = 15 * time.Second

// pollInterval is the time between two checks of a condition.
const pollInterval = 50 * time.Millisecond

// nested parses "10s [!] COMMAND ARGS…".
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

// eventually repeats a command until it succeeds: eventually 10s [!] COMMAND ….
func eventually(s *script, args []string) error {
	limit, run, neg, rest, err := nested(args)
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(limit); ; time.Sleep(pollInterval) {
		err := s.do(run, neg, rest)
		if err == nil || !errors.As(err, new(unmet)) {
			return err
		}
		if time.Now().After(deadline) {
			return unmetf("not within %s: %w", limit, err)
		}
	}
}

// always repeats a command, which must succeed every time: always 2s [!] COMMAND ….
func always(s *script, args []string) error {
	limit, run, neg, rest, err := nested(args)
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(pollInterval) {
		if err := s.do(run, neg, rest); err != nil {
			return err
		}
	}
	return nil
}

// let stores a part of the last output in a variable and keeps that output: let ID '"id":"([^"]+)"'.
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

// setting sets a variable for later starts and runs: setting LOG__LEVEL=debug.
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
