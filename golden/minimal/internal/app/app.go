// Package app wires the parts of the service together.
package app

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/acme/billing-api/internal/buildinfo"
	"github.com/acme/billing-api/internal/config"
	"github.com/acme/billing-api/internal/health"
	"github.com/acme/billing-api/internal/httpapi"
	"github.com/acme/billing-api/internal/httpserver"
	"github.com/acme/billing-api/internal/logging"
	"github.com/acme/billing-api/internal/memory"
	"github.com/acme/billing-api/internal/middleware"
	"github.com/acme/billing-api/internal/note"
	"github.com/acme/billing-api/internal/reload"
	"github.com/acme/billing-api/internal/telemetry"
)

// Run runs the service until ctx is done and the open requests are answered. It opens the parts of the service in
// order, and closes them in reverse order after the listeners.
func Run(ctx context.Context, settings *config.Loaded, log *slog.Logger, level *slog.LevelVar, out *logging.Output) error {
	cfg, build := settings.Config, buildinfo.Get()
	log.InfoContext(ctx, "starting",
		slog.String("version", build.Version), slog.String("commit", build.Commit), slog.String("profile", cfg.Service.Profile))

	// Parts that flush or wait when they are closed share the shutdown timeout with the requests.
	end, cancel := shutdownContext(ctx, cfg.Server.ShutdownTimeout)
	defer cancel()

	// Telemetry and health checks come first, because the other parts report to them.
	export := telemetry.Local(cfg.Service.Name, build.Version)
	metrics, err := telemetry.Open(ctx, cfg.Metrics, log, export...)
	if err != nil {
		return err
	}
	defer metrics.Close(end)
	if err := metrics.CountLostLogLines(out.Lost); err != nil {
		return err
	}
	checks := health.New(cfg.Health, log, cfg.Service.Name, build.Version, build.Commit)
	checks.AddLiveness("log", out.Alive)

	// The domain and its store.
	var store note.Store = memory.Open()
	notes := note.NewService(store, time.Now, note.NewID)

	// The routes.
	router := httpapi.NewRouter(checks, metrics.Meter(), log)
	httpapi.Register(router, notes) //nolint:contextcheck // registration records no request
	if err := router.CheckTimeouts(cfg.Server.LongestRequest()); err != nil {
		return err
	}

	// The middleware that every request passes, outermost first. Streams end when drained is closed.
	drained := make(chan struct{})
	https := cfg.Server.TLS.Secure()
	measured, err := middleware.Metrics(metrics.Meter(), https)
	if err != nil {
		return err
	}
	inFlight, err := middleware.InFlight(cfg.HTTP.MaxInFlight, metrics.Meter())
	if err != nil {
		return err
	}
	chain := middleware.Chain{
		middleware.Record(router.Route, cfg.HTTP),
		middleware.AccessLog(log),
		measured,
		middleware.Recover(log),
		middleware.SecurityHeaders(https),
		middleware.CORS(cfg.CORS),
		middleware.ClientCert(cfg.Server.TLS.ClientCAFile != ""),
		inFlight,
		middleware.BodyLimit(cfg.HTTP.MaxBodyBytes),
		middleware.Timeout(cfg.Server.RequestTimeout, drained),
		middleware.Compress(cfg.HTTP.Compression),
	}
	router.Use(chain)
	log.InfoContext(ctx, "middleware", slog.Any("chain", chain))

	// Open both listeners before either serves, so that a port in use stops the start.
	api, err := httpserver.Listen(ctx, cfg.Server, metrics.Meter(), log)
	if err != nil {
		return err
	}
	defer api.Close()
	api.OnDrained(func() { close(drained) })
	internal, err := httpserver.ListenInternal(ctx, "metrics", cfg.Metrics.Bind, cfg.Metrics.Port, log)
	if err != nil {
		return err
	}
	defer internal.Close()

	// Files that are reloaded while the service runs.
	changes := reload.New(log)
	defer changes.Close()
	changes.Add("settings", settings.Files(), func() error { return reloadSettings(ctx, settings, log, level) })
	if cfg.Server.TLS.Enabled() {
		changes.Add("certificates", api.Files(), api.Reload)
	}

	// Run everything until ctx is done. The first error stops the rest.
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return changes.Run(ctx) })
	group.Go(func() error {
		return httpserver.Run(ctx, cfg.Server, checks.Drain,
			httpserver.Endpoint{Server: api, Handler: router},
			httpserver.Endpoint{Server: internal, Handler: metrics.Handler()})
	})
	return group.Wait()
}

// shutdownContext returns a context that ends limit after ctx.
func shutdownContext(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	end, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(limit, cancel) })
	return end, func() {
		stop()
		cancel()
	}
}

// reloadSettings reads the settings again and applies the log level. Other changes need a restart.
func reloadSettings(ctx context.Context, settings *config.Loaded, log *slog.Logger, level *slog.LevelVar) error {
	next, err := settings.Reload()
	if err != nil {
		return err
	}
	level.Set(next.Config.Log.Level)
	restart := slices.DeleteFunc(settings.Changed(next), func(key string) bool { return key == "log.level" })
	if len(restart) > 0 {
		log.WarnContext(ctx, "changed settings need a restart", slog.Any("settings", restart))
	}
	return nil
}
