// Package app puts the service together.
package app

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/acme/billing-api/internal/buildinfo"
	"github.com/acme/billing-api/internal/config"
	"github.com/acme/billing-api/internal/directory"
	"github.com/acme/billing-api/internal/health"
	"github.com/acme/billing-api/internal/httpapi"
	"github.com/acme/billing-api/internal/httpserver"
	"github.com/acme/billing-api/internal/logging"
	"github.com/acme/billing-api/internal/middleware"
	"github.com/acme/billing-api/internal/note"
	"github.com/acme/billing-api/internal/postgres"
	"github.com/acme/billing-api/internal/reload"
	"github.com/acme/billing-api/internal/telemetry"
	"github.com/acme/billing-api/internal/tracing"
)

// Run runs the service until ctx is done and its last request is answered. What
// is opened here is closed in the opposite order, after the listeners.
func Run(ctx context.Context, settings *config.Loaded, log *slog.Logger, level *slog.LevelVar) error {
	cfg, build := settings.Config, buildinfo.Get()
	log.InfoContext(ctx, "starting",
		slog.String("version", build.Version), slog.String("commit", build.Commit), slog.String("profile", cfg.Service.Profile))

	// What is flushed at the end has what is left of the time to stop.
	end, cancel := ending(ctx, cfg.Server.ShutdownTimeout)
	defer cancel()

	// Telemetry and health come first: everything below reports to them.
	traces, err := tracing.Open(ctx, cfg.Tracing, log, cfg.Service.Name, build.Version, cfg.Service.Profile)
	if err != nil {
		return err
	}
	defer traces.Close(end)
	export := traces.Export()
	metrics, err := telemetry.Open(ctx, cfg.Metrics, log, export...)
	if err != nil {
		return err
	}
	defer metrics.Close(end)
	checks := health.New(cfg.Health, log, cfg.Service.Name, build.Version, build.Commit)

	// Another service knows who may own a note.
	owners, err := directory.Open(cfg.Directory)
	if err != nil {
		return err
	}
	defer owners.Close()

	// The database connects when it is needed: the service starts without it.
	database, err := postgres.Open(ctx, cfg.Database, cfg.Service.Name, metrics.Meter(), log)
	if err != nil {
		return err
	}
	defer database.Close()

	// Spans are counted, those that are lost too.
	if err := traces.Count(metrics.Meter()); err != nil {
		return err
	}

	// The notes, and what keeps them.
	var store note.Store = database.Notes()
	checks.Add("database", database.Ready)
	store = owners.Guard(store)
	notes := note.NewService(store, time.Now, note.NewID)

	// The routes.
	router := httpapi.NewRouter(checks, metrics.Meter(), log)
	httpapi.Register(router, notes)

	// What every request passes on its way to a route, outermost first.
	measured, err := middleware.Metrics(metrics.Meter())
	if err != nil {
		return err
	}
	chain := middleware.Chain{
		middleware.Record(router, cfg.HTTP),
		middleware.Trace(traces.Provider(), traces.Propagator(), cfg.Server.TLS.Secure()),
		middleware.AccessLog(log),
		measured,
		middleware.Recover(log),
		middleware.SecurityHeaders(cfg.Server.TLS.Secure()),
		middleware.CORS(cfg.CORS),
		middleware.BodyLimit(cfg.HTTP.BodyLimit),
		middleware.Timeout(cfg.Server.RequestTimeout),
		middleware.Compress(cfg.HTTP.Compression),
		middleware.ClientCert(cfg.Server.TLS.ClientCAFile != ""),
	}
	log.InfoContext(ctx, "middleware", slog.Any("chain", chain))

	// Both listeners are open before one of them serves: a taken port stops the
	// start, not a service that already has clients.
	api, err := httpserver.Listen(ctx, cfg.Server, log)
	if err != nil {
		return err
	}
	defer api.Close()
	internal, err := httpserver.ListenInternal(ctx, "metrics", cfg.Metrics.Bind, cfg.Metrics.Port, log)
	if err != nil {
		return err
	}
	defer internal.Close()

	// What is read again while the service runs. The loop that does it shows
	// that the process is alive.
	changes := reload.New(log)
	defer changes.Close()
	changes.Add("log level", settings.Files(), func() error { return reloadLevel(settings, level) })
	if cfg.Server.TLS.Enabled() {
		changes.Add("certificates", api.Files(), api.Reload)
		if err := api.Measure(metrics.Meter()); err != nil {
			return err
		}
	}
	checks.AddLiveness("reload", changes.Alive)

	// Everything that runs. The first that fails stops the others.
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return changes.Run(ctx) })
	group.Go(func() error {
		return httpserver.Run(ctx, cfg.Server, checks.Drain,
			httpserver.Endpoint{Server: api, Handler: chain.Then(router)},
			httpserver.Endpoint{Server: internal, Handler: metrics.Handler()})
	})
	return group.Wait()
}

// ending returns a context that lasts as much longer than ctx as the service may
// take to stop, requests in flight included.
func ending(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	end, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(limit, cancel)
		context.AfterFunc(end, func() { timer.Stop() })
	})
	return end, func() {
		stop()
		cancel()
	}
}

// reloadLevel applies the level that the settings ask for now. Everything that
// the start would refuse is refused here too.
func reloadLevel(settings *config.Loaded, level *slog.LevelVar) error {
	now, err := settings.Reload()
	if err != nil {
		return err
	}
	next, err := logging.ParseLevel(now.Config.Log.Level)
	if err != nil {
		return err
	}
	level.Set(next)
	return nil
}
