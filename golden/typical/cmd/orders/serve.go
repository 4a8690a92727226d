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

	"git.example.org/shop/orders/v2/internal/app"
	"git.example.org/shop/orders/v2/internal/config"
	"git.example.org/shop/orders/v2/internal/logging"
)

// stopMargin is the time after server.shutdown_timeout at which the process ends even if something hangs.
const stopMargin = 5 * time.Second

func serveCommand(sources config.Sources) *cobra.Command {
	return settingsCommand(sources, "serve", "Run the service until SIGTERM or SIGINT",
		func(cmd *cobra.Command, loaded *config.Loaded) error {
			// By default, a write to standard output ends the process once the reader of the log is gone.
			signal.Ignore(syscall.SIGPIPE)
			ctx, cfg := cmd.Context(), loaded.Config
			defer context.AfterFunc(ctx, func() { exitAfter(cfg.Server.ShutdownTimeout + stopMargin) })()

			out := logging.NewOutput(cmd.OutOrStdout())
			log, level, err := logging.New(cfg.Log, cfg.Service.Name, out)
			if err != nil {
				return err
			}
			if err := app.Run(ctx, loaded, log, level, out); err != nil {
				log.ErrorContext(ctx, "stopped with an error", slog.Any("error", err))
				return errLogged
			}
			return nil
		})
}

// exitAfter ends the process if it still runs after the limit, for example because a write to the log blocks.
func exitAfter(limit time.Duration) {
	time.AfterFunc(limit, func() {
		// A write to standard error may block, too.
		go func() {
			_, _ = fmt.Fprintf(os.Stderr, "orders: still running %s after the stop signal\n", limit)
		}()
		time.Sleep(100 * time.Millisecond)
		os.Exit(exitFailed)
	})
}
