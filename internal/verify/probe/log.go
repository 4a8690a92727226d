package probe

import (
	"bufio"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
)

// logbook collects the log lines of an instance.
type logbook struct {
	mu    sync.Mutex
	lines []string
}

// read collects lines until the end of r.
func (l *logbook) read(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		l.mu.Lock()
		l.lines = append(l.lines, lines.Text())
		l.mu.Unlock()
	}
	_, _ = io.Copy(io.Discard, r) // keep reading after an overlong line, or the instance blocks
}

func (l *logbook) tail(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines[max(0, len(l.lines)-n):], "\n")
}

// all returns the lines so far.
func (l *logbook) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

// records returns all lines as records. A line that is not JSON has only the field "unparsed".
func (l *logbook) records() []record {
	l.mu.Lock()
	defer l.mu.Unlock()
	records := make([]record, 0, len(l.lines))
	for _, line := range l.lines {
		r := record{}
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			r["unparsed"] = line
		}
		r.flatten("", fields)
		delete(r, "")
		records = append(records, r)
	}
	return records
}

// logCommand searches the log of an instance: log [-i NAME] [-count N] FIELD=VALUE FIELD=~REGEXP ….
func logCommand(s *script, args []string) error {
	flags := newFlags("log")
	name := flags.instance()
	count := flags.Int("count", -1, "exact number of lines")
	if err := flags.Parse(args); err != nil {
		return err
	}
	i, err := s.instance(*name)
	if err != nil {
		return err
	}
	return s.find("lines", i.log.records(), *count, flags.Args())
}
