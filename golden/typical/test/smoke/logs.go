package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// checkLogs waits until the line of a request of this program is in the log store.
func checkLogs(flags *flag.FlagSet) func(ctx context.Context, d *deployment) (string, error) {
	loki := new(store)
	loki.declare(flags, "loki", "Loki")
	selector := flags.String("loki-selector", `{service_name="orders"}`, "`selector` of the deployment's log in Loki")
	return func(ctx context.Context, d *deployment) (string, error) {
		if d.requestID == "" {
			return "", errors.New("no request was answered with an X-Request-Id that could be looked for")
		}
		query := fmt.Sprintf("%s |= %q", *selector, d.requestID)
		if loki.address == "" {
			return "", &lookError{"log store", query}
		}
		// Clocks differ, and this is no place to find that out.
		const around = 10 * time.Minute
		err := d.eventually(ctx, func() error {
			a, err := loki.get(ctx, "/loki/api/v1/query_range", url.Values{
				"query": {query},
				"start": {strconv.FormatInt(d.changedAt.Add(-around).UnixNano(), 10)},
				"end":   {strconv.FormatInt(d.changedAt.Add(around).UnixNano(), 10)},
				"limit": {"10"},
			})
			if err != nil {
				return err
			}
			var found struct {
				Data struct{ Result []json.RawMessage }
			}
			if err := json.Unmarshal(a.body, &found); err != nil {
				return fmt.Errorf("%s: %w", loki.title, err)
			}
			for _, stream := range found.Data.Result {
				if bytes.Contains(stream, []byte(d.requestID)) {
					return nil
				}
			}
			return fmt.Errorf("no line in Loki is %s", query)
		})
		if err != nil {
			return "", err
		}
		return "found " + query, nil
	}
}
