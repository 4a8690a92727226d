package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"time"
)

// mayFail is the share of requests that may fail while the deployment is watched.
const mayFail = 0.01

// tally is how many requests there were, and how many of them failed.
type tally struct{ requests, failures float64 }

// over tells whether more have failed than may fail in the whole time, if requests go on at their rate. So a deployment
// that fails altogether is not watched for an hour, and one bad second of it is forgiven.
func (t tally) over(elapsed, whole time.Duration) bool {
	return t.failures > mayFail*t.requests*float64(whole)/float64(elapsed)
}

func (t tally) String() string {
	return fmt.Sprintf("%.2f %% of %.0f", 100*t.failures/max(t.requests, 1), t.requests)
}

// watch is what was seen so far.
type watch struct {
	own     tally // requests of this program
	lastOwn error // why the last of them failed
	all     tally // requests of everybody, as Prometheus counts them
}

// checkErrors asks each version of the API once in a while, and Prometheus for the requests of all clients.
func checkErrors(flags *flag.FlagSet) func(ctx context.Context, d *deployment) (string, error) {
	whole := flags.Duration("watch", time.Hour, "how long to watch the rate of errors")
	return func(ctx context.Context, d *deployment) (string, error) {
		if *whole <= 0 {
			return "", errors.New("-watch: must be above 0s")
		}
		var w watch
		began := time.Now()
		scraped, told := began, began
		for now := began; now.Before(began.Add(*whole)); now = time.Now() {
			w.sample(ctx, d)
			if d.prometheus.address != "" && now.Sub(scraped) >= min(15*d.pause, *whole/4) {
				scraped = now
				// One answer that does not come is no verdict; the last one is.
				if all, err := d.counted(ctx, now.Sub(began)); err == nil {
					w.all = all
				}
			}
			if err := w.verdict(max(time.Since(began), d.pause), *whole); err != nil {
				return "", fmt.Errorf("after %s of %s: %w", time.Since(began).Round(time.Second), *whole, err)
			}
			if now.Sub(told) >= time.Minute {
				told = now
				say(d.progress, "watching for %s of %s: %s\n", now.Sub(began).Round(time.Second), *whole, w.detail())
			}
			select {
			case <-ctx.Done():
				return "", ctx.Err()
			case <-time.After(min(d.pause, time.Until(began.Add(*whole)))):
			}
		}
		if d.prometheus.address != "" {
			all, err := d.counted(ctx, *whole)
			if err != nil {
				return "", err
			}
			if all.requests == 0 {
				return "", errors.New("no request was counted by Prometheus while the deployment was watched")
			}
			w.all = all
		}
		if err := w.verdict(*whole, *whole); err != nil {
			return "", err
		}
		return fmt.Sprintf("in %s: %s", *whole, w.detail()), nil
	}
}

// sample asks each version of the API once.
func (w *watch) sample(ctx context.Context, d *deployment) {
	for _, v := range versions {
		w.own.requests++
		if _, err := d.ask(ctx, http.MethodGet, v.read, nil, http.StatusOK, nil); err != nil {
			w.own.failures++
			w.lastOwn = err
		}
	}
}

func (w *watch) verdict(elapsed, whole time.Duration) error {
	switch {
	case w.own.over(elapsed, whole):
		return fmt.Errorf("%s requests of this check failed, at most %v %% may: %w", w.own, 100*mayFail, w.lastOwn)
	case w.all.over(elapsed, whole):
		return fmt.Errorf("%s requests failed by Prometheus, at most %v %% may", w.all, 100*mayFail)
	}
	return nil
}

func (w *watch) detail() string {
	own := fmt.Sprintf("%s requests of this check failed", w.own)
	if w.all.requests == 0 {
		return own
	}
	return fmt.Sprintf("%s requests failed by Prometheus, %s", w.all, own)
}

// counted asks Prometheus for the requests of the last while. What increase leaves out is added: a series that began in
// that time, as that of an error does, had its first sample as an increase too.
func (d *deployment) counted(ctx context.Context, last time.Duration) (tally, error) {
	window := fmt.Sprintf("%ds", max(int(last.Seconds()), 1))
	count := func(more string) (float64, error) {
		series := fmt.Sprintf(requestSeries, d.selector, more)
		n, _, err := d.prometheus.sum(ctx, fmt.Sprintf(
			"(sum(increase(%[1]s[%[2]s])) or vector(0)) + (sum(min_over_time(%[1]s[%[2]s]) unless %[1]s offset %[2]s) or vector(0))", series, window))
		return n, err
	}
	requests, err := count("")
	if err != nil {
		return tally{}, err
	}
	failures, err := count(`,http_response_status_code=~"5.."`)
	return tally{requests, failures}, err
}
