package probe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/acton-go/acton-new/internal/verify/process"
)

const (
	// defaultInstance is the name of an instance that is started without one.
	defaultInstance = "service"
	// startLimit is the time limit for an instance to become alive.
	startLimit = 20 * time.Second
	// stopLimit is the default time limit for a stop.
	stopLimit = 10 * time.Second
)

// instance is one process of the service.
type instance struct {
	name    string
	api     string // address of the API
	metrics string // address of the metrics
	cmd     *exec.Cmd
	log     *logbook
	ended   chan struct{}
	code    int  // exit code, valid after ended
	checked bool // the script has checked its exit
}

func (s *script) instance(name string) (*instance, error) {
	i, ok := s.instances[name]
	if !ok {
		return nil, fmt.Errorf("instance %q was not started", name)
	}
	return i, nil
}

// environment returns the environment of a process of the service. It contains only HOME and the given variables. Later
// lists override earlier ones.
func (s *script) environment(lists ...map[string]string) []string {
	all := map[string]string{"HOME": filepath.Join(s.dir, "home")}
	for _, list := range lists {
		for key, value := range list {
			all[s.service.variable(key)] = value
		}
	}
	var env []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		env = append(env, key+"="+all[key])
	}
	return env
}

// defaults are the settings of every start: JSON logs, and a drain delay that is long enough for the load balancer of
// scripts.
var defaults = map[string]string{"SERVICE__PROFILE": "staging", "SERVER__DRAIN_DELAY": "500ms"}

func serviceCommand(s *script, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: service start|stop|signal|wait|kill|run|exec|together …")
	}
	subcommand, args := args[0], args[1:]
	switch subcommand {
	case "start":
		return s.start(args)
	case "run":
		return s.run(s.environment(defaults, s.settings), args)
	case "together":
		return s.together(args)
	case "exec":
		flags := newFlags(subcommand)
		name := flags.instance()
		if err := flags.Parse(args); err != nil {
			return err
		}
		i, err := s.instance(*name)
		if err != nil {
			return err
		}
		return s.run(i.cmd.Env, flags.Args())
	case "stop", "wait":
		flags := newFlags(subcommand)
		within := flags.Duration("within", stopLimit, "time limit")
		if err := flags.Parse(args); err != nil {
			return err
		}
		return s.stop(subcommand == "stop", *within, flags.Args())
	case "kill":
		return s.each(args, func(i *instance) error { i.kill(); i.checked = true; return nil })
	case "signal":
		signals := map[string]os.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "INT": syscall.SIGINT}
		if len(args) == 0 || signals[args[0]] == nil {
			return errors.New("usage: service signal TERM|HUP|INT [NAME…]")
		}
		return s.each(args[1:], func(i *instance) error { return i.cmd.Process.Signal(signals[args[0]]) })
	}
	return fmt.Errorf("unknown subcommand %q", subcommand)
}

