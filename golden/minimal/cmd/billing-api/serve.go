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

	"github.com/acme/billing-api/internal/app"
	"github.com/acme/billing-api/internal/config"
	"github.com/acme/billing-api/internal/logging"
)

// stopMargin is how long after server.shutdown_timeout the process exits, even if the shutdown hangs.
const stopMargin = 5 * time.Second

func serveCommand(sources config.Sources) *cobra.Command {
	return settingsCommand(sources, "serve", "Run the service until SIGTERM or SIGINT",
		func(cmd *cobra.Command, loaded *config.Loaded) error {
			// Without this, SIGPIPE kills the process when the log pipe closes.
			signal.Ignore(syscall.SIGPIPE)
			ctx, cfg := cmd.Context(), loaded.Config
			cancelExit := context.AfterFunc(ctx, func() { exitAfter(cfg.Server.ShutdownTimeout + stopMargin) })
			defer cancelExit()

			out := logging.NewOutput(cmd.OutOrStdout())
			log, level := logging.New(cfg.Log, cfg.Service.Name, out)
			if err := app.Run(ctx, loaded, log, level, out); err != nil {
				log.ErrorContext(ctx, "stopped with an error", slog.Any("error", err))
				return errLogged
			}
			return nil
		})
}

// exitAfter exits the process if it is still running after the limit, for example because a write to the log blocks.
func exitAfter(limit time.Duration) {
	time.AfterFunc(limit, func() {
		// A write to standard error may block, too.
		go func() {
			_, _ = fmt.Fprintf(os.Stderr, "billing-api: still running %s after the stop signal; exiting with code 1\n", limit)
		}()
		time.Sleep(100 * time.Millisecond)
		os.Exit(exitFailed)
	})
}
