// Package reload brings what was read from files up to date while the service
// runs: on SIGHUP, and when the content of a file changes.
package reload

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// interval is the time between two looks at the files. A certificate is renewed
// days before it ends, and who cannot wait sends SIGHUP.
const interval = 10 * time.Second

// silence is how long the loop may take for one round. A longer one means that
// the process hangs.
const silence = 6 * interval

// Loop reloads. All its callbacks run in one goroutine, one after another.
type Loop struct {
	log     *slog.Logger
	sources []*source
	signals chan os.Signal

	started time.Time
	beat    atomic.Int64 // when the last round began, counted from the start
	ended   atomic.Bool
}

// source is something that was read from files.
type source struct {
	name  string
	files []string
	load  func() error
	seen  [sha256.Size]byte
}

// New returns a loop that nothing has been added to. From here on SIGHUP does
// not end the process.
func New(log *slog.Logger) *Loop {
	l := &Loop{log: log, signals: make(chan os.Signal, 1), started: time.Now()}
	signal.Notify(l.signals, syscall.SIGHUP)
	return l
}

// Add adds something that is read from files, and the function that reads it
// again. After an error of load, what was read before must still be in use.
// Nothing can be added to a loop that runs.
func (l *Loop) Add(name string, files []string, load func() error) {
	l.sources = append(l.sources, &source{name: name, files: files, load: load, seen: fingerprint(files)})
}

// Run reloads until ctx is done.
func (l *Loop) Run(ctx context.Context) error {
	defer l.ended.Store(true)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		l.beat.Store(int64(time.Since(l.started)))
		select {
		case <-ctx.Done():
			return nil
		case <-l.signals:
			l.log.InfoContext(ctx, "reloading on SIGHUP")
			l.round(ctx, true)
		case <-ticker.C:
			l.round(ctx, false)
		}
	}
}

// Alive returns an error when the loop has not come round for long: it hangs,
// and most likely so does the process. It is a liveness check.
func (l *Loop) Alive(context.Context) error {
	if l.ended.Load() {
		return nil // the process is stopping
	}
	if quiet := time.Since(l.started) - time.Duration(l.beat.Load()); quiet > silence {
		return fmt.Errorf("reload: the loop has not come round for %s", quiet)
	}
	return nil
}

// Close gives SIGHUP its usual meaning back.
func (l *Loop) Close() { signal.Stop(l.signals) }

// round reloads what has changed, or everything.
func (l *Loop) round(ctx context.Context, everything bool) {
	for _, s := range l.sources {
		// Taken before loading, so that a change that comes in between is seen
		// in the next round.
		now := fingerprint(s.files)
		if now == s.seen && !everything {
			continue
		}
		s.seen = now
		if err := s.load(); err != nil {
			l.log.ErrorContext(ctx, "reload failed, the last good state stays in use", slog.String("source", s.name), slog.Any("error", err))
			continue
		}
		l.log.InfoContext(ctx, "reloaded", slog.String("source", s.name))
	}
}

// fingerprint stands for the content of files. Names and times would not do:
// Kubernetes replaces the files of a volume by turning a link of their folder.
func fingerprint(files []string) [sha256.Size]byte {
	hash := sha256.New()
	for _, name := range files {
		n, err := hashFile(hash, name)
		_, _ = fmt.Fprintf(hash, "%d %t\n", n, err == nil) // never fails
	}
	return [sha256.Size]byte(hash.Sum(nil))
}

func hashFile(hash io.Writer, name string) (int64, error) {
	file, err := os.Open(name) //nolint:gosec // reading the files that the operator names is the purpose
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(hash, file)
	return n, errors.Join(err, file.Close())
}
