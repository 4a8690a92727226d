package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// checkTraces waits until Tempo or Jaeger has the trace of a request of this smoke test. The service samples only a part
// of the requests, so each attempt sends another one.
func (s *smoke) checkTraces(ctx context.Context) (string, error) {
	if s.traces.url == "" {
		return "-traces is not set; look for requests to " + versions[0].path, errSkipped
	}
	var ids []string
	err := s.retry(ctx, func() error {
		header, err := s.api.send(ctx, http.MethodGet, versions[0].path, "", "", http.StatusOK, nil)
		if err != nil {
			return err
		}
		ids = append(ids, header.Get("X-Trace-Id"))
		for _, id := range ids {
			var trace json.RawMessage
			if err = s.traces.get(ctx, "/api/traces/"+id, &trace); err == nil && bytes.Contains(trace, []byte(versions[0].path)) {
				return nil
			}
		}
		return errors.Join(fmt.Errorf("%s has none of %d traces", s.traces.url, len(ids)), err)
	})
	return fmt.Sprintf("found one of %d traces", len(ids)), err
}