// each calls do for the named instances, or for all running ones.
func (s *script) each(names []string, do func(*instance) error) error {
	if len(names) == 0 {
		for _, name := range slices.Sorted(maps.Keys(s.instances)) {
			if !s.instances[name].checked {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		i, err := s.instance(name)
		if err != nil {
			return err
		}
		if err := do(i); err != nil {
			return err
		}
	}
	return nil
}

// start starts the service and waits until it is alive: service start [NAME] [KEY=VALUE…]. It sets $URL and $METRICS to
// the addresses, or $URL_NAME and $METRICS_NAME. "! service start" expects the service to exit, and its log is the
// output.
func (s *script) start(args []string) error {
	name := defaultInstance
	if len(args) > 0 && !strings.Contains(args[0], "=") {
		name, args = args[0], args[1:]
	}
	if old := s.instances[name]; old != nil && !old.checked {
		return fmt.Errorf("instance %q is already running", name)
	}
	own := map[string]string{}
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok {
			return errors.New("usage: service start [NAME] [KEY=VALUE…]")
		}
		own[key] = value
	}
	apiPort, err := process.FreePort()
	if err != nil {
		return err
	}
	metricsPort, err := process.FreePort()
	if err != nil {
		return err
	}
	ports := map[string]string{
		"SERVER__BIND": "127.0.0.1", "SERVER__PORT": apiPort, "METRICS__BIND": "127.0.0.1", "METRICS__PORT": metricsPort,
	}
	i := &instance{
		name: name, api: "127.0.0.1:" + apiPort, metrics: "127.0.0.1:" + metricsPort,
		log: &logbook{}, ended: make(chan struct{}),
	}
	i.cmd = exec.CommandContext(context.Background(), s.service.Binary, "serve")
	i.cmd.Dir = s.dir
	i.cmd.Env = s.environment(defaults, ports, s.settings, own)
	if err := i.launch(); err != nil {
		return err
	}
	s.mu.Lock()
	s.instances[name] = i
	s.mu.Unlock()
	if err := s.writeTargets(); err != nil {
		return err
	}
	suffix := ""
	if name != defaultInstance {
		suffix = "_" + strings.ToUpper(name)
	}
	s.ts.Setenv("URL"+suffix, "http://"+i.api)
	s.ts.Setenv("METRICS"+suffix, "http://"+i.metrics)
	s.ts.Setenv("PORT"+suffix, apiPort)
	return s.awaitAlive(i)
}

// launch starts the process and collects its output until it exits.
func (i *instance) launch() error {
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	i.cmd.Stdout, i.cmd.Stderr = writer, writer
	process.EndWithParent(i.cmd)
	err = i.cmd.Start()
	writer.Close()
	if err != nil {
		reader.Close()
		return err
	}
	go func() {
		defer close(i.ended)
		i.log.read(reader)
		reader.Close()
		_ = i.cmd.Wait() // stop checks the exit code
		i.code = i.cmd.ProcessState.ExitCode()
	}()
	return nil
}

func (s *script) awaitAlive(i *instance) error {
	for deadline := time.Now().Add(startLimit); ; time.Sleep(20 * time.Millisecond) {
		select {
		case <-i.ended:
			i.checked = true
			s.printf("%s\n", i.log.tail(100))
			if i.code == 0 {
				return fmt.Errorf("%s exited with code 0 before it was alive", i.name)
			}
			return unmetf("%s ended with exit code %d before it was alive", i.name, i.code)
		default:
		}
		response, err := client.Get("http://" + i.api + "/health")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s is not alive within %s", i.name, startLimit)
		}
	}
}

// stop waits until instances exit, after it has sent SIGTERM if terminate is set. Each must exit in time, with code 0,
// and without losing a request of its load.
func (s *script) stop(terminate bool, within time.Duration, names []string) error {
	return s.each(names, func(i *instance) error {
		if terminate {
			if err := i.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
				return err
			}
		}
		began := time.Now()
		select {
		case <-i.ended:
		case <-time.After(within):
			return unmetf("%s has not stopped within %s", i.name, within)
		}
		s.printf("%s stopped after %s with exit code %d\n", i.name, time.Since(began).Round(time.Millisecond), i.code)
		i.checked = true
		if i.code != 0 {
			return unmetf("%s ended with exit code %d, want 0", i.name, i.code)
		}
		if s.load != nil && s.load.target == i {
			return s.endLoad()
		}
		return nil
	})
}

// kill ends an instance as a machine that fails does.
func (i *instance) kill() {
	_ = i.cmd.Process.Kill() // it may have ended
	<-i.ended
}

// run runs a command of the service and waits for it. The command must succeed, or fail after "!". "service run" uses
// the environment of a job, and "service exec" that of an instance.
func (s *script) run(env, args []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.service.Binary, args...)
	cmd.Dir, cmd.Env = s.dir, env
	out, err := cmd.CombinedOutput()
	s.out.Write(out)
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) && ctx.Err() == nil {
		return unmetf("exit code %d", failed.ExitCode())
	}
	return err
}

// together runs a command several times concurrently: service together 3 migrate up. Each must succeed.
func (s *script) together(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: service together N ARGS…")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 2 || n > 10 {
		return fmt.Errorf("%q is not a number from 2 to 10", args[0])
	}
	env := s.environment(defaults, s.settings)
	outs, errs := make([][]byte, n), make([]error, n)
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			cmd := exec.CommandContext(ctx, s.service.Binary, args[1:]...)
			cmd.Dir, cmd.Env = s.dir, env
			outs[i], errs[i] = cmd.CombinedOutput()
		})
	}
	all.Wait()
	for _, out := range outs {
		s.out.Write(out)
	}
	if err := errors.Join(errs...); err != nil {
		return unmet{err}
	}
	return nil
}
