package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// inARow is how many requests in a row must meet a deployment that is healthy and of the right version: behind a
// balancer one of them meets one instance.
const inARow = 5

// checkHealth waits until the deployment is healthy and of the version that was deployed.
func checkHealth(ctx context.Context, d *deployment) (string, error) {
	var health struct {
		Status, Service, Version, Commit string
	}
	err := d.eventually(ctx, func() error {
		for range inARow {
			client.CloseIdleConnections() // so that the balancer chooses again
			if _, err := d.ask(ctx, http.MethodGet, "/health", nil, http.StatusOK, &health); err != nil {
				return err
			}
			if d.want != "" && health.Version != d.want {
				return fmt.Errorf("version %s answers, want %s", health.Version, d.want)
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	d.version = health.Version
	return fmt.Sprintf("%s %s, commit %s, is %s", health.Service, health.Version, health.Commit, health.Status), nil
}

// checkReady waits until the deployment takes requests.
func checkReady(ctx context.Context, d *deployment) (string, error) {
	var ready struct {
		Ready        bool
		Dependencies map[string]struct {
			Degraded bool
			Message  string
		}
	}
	err := d.eventually(ctx, func() error {
		_, err := d.ask(ctx, http.MethodGet, "/ready", nil, http.StatusOK, &ready)
		return err
	})
	if err != nil {
		return "", err
	}
	states := []string{"takes requests"}
	for _, name := range slices.Sorted(maps.Keys(ready.Dependencies)) {
		state := "healthy"
		if dependency := ready.Dependencies[name]; dependency.Degraded {
			state = "degraded: " + dependency.Message
		}
		states = append(states, name+" "+state)
	}
	return strings.Join(states, ", "), nil
}
