package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// checkHealth waits until the expected version answers and is ready. It opens new connections, because load balancers
// distribute connections over the instances.
func (s *smoke) checkHealth(ctx context.Context) (string, error) {
	var health struct{ Version, Commit string }
	var ready json.RawMessage
	err := s.retry(ctx, func() error {
		for range 5 {
			client.CloseIdleConnections()
			if err := errors.Join(s.api.get(ctx, "/health", &health), s.api.get(ctx, "/ready", &ready)); err != nil {
				return err
			}
			if s.version != "" && health.Version != s.version {
				return fmt.Errorf("version %s answers, want %s", health.Version, s.version)
			}
		}
		return nil
	})
	s.running = health.Version
	return fmt.Sprintf("version %s, commit %s: %s", health.Version, health.Commit, ready), err
}

// query returns the value of a PromQL expression, or 0 if the result is empty.
func (s *smoke) query(ctx context.Context, expression string) (float64, error) {
	var response struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	if err := s.prometheus.get(ctx, "/api/v1/query?"+url.Values{"query": {expression}}.Encode(), &response); err != nil {
		return 0, fmt.Errorf("query Prometheus: %w", err)
	}
	if len(response.Data.Result) == 0 {
		return 0, nil
	}
	return strconv.ParseFloat(fmt.Sprint(response.Data.Result[0].Value[1]), 64)
}

// requestCount is the PromQL series that count the requests of clients. Its arguments are the selector and more matchers.
const requestCount = `http_server_request_duration_seconds_count{%s,http_route!~"/health|/ready",error_type!="unread"%s}`

// checkMetrics waits until Prometheus scrapes every instance, all instances run the version that answered, and Prometheus
// has scraped counts of requests since this smoke test sent its own.
func (s *smoke) checkMetrics(ctx context.Context) (string, error) {
	deletions := fmt.Sprintf(requestCount, s.selector, `,http_request_method="DELETE"`)
	if s.prometheus.url == "" {
		return "-prometheus is not set; query by hand: " + deletions, errSkipped
	}
	began := time.Now()
	up := fmt.Sprintf("up{%s}", s.selector)
	build := fmt.Sprintf("target_info{%s,service_version=%q}", s.selector, s.running)
	var targets, healthy, age float64
	err := s.retry(ctx, func() error {
		var errs [3]error
		targets, errs[0] = s.query(ctx, "count("+up+")")
		healthy, errs[1] = s.query(ctx, "count("+build+" and on(instance) "+up+" == 1)")
		age, errs[2] = s.query(ctx, "time() - max(timestamp("+deletions+")) or vector(Inf)")
		switch err := errors.Join(errs[:]...); {
		case err != nil:
			return err
		case targets == 0 || healthy < targets:
			return fmt.Errorf("%v of %v targets are up and have %s", healthy, targets, build)
		case age > time.Since(began).Seconds():
			return errors.New("the requests of this smoke test are not scraped yet: " + deletions)
		}
		return nil
	})
	return fmt.Sprintf("%v targets scraped after the requests", targets), err
}

// checkLogs waits until Loki has the log line of a request of this smoke test.
func (s *smoke) checkLogs(ctx context.Context) (string, error) {
	if s.requestID == "" {
		return "", errors.New("no response had an X-Request-Id")
	}
	query := fmt.Sprintf("%s |= %q", s.logSelector, s.requestID)
	if s.loki.url == "" {
		return "-loki is not set; query by hand: " + query, errSkipped
	}
	return "found " + query, s.retry(ctx, func() error {
		var response json.RawMessage
		if err := s.loki.get(ctx, "/loki/api/v1/query_range?"+url.Values{"query": {query}, "since": {"1h"}}.Encode(), &response); err != nil {
			return fmt.Errorf("query Loki: %w", err)
		}
		if !bytes.Contains(response, []byte(s.requestID)) {
			return errors.New("no log line in Loki for " + query)
		}
		return nil
	})
}

// maxFailures is the share of requests that may fail while the deployment is watched.
const maxFailures = 0.01

// checkErrors reads from each API version once a second. It fails once more requests have failed than may fail in the whole
// time. At the end it also checks the requests of all clients, in Prometheus.
func (s *smoke) checkErrors(ctx context.Context) (string, error) {
	var requests, failures float64
	allowed := maxFailures * s.watch.Seconds() / interval.Seconds() * float64(len(versions))
	for began := time.Now(); time.Since(began) < s.watch && ctx.Err() == nil; time.Sleep(min(interval, s.watch)) {
		for _, v := range versions {
			requests++
			if err := s.api.get(ctx, v.path+"?limit=1", nil); err != nil {
				if failures++; failures > allowed {
					return "", fmt.Errorf("%v of %v requests failed after %s: %w", failures, requests, time.Since(began).Round(time.Second), err)
				}
			}
		}
	}
	detail := fmt.Sprintf("%v of %v requests failed in %s", failures, requests, s.watch)
	if s.prometheus.url == "" {
		return detail, ctx.Err()
	}

	// increase ignores the first value of a series. A series that began within the window counted from zero.
	count := func(matchers string) string {
		series, window := fmt.Sprintf(requestCount, s.selector, matchers), fmt.Sprintf("%ds", max(int(s.watch.Seconds()), 1))
		return fmt.Sprintf("((sum(increase(%[1]s[%[2]s])) or vector(0)) + (sum(min_over_time(%[1]s[%[2]s]) unless %[1]s offset %[2]s) or vector(0)))", series, window)
	}
	ratio, err := s.query(ctx, count(`,http_response_status_code=~"5.."`)+" / "+count(""))
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil: // not a failure, because the pipeline rolls back when the API fails, not when Prometheus does
		return fmt.Sprintf("%s; the requests of other clients are not checked: %v", detail, err), errSkipped
	case !(ratio <= maxFailures): // NaN without any request
		return "", fmt.Errorf("%.2f %% of the requests of all clients failed according to Prometheus, the limit is 1 %%", 100*ratio)
	}
	return fmt.Sprintf("%s, and %.2f %% of those of all clients", detail, 100*ratio), nil
}
