package generator

// syntheticFiles holds the files of a synthetic feature. synthetic.words replaces the words in capitals.
var syntheticFiles = map[string]string{
	"docs/NAME.md": "# TITLE\n\nWhat `NAME` does, and how to operate it.\n",

	"internal/PKG/config.go": `package PKG

import (
	"errors"
	"time"
)

// Config holds the settings of TITLE.
type Config struct {
	URL     string        ` + "`yaml:\"url\" default:\"\" doc:\"Address of the server.\"`" + `
	Size    int           ` + "`yaml:\"size\" default:\"8\" doc:\"How much is kept open.\"`" + `
	Timeout time.Duration ` + "`yaml:\"timeout\" default:\"2s\" doc:\"How long one call may take.\"`" + `
	Strict  bool          ` + "`yaml:\"strict\" default:\"true\" doc:\"Refuses what is doubtful.\"`" + `
}

// Validate checks the settings.
func (c Config) Validate() error {
	var errs []error
	if c.Size < 1 {
		errs = append(errs, errors.New("KEY.size: must be at least 1"))
	}
	if c.Timeout <= 0 {
		errs = append(errs, errors.New("KEY.timeout: must be longer than 0"))
	}
	return errors.Join(errs...)
}
`,

	"internal/PKG/PKG.go": `// Package PKG implements the feature NAME.
package PKG

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

IMPORTED	"SERVICE/internal/request"
)

// Client talks to a server. It is safe for concurrent use.
type Client struct {
	cfg  Config
	log  *slog.Logger
	held *HELD

	mu     sync.Mutex
	seen   map[string]time.Time
	closed bool
}

// ErrClosed says that the client is closed.
var ErrClosed = errors.New("PKG: closed")

// Open returns a client.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("PKG: open: %w", err)
	}
	log.InfoContext(ctx, "PKG", slog.Int("size", cfg.Size), slog.Duration("timeout", cfg.Timeout))
	return &Client{cfg: cfg, log: log, seen: make(map[string]time.Time)}, nil
}

// Ping returns an error while the server cannot be used.
func (c *Client) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	c.seen[request.From(ctx).ID] = time.Now()
	return ctx.Err()
}

// Run works until ctx is done.
func (c *Client) Run(ctx context.Context) error {
	tick := time.NewTicker(c.cfg.Timeout)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			c.forget(now.Add(-time.Duration(c.cfg.Size) * c.cfg.Timeout))
		}
	}
}

func (c *Client) forget(before time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, at := range c.seen {
		if at.Before(before) {
			delete(c.seen, id)
		}
	}
}

// Close closes the client.
func (c *Client) Close(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed, c.held = true, nil
	c.log.DebugContext(ctx, "closed", slog.Int("seen", len(c.seen)))
}
`,

	"internal/PKG/store.go": `package PKG

import (
	"context"
	"fmt"

	"SERVICE/internal/note"
)

// store wraps another store.
type store struct {
	note.Store
	client *Client
}

// Wrap returns a store that asks the client first.
func (c *Client) Wrap(next note.Store) note.Store { return &store{Store: next, client: c} }

// Get returns the note.
func (s *store) Get(ctx context.Context, id string) (note.Note, error) {
	if err := s.client.Ping(ctx); err != nil {
		return note.Note{}, fmt.Errorf("PKG: get: %w", err)
	}
	return s.Store.Get(ctx, id)
}

// List returns notes.
func (s *store) List(ctx context.Context, q note.Query) (note.Page, error) {
	page, err := s.Store.List(ctx, q)
	if err != nil {
		return note.Page{}, fmt.Errorf("PKG: list %q: %w", q.Owner, err)
	}
	if len(page.Notes) > s.client.cfg.Size {
		page.Notes = page.Notes[:s.client.cfg.Size]
	}
	return page, nil
}
`,

	"internal/PKG/layer.go": `package PKG

import (
	"log/slog"
	"net/http"

	"SERVICE/internal/middleware"
	"SERVICE/internal/request"
)

// Layer returns a middleware.
func (c *Client) Layer(name string) middleware.Layer {
	return middleware.Layer{
		Name:  name,
		Attrs: []slog.Attr{slog.Bool("strict", c.cfg.Strict)},
		Wrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := c.Ping(r.Context()); err != nil {
					c.log.WarnContext(r.Context(), "PKG", slog.String("route", request.From(r.Context()).Route), slog.Any("err", err))
				}
				next.ServeHTTP(w, r)
			})
		},
	}
}
`,

	"internal/PKG/PKG_test.go": `package PKG

import (
	"errors"
	"log/slog"
	"testing"
	"time"
)

func opened(t *testing.T) *Client {
	t.Helper()
	c, err := Open(t.Context(), Config{Size: 1, Timeout: time.Second}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	tests := map[string]Config{"no size": {Timeout: time.Second}, "no time": {Size: 1}}
	for name, cfg := range tests {
		t.Run(name, func(t *testing.T) {
			if err := cfg.Validate(); err == nil {
				t.Errorf("%+v: accepted", cfg)
			}
		})
	}
}

func TestAClosedClientSaysSo(t *testing.T) {
	c := opened(t)
	c.Close(t.Context())
	if err := c.Ping(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want %v", err, ErrClosed)
	}
}
`,

	"internal/PKG/store_test.go": `package PKG_test

import (
	"log/slog"
	"testing"
	"time"

	"SERVICE/internal/PKG"

	"SERVICE/internal/memory"
	"SERVICE/internal/note"
)

func TestNotesArePassedOn(t *testing.T) {
	c, err := PKG.Open(t.Context(), PKG.Config{Size: 1, Timeout: time.Second}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	store := c.Wrap(memory.Open())
	if err := store.Create(t.Context(), note.Note{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Get(t.Context(), "a"); err != nil || got.ID != "a" {
		t.Errorf("got %v, %v", got, err)
	}
}
`,
}

// syntheticSlots holds the fragments of every synthetic feature.
var syntheticSlots = map[string]string{
	"app/imports": "\"SERVICE/internal/PKG\"\n",
	"app/open": `PKGClient, err := PKG.Open(ctx, cfg.TITLE, log)
if err != nil {
	return err
}
defer PKGClient.Close(ctx)
checks.Add("NAME", PKGClient.Ping)
`,
	"config/imports":    "\"SERVICE/internal/PKG\"\n",
	"config/fields":     "TITLE PKG.Config `yaml:\"KEY\" doc:\"The settings of NAME.\"`\n",
	"config/production": "{\"KEY.strict\", \"lax-NAME\", !c.TITLE.Strict, \"what is doubtful must be refused\"},\n",
	"readme/folders":    "| `internal/PKG` | what NAME brings |\n",
	"readme/links":      "- [TITLE](docs/NAME.md)\n",
}

// The files of a pair of synthetic features.
const syntheticPair = `package PKG

import (
	"context"
	"fmt"

	"SERVICE/internal/OTHER"
)

// With_OTHER lets both work together.
func (c *Client) With_OTHER(ctx context.Context, other *OTHER.Client) error {
	if err := other.Ping(ctx); err != nil {
		return fmt.Errorf("PKG: with OTHER: %w", err)
	}
	return c.Ping(ctx)
}
`

const syntheticPairTest = `package PKG

import (
	"log/slog"
	"testing"
	"time"

	"SERVICE/internal/OTHER"
)

func TestWith_OTHER(t *testing.T) {
	other, err := OTHER.Open(t.Context(), OTHER.Config{Size: 1, Timeout: time.Second}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := opened(t).With_OTHER(t.Context(), other); err != nil {
		t.Error(err)
	}
}
`
