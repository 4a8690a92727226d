// Package reload reloads files while the service runs: on SIGHUP, and when the content of a file changes.
package reload

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/acme/billing-api/internal/readfile"
)

// interval is the time between two checks of the files. An operator who cannot wait sends SIGHUP.
const interval = 10 * time.Second

// Loop reloads the files that were added to it. It calls all load functions from one goroutine.
type Loop struct {
	log     *slog.Logger
	sources []*source
	signals chan os.Signal
}

type source struct {
	name   string
	files  []string
	load   func() error
	seen   [sha256.Size]byte
	failed bool // the last load failed
}

// New returns an empty loop. From now on, SIGHUP does not end the process.
func New(log *slog.Logger) *Loop {
	l := &Loop{log: log, signals: make(chan os.Signal, 1)}
	signal.Notify(l.signals, syscall.SIGHUP)
	return l
}

// Add adds files and the function that loads them. If load fails, it must leave the previous state in use. Call Add
// before Run.
func (l *Loop) Add(name string, files []string, load func() error) {
	l.sources = append(l.sources, &source{name: name, files: files, load: load, seen: fingerprint(files)})
}

// Run reloads until ctx is done.
func (l *Loop) Run(ctx context.Context) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
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

// Close restores the default action of SIGHUP.
func (l *Loop) Close() { signal.Stop(l.signals) }

// round loads the sources whose files have changed, or all sources.
func (l *Loop) round(ctx context.Context, all bool) {
	for _, s := range l.sources {
		// The fingerprint is taken before the load: the next round sees a change that comes in between.
		current := fingerprint(s.files)
		changed := current != s.seen || all
		if !changed && !s.failed {
			continue
		}
		s.seen = current
		err := s.load()
		s.failed = err != nil
		if err != nil {
			if changed { // the next rounds try again, for example until a certificate becomes valid
				l.log.ErrorContext(ctx, "reload failed; the previous settings or certificates stay in use; correct the files, and the service reloads them",
					slog.String("source", s.name), slog.Any("error", err))
			}
			continue
		}
		l.log.InfoContext(ctx, "reloaded", slog.String("source", s.name))
	}
}

// fingerprint hashes the content of files. Names and times are not enough: Kubernetes replaces the files of a volume by
// changing a symbolic link.
func fingerprint(files []string) [sha256.Size]byte {
	hash := sha256.New()
	for _, name := range files {
		data, _, err := readfile.Regular(name)
		_, _ = fmt.Fprintf(hash, "%t %d\n%s", err == nil, len(data), data) // a hash does not fail
	}
	return [sha256.Size]byte(hash.Sum(nil))
}
