package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"example.com/acme/sample-service/internal/app"
	"example.com/acme/sample-service/internal/config"
	"example.com/acme/sample-service/internal/logging"
)

// stopMargin is the time after server.shutdown_timeout at which the process ends even if something hangs.
const stopMargin = 5 * time.Second

func serveCommand(sources config.Sources) *cobra.Command {
	return settingsCommand(sources, "serve", "Run the service until SIGTERM or SIGINT",
		func(cmd *cobra.Command, loaded *config.Loaded) error {
			// Without this, a write to standard output ends the process when the reader of the log has gone.
			signal.Ignore(syscall.SIGPIPE)
			ctx, cfg := cmd.Context(), loaded.Config
			context.AfterFunc(ctx, func() { endAfter(cfg.Server.ShutdownTimeout + stopMargin) })

			out := logging.NewWriter(cmd.OutOrStdout())
			defer out.Close()
			log, level, err := logging.New(cfg.Log, cfg.Service.Name, out)
			if err != nil {
				return err
			}
			if err := app.Run(ctx, loaded, log, level); err != nil {
				log.ErrorContext(ctx, "stopped with an error", slog.Any("error", err))
				return errLogged
			}
			return nil
		})
}

// endAfter ends the process if it has not ended by itself, for example because a write to the log blocks.
func endAfter(limit time.Duration) {
	time.AfterFunc(limit, func() {
		// Standard error may block, too.
		go func() {
			_, _ = fmt.Fprintf(os.Stderr, "sample-service: still running %s after the stop signal\n", limit)
		}()
		time.Sleep(100 * time.Millisecond)
		os.Exit(exitFailed)
	})
}
