package main

import (
	"context"
	"fmt"
)

// requestSeries counts the requests, by route and status. Those of the platform's probes are no traffic.
const requestSeries = `http_server_request_duration_seconds_count{%s,http_route!~"/health|/ready"%s}`

// checkMetrics waits until Prometheus has scraped every instance, all of the version that answers, and has counted what
// this program did.
func checkMetrics(ctx context.Context, d *deployment) (string, error) {
	deletions := fmt.Sprintf(requestSeries, d.selector, `,http_request_method="DELETE"`)
	if d.prometheus.address == "" {
		return "", &lookError{"metrics", deletions}
	}
	// The clock of Prometheus, because it is the one that its samples have.
	after, _, err := d.prometheus.sum(ctx, "vector(time())")
	if err != nil {
		return "", err
	}
	targets := 0.0
	err = d.eventually(ctx, func() error {
		up := fmt.Sprintf("up{%s}", d.selector)
		var found bool
		if targets, found, err = d.prometheus.sum(ctx, "count("+up+")"); err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("no target of Prometheus is %s", up)
		}
		down, _, err := d.prometheus.sum(ctx, "count("+up+" == 0)")
		if err != nil {
			return err
		}
		if down > 0 {
			return fmt.Errorf("%v of %v targets are down: %s", down, targets, up)
		}
		if d.version != "" {
			build := fmt.Sprintf("target_info{%s,service_version=%q}", d.selector, d.version)
			same, _, err := d.prometheus.sum(ctx, "count("+build+")")
			if err != nil {
				return err
			}
			if same != targets {
				return fmt.Errorf("%v of %v targets are %s", same, targets, build)
			}
		}
		counted, found, err := d.prometheus.sum(ctx, "max(timestamp("+deletions+"))")
		if err != nil {
			return err
		}
		if !found || counted < after {
			return fmt.Errorf("not scraped since the requests of this check: %s", deletions)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%v of %v targets scraped, requests counted", targets, targets), nil
}
