package logging

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/acme/billing-api/internal/health"
)

// maxBlocked is how long one write may block before the process counts as hung: every request waits for the log.
const maxBlocked = 10 * time.Second

// Output writes log lines, one at a time, and watches the writer behind it.
type Output struct {
	mu      sync.Mutex
	w       io.Writer
	lost    atomic.Int64
	started atomic.Int64 // when the current write began, in nanoseconds since 1970; 0 between writes
}

// NewOutput returns an Output that writes to w.
func NewOutput(w io.Writer) *Output { return &Output{w: w} }

// Write implements io.Writer.
func (o *Output) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.started.Store(time.Now().UnixNano())
	defer o.started.Store(0)
	n, err := o.w.Write(line)
	if err != nil {
		o.lost.Add(1)
	}
	return n, err
}

// Lost returns the number of lines that could not be written.
func (o *Output) Lost() int64 { return o.lost.Load() }

// Alive returns an error if a write has been blocked for longer than maxBlocked. It is a liveness check: nothing but a
// restart helps if the reader of the log hangs.
func (o *Output) Alive(context.Context) error {
	started := o.started.Load()
	if blocked := time.Since(time.Unix(0, started)); started != 0 && blocked > maxBlocked {
		return health.Reason("the log is not writable", fmt.Errorf("a write has been blocked for %s", blocked.Round(time.Second)))
	}
	return nil
}

// escaper writes control and formatting characters as JSON escapes. slog leaves those beyond ASCII as they are, and
// terminals obey them.
type escaper struct{ w io.Writer }

func (e escaper) Write(line []byte) (int, error) {
	escaped := line
	if slices.ContainsFunc(line, func(b byte) bool { return b > '~' }) {
		escaped = nil
		for _, r := range string(line) {
			if !isInvisible(r) {
				escaped = utf8.AppendRune(escaped, r)
				continue
			}
			for _, unit := range utf16.AppendRune(nil, r) {
				escaped = fmt.Appendf(escaped, `\u%04x`, unit)
			}
		}
	}
	if _, err := e.w.Write(escaped); err != nil {
		return 0, err
	}
	return len(line), nil
}

// isInvisible reports whether slog writes a control or formatting character as it is.
func isInvisible(r rune) bool { return r > '~' && unicode.In(r, unicode.Cc, unicode.Cf) }
