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

	"github.com/acton-go/acton-new/internal/process"
)

const (
	// defaultInstance is the name of an instance that has none.
	defaultInstance = "service"
	// startLimit is how long a start may take until the service is alive.
	startLimit = 20 * time.Second
	// stopLimit is how long a stop may take, unless the script knows better.
	stopLimit = 10 * time.Second
)

// instance is one process of the service.
type instance struct {
	name    string
	api     string // addresses
	metrics string
	cmd     *exec.Cmd
	log     *logbook
	ended   chan struct{}
	code    int  // once ended
	judged  bool // its end was awaited
}

func (s *script) instance(name string) (*instance, error) {
	i, ok := s.instances[name]
	if !ok {
		return nil, fmt.Errorf("no instance %q was started", name)
	}
	return i, nil
}

// environment is that of every process of the service: nothing of this machine but what the script says. Later lists win.
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

// usual is what every start has unless the script says otherwise: logs as in production, and a drain that the load
// balancers of scripts notice.
var usual = map[string]string{"SERVICE__PROFILE": "staging", "SERVER__DRAIN_DELAY": "500ms"}

func serviceCommand(s *script, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: service start|stop|signal|wait|kill|run|exec|together …")
	}
	verb, args := args[0], args[1:]
	switch verb {
	case "start":
		return s.start(args)
	case "run":
		return s.run(s.environment(usual, s.settings), args)
	case "together":
		return s.together(args)
	case "exec":
		flags := newFlags(verb)
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
		flags := newFlags(verb)
		within := flags.Duration("within", stopLimit, "how long it may take")
		if err := flags.Parse(args); err != nil {
			return err
		}
		return s.stop(verb == "stop", *within, flags.Args())
	case "kill":
		return s.each(args, func(i *instance) error { i.kill(); i.judged = true; return nil })
	case "signal":
		signals := map[string]os.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "INT": syscall.SIGINT}
		if len(args) == 0 || signals[args[0]] == nil {
			return errors.New("usage: service signal TERM|HUP|INT [NAME…]")
		}
		return s.each(args[1:], func(i *instance) error { return i.cmd.Process.Signal(signals[args[0]]) })
	}
	return fmt.Errorf("unknown verb %q", verb)
}

// each does something with the instances of these names, or with all that run.
func (s *script) each(names []string, do func(*instance) error) error {
	if len(names) == 0 {
		for _, name := range slices.Sorted(maps.Keys(s.instances)) {
			if !s.instances[name].judged {
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

// start starts the service and waits until it is alive: service start [NAME] [KEY=VALUE…]. For a service that ends instead
// there is "! service start", and what it wrote is the output. $URL and $METRICS are the addresses, with a name $URL_NAME.
func (s *script) start(args []string) error {
	name := defaultInstance
	if len(args) > 0 && !strings.Contains(args[0], "=") {
		name, args = args[0], args[1:]
	}
	if old := s.instances[name]; old != nil && !old.judged {
		return fmt.Errorf("instance %q runs already", name)
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
	i.cmd.Env = s.environment(usual, ports, s.settings, own)
	if err := i.launch(); err != nil {
		return err
	}
	s.mu.Lock()
	s.instances[name] = i
	s.mu.Unlock()
	if err := s.tellTargets(); err != nil {
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

// launch starts the process and reads what it writes until it ends.
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
		_ = i.cmd.Wait() // the code is looked at by who stops it
		i.code = i.cmd.ProcessState.ExitCode()
	}()
	return nil
}

func (s *script) awaitAlive(i *instance) error {
	for deadline := time.Now().Add(startLimit); ; time.Sleep(20 * time.Millisecond) {
		select {
		case <-i.ended:
			i.judged = true
			s.printf("%s\n", i.log.tail(100))
			if i.code == 0 {
				return fmt.Errorf("%s ended with exit code 0 instead of serving", i.name)
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
			return fmt.Errorf("%s was not alive within %s", i.name, startLimit)
		}
	}
}

// stop awaits the end of instances, after asking them to if so told. Each must end in time, with code 0, and without losing
// a request of the load that is on it.
func (s *script) stop(ask bool, within time.Duration, names []string) error {
	return s.each(names, func(i *instance) error {
		if ask {
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
		i.judged = true
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

// run runs a command of the service to its end. It must succeed, and fail after "!". There are two ways: service run, as a
// job beside the service does, and service exec, with what an instance was started with.
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

// together runs a command several times at once: service together 3 migrate up. Each must succeed.
func (s *script) together(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: service together N ARGS…")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 2 || n > 10 {
		return fmt.Errorf("%q is not a number from 2 to 10", args[0])
	}
	env := s.environment(usual, s.settings)
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
