// Package app puts the service together.
package app

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/acme/sample-service/internal/buildinfo"
	"example.com/acme/sample-service/internal/config"
	"example.com/acme/sample-service/internal/health"
	"example.com/acme/sample-service/internal/httpapi"
	"example.com/acme/sample-service/internal/httpserver"
	"example.com/acme/sample-service/internal/logging"
	"example.com/acme/sample-service/internal/middleware"
	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/reload"
	"example.com/acme/sample-service/internal/telemetry"
	//{{slot "app/imports"}}
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
	//{{slot "app/telemetry"}}
	metrics, err := telemetry.Open(ctx, cfg.Metrics, log, export...)
	if err != nil {
		return err
	}
	defer metrics.Close(end)
	checks := health.New(cfg.Health, log, cfg.Service.Name, build.Version, build.Commit)

	//{{slot "app/open"}}

	// The notes, and what keeps them.
	//{{slot "app/store"}}
	//{{slot "app/decorate"}}
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
		//{{slot "app/observe"}}
		middleware.AccessLog(log),
		measured,
		middleware.Recover(log),
		middleware.SecurityHeaders(cfg.Server.TLS.Secure()),
		middleware.CORS(cfg.CORS),
		middleware.BodyLimit(cfg.HTTP.BodyLimit),
		middleware.Timeout(cfg.Server.RequestTimeout),
		middleware.Compress(cfg.HTTP.Compression),
		//{{slot "app/protect"}}
		middleware.ClientCert(cfg.Server.TLS.ClientCAFile != ""),
		//{{slot "app/authenticate"}}
		//{{slot "app/authorize"}}
		//{{slot "app/isolate"}}
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
	changes.Add("settings", settings.Files(), func() error { return reloadSettings(ctx, settings, log, level) })
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
	//{{slot "app/serve"}}
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

// reloadSettings reads the settings again and applies the log level. Other changes need a restart.
func reloadSettings(ctx context.Context, settings *config.Loaded, log *slog.Logger, level *slog.LevelVar) error {
	now, err := settings.Reload()
	if err != nil {
		return err
	}
	next, err := logging.ParseLevel(now.Config.Log.Level)
	if err != nil {
		return err
	}
	level.Set(next)
	restart := slices.DeleteFunc(settings.Changed(now), func(key string) bool { return key == "log.level" })
	if len(restart) > 0 {
		log.WarnContext(ctx, "changed settings need a restart", slog.Any("settings", restart))
	}
	return nil
}
