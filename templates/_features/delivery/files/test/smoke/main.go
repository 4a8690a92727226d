// Command smoke checks a deployment from outside: the expected version answers, every API version works, metrics and
// logs arrive, and few requests fail while the deployment is watched.
//
//	go run ./test/smoke -url https://api.example.com -version v1.2.3 -watch 10m -prometheus http://127.0.0.1:9091
//
// It prints one line for each check: ok, FAIL, or SKIP if the check could not run. The exit code is 0 if no check failed,
// 1 if one failed, and 2 for wrong usage.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// smoke holds the flags, and results that later checks need.
type smoke struct {
	api, prometheus, loki server
	//{{slot "smoke/fields"}}
	version               string
	selector, logSelector string
	timeout, watch        time.Duration
	checks                string // all, api or telemetry

	running   string // version that answered
	requestID string // of the last deletion
}

// interval is the time between two attempts, and between two requests while the deployment is watched.
const interval = time.Second

// errSkipped is the error of a check that could not run. Its detail says why, and what to look up by hand.
var errSkipped = errors.New("skipped")

func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	s := new(smoke)
	flags := flag.NewFlagSet("smoke", flag.ContinueOnError)
	flags.SetOutput(errOut)
	s.api.flags(flags, "url", "the deployment, such as https://api.example.com")
	s.prometheus.flags(flags, "prometheus", "Prometheus")
	s.loki.flags(flags, "loki", "Loki")
	flags.StringVar(&s.version, "version", "", "`version` that must answer; any by default")
	flags.StringVar(&s.selector, "selector", `job="sample-service"`, "`matchers` of the deployment's series in Prometheus")
	flags.StringVar(&s.logSelector, "loki-selector", `{service_name="sample-service"}`, "`selector` of the deployment's logs in Loki")
	flags.DurationVar(&s.timeout, "timeout", 2*time.Minute, "how long a new version, metrics and logs may take to appear")
	flags.DurationVar(&s.watch, "watch", time.Hour, "how long to watch the error rate")
	flags.StringVar(&s.checks, "checks", "all", "`which` checks follow those of health and the API: telemetry, api (the error rate) or all")
	//{{slot "smoke/flags"}}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case !strings.HasPrefix(s.api.url, "http") || flags.NArg() > 0 || !slices.Contains([]string{"all", "api", "telemetry"}, s.checks):
		_, _ = fmt.Fprintln(errOut, "smoke: set -url, such as -url https://api.example.com; -checks is all, api or telemetry; there are no other arguments")
		return 2
	}

	failed := 0
	check := func(name string, f func(context.Context) (string, error)) {
		verdict := "ok"
		detail, err := f(ctx)
		if errors.Is(err, errSkipped) {
			verdict = "SKIP"
		} else if err != nil {
			verdict, detail = "FAIL", strings.ReplaceAll(err.Error(), "\n", "; ")
			failed++
		}
		_, _ = fmt.Fprintf(out, "%-4s  %-8s  %s\n", verdict, name, detail)
	}
	check("health", s.checkHealth)
	for _, v := range versions {
		check(v.name, func(ctx context.Context) (string, error) { return s.checkNotes(ctx, v) })
	}
	if s.checks != "api" {
		check("metrics", s.checkMetrics)
		check("logs", s.checkLogs)
		//{{slot "smoke/checks"}}
	}
	if s.checks != "telemetry" && failed == 0 { // watching takes long
		check("errors", s.checkErrors)
	}
	_, _ = fmt.Fprintf(out, "smoke: %d checks failed at %s\n", failed, s.api.url)
	return min(failed, 1)
}

// retry calls try until it succeeds or the timeout has passed, and returns the last error.
func (s *smoke) retry(ctx context.Context, try func() error) error {
	for deadline := time.Now().Add(s.timeout); ; time.Sleep(interval) {
		if err := try(); err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
	}
}

var client = &http.Client{Timeout: 15 * time.Second}

// server is the deployment, or a store of its telemetry.
type server struct{ url, token string }

// flags adds a flag for the URL. The token comes from the environment, because other users of the machine can read
// command lines.
func (s *server) flags(flags *flag.FlagSet, name, title string) {
	variable := "SMOKE_" + strings.ToUpper(name) + "_TOKEN"
	s.token = os.Getenv(variable)
	flags.StringVar(&s.url, name, "", fmt.Sprintf("`address` of %s; $%s is its bearer token, if it needs one", title, variable))
}

// get decodes the response to a GET request.
func (s *server) get(ctx context.Context, path string, into any) error {
	_, err := s.send(ctx, http.MethodGet, path, "", "", http.StatusOK, into)
	return err
}

// send sends a request with a JSON body, which may be empty. A status other than want is an error.
func (s *server) send(ctx context.Context, method, path, ifMatch, body string, want int, into any) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(s.url, "/")+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if ifMatch != "" {
		req.Header.Set("If-Match", ifMatch)
	}
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != want {
		return nil, fmt.Errorf("%s %s: got %d, want %d: %s", method, path, res.StatusCode, want, bytes.TrimSpace(data[:min(len(data), 300)]))
	}
	if into != nil {
		err = json.Unmarshal(data, into)
	}
	return res.Header, err
}
