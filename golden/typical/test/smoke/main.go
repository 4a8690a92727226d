// Command smoke checks a deployment from outside, right after it was made and for a while longer: that it answers and
// is the version that was deployed, that each version of its API does its work, that its metrics and its log arrive
// where somebody will look for them, and that few requests fail while it is watched.
//
//	go run ./test/smoke -url https://api.example.com -version v1.2.3 -watch 10m -prometheus http://127.0.0.1:9091
//
// It prints one line for each check: ok, FAIL, LOOK for what a person has to look up because no address was given, or
// skip. It leaves nothing behind in the deployment but its requests.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// The exit codes. The go command knows only 0 and 1: who needs the others builds the program first.
const (
	passed   = 0
	failed   = 1
	misused  = 2
	unlooked = 3 // nothing failed, and a person still has to look
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr, personAt(os.Stdin, os.Stderr))
	stop()
	os.Exit(code)
}

// run checks the deployment that the arguments name. The results go to out, all else to errOut.
func run(ctx context.Context, args []string, out, errOut io.Writer, ask person) int {
	flags := flag.NewFlagSet("smoke", flag.ContinueOnError)
	flags.SetOutput(errOut)
	d := newDeployment(flags, errOut)
	unattended := flags.Bool("unattended", false, "ask nobody, and do not fail for what a person has to look up: somebody approves the deployment later")
	all := checks(flags)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return passed
		}
		return misused
	}
	if err := d.validate(flags.Args()); err != nil {
		say(errOut, "smoke: %v\n", err)
		return misused
	}
	if *unattended {
		ask = nil // even where the runner gives its jobs a terminal
	}
	code := report(ctx, d, all, out, ask)
	if code == unlooked && *unattended {
		return passed
	}
	return code
}

// check is one line of the result.
type check struct {
	name string
	run  func(ctx context.Context, d *deployment) (string, error)
}

// checks returns all of them in their order, and declares the flags of each. What is sent to the API comes before the
// places where its traces are looked for, and the long watch comes last.
func checks(flags *flag.FlagSet) []check {
	all := []check{{"health", checkHealth}, {"ready", checkReady}}
	for _, v := range versions {
		all = append(all, check{v.name, v.use})
	}
	return append(all,
		check{"metrics", checkMetrics},
		check{"logs", checkLogs(flags)},
		check{"errors", checkErrors(flags)},
	)
}

// report runs the checks and prints a line for each. What was not given an address is asked of the person, if there is
// one. The last check takes long, and is not worth it when another has failed.
func report(ctx context.Context, d *deployment, all []check, out io.Writer, ask person) int {
	var fails, looks []string
	for i, c := range all {
		verdict, detail := "skip", "not watched, because a check has failed"
		if i < len(all)-1 || len(fails) == 0 {
			verdict, detail = c.judge(ctx, d, ask)
		}
		switch verdict {
		case "FAIL":
			fails = append(fails, c.name)
		case "LOOK":
			looks = append(looks, c.name)
		}
		say(out, "%-4s  %-8s  %s\n", verdict, c.name, detail)
	}
	switch {
	case len(fails) > 0:
		say(out, "smoke: %s failed at %s\n", strings.Join(fails, ", "), d.url)
		return failed
	case len(looks) > 0:
		say(out, "smoke: no check failed at %s; a person has to look for: %s\n", d.url, strings.Join(looks, ", "))
		return unlooked
	}
	say(out, "smoke: all %d checks passed at %s\n", len(all), d.url)
	return passed
}

// judge runs the check, and asks the person if it could not look for itself.
func (c check) judge(ctx context.Context, d *deployment, ask person) (verdict, detail string) {
	detail, err := c.run(ctx, d)
	look := (*lookError)(nil)
	switch {
	case errors.As(err, &look):
		return ask.judge(look)
	case err != nil:
		return "FAIL", strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return "ok", detail
}

// say prints a line. Who cannot be told has nowhere to be told that.
func say(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

// deployment is what is checked, and what the checks tell each other about it.
type deployment struct {
	url      string
	want     string // version
	owner    string // of what is created
	patience time.Duration
	pause    time.Duration // between two looks at the same thing
	progress io.Writer

	prometheus store
	selector   string

	version   string    // that answered
	requestID string    // of the last request that changed something
	changedAt time.Time // when it was over
}

func newDeployment(flags *flag.FlagSet, progress io.Writer) *deployment {
	d := &deployment{pause: time.Second, progress: progress}
	flags.StringVar(&d.url, "url", "", "`address` of the deployment, such as https://api.example.com")
	flags.StringVar(&d.want, "version", "", "the `version` that must answer; any by default")
	flags.StringVar(&d.owner, "owner", "smoke-"+randomHex(6), "the `owner` of the note that is created and deleted")
	flags.DurationVar(&d.patience, "patience", 2*time.Minute, "how long what has happened may take to be seen")
	d.prometheus.declare(flags, "prometheus", "Prometheus")
	flags.StringVar(&d.selector, "selector", `job="orders"`, "`matchers` of the deployment's series in Prometheus")
	return d
}

func (d *deployment) validate(rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("unexpected argument %q", rest[0])
	}
	u, err := url.Parse(d.url)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("-url: give the address of the deployment, such as https://api.example.com")
	}
	d.url = strings.TrimRight(d.url, "/")
	return nil
}

// eventually tries until it succeeds or the patience is at its end, and returns the last error.
func (d *deployment) eventually(ctx context.Context, try func() error) error {
	for deadline := time.Now().Add(d.patience); ; {
		err := try()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d.pause):
		}
	}
}
