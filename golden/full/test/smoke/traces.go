package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
)

// checkTraces sends a request whose trace is to be recorded, whatever the sampler says of others, and waits until it is
// in the trace store. Tempo and Jaeger are asked in the same way.
func checkTraces(flags *flag.FlagSet) func(ctx context.Context, d *deployment) (string, error) {
	traces := new(store)
	traces.declare(flags, "traces", "Tempo or Jaeger")
	return func(ctx context.Context, d *deployment) (string, error) {
		sampled := "00-" + randomHex(16) + "-" + randomHex(8) + "-01"
		a, err := d.ask(ctx, http.MethodGet, versions[len(versions)-1].read, nil, http.StatusOK, nil, "traceparent", sampled)
		if err != nil {
			return "", err
		}
		// What is in between may have begun a trace of its own.
		id := a.header.Get("X-Trace-Id")
		if id == "" {
			return "", errors.New("the answer has no X-Trace-Id")
		}
		if traces.address == "" {
			return "", &lookError{"trace store", id}
		}
		err = d.eventually(ctx, func() error {
			found, err := traces.get(ctx, "/api/traces/"+id, nil)
			if err != nil {
				return fmt.Errorf("trace %s: %w", id, err)
			}
			if !bytes.Contains(found.body, []byte(`"billing-api"`)) {
				return fmt.Errorf("trace %s has no span of billing-api: %s", id, excerpt(found.body))
			}
			return nil
		})
		if err != nil {
			return "", err
		}
		return "found " + id, nil
	}
}
