package probe

import (
	"encoding/hex"
	"errors"
	"strings"
	"time"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
)

// logsCommand searches the log lines that the collector received: logs [-count N] body=~… severity=INFO request_id=…
// resource.service.name=….
func logsCommand(s *script, args []string) error {
	flags := newFlags("logs")
	count := flags.Int("count", -1, "exact number of lines")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if s.collector == nil {
		return errors.New("collector: not started")
	}
	if _, _, err := s.collector.received(); err != nil {
		return err
	}
	s.collector.mu.Lock()
	defer s.collector.mu.Unlock()
	return s.find("lines", s.collector.logs, *count, flags.Args())
}

func (c *collector) addLogs(data *logspb.LogsData) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range data.ResourceLogs {
		for _, scope := range resource.ScopeLogs {
			for _, line := range scope.LogRecords {
				r := record{
					"body":     textOf(line.Body),
					"time":     time.Unix(0, int64(line.TimeUnixNano)).UTC().Format(time.RFC3339Nano),
					"severity": strings.TrimPrefix(line.SeverityNumber.String(), "SEVERITY_NUMBER_"),
					"trace_id": hex.EncodeToString(line.TraceId),
					"span_id":  hex.EncodeToString(line.SpanId),
				}
				addAttributes(r, "resource.", resource.GetResource().GetAttributes())
				addAttributes(r, "", line.Attributes)
				c.logs = append(c.logs, r)
			}
		}
	}
}
