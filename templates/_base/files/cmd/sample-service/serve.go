package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"

	"github.com/spf13/cobra"

	"example.com/acme/sample-service/internal/app"
	"example.com/acme/sample-service/internal/config"
	"example.com/acme/sample-service/internal/logging"
)

func serveCommand(ctx context.Context, sources config.Sources) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the service until it is told to stop",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, err := config.Load(sources)
			if err != nil {
				return fmt.Errorf("settings:\n%w", err)
			}
			cfg := loaded.Config
			out := logging.NewOutput(cmd.OutOrStdout())
			log, level, err := logging.New(cfg.Log, cfg.Service.Name, out)
			if err != nil {
				return err
			}
			tuneCollector(ctx, log)
			if err := app.Run(ctx, loaded, log, level); err != nil {
				log.ErrorContext(ctx, "stopped with an error", slog.Any("error", err))
				return errLogged
			}
			return nil
		},
	}
	settingsFlags(cmd, &sources)
	return cmd
}

// collectAt is how much the heap grows before it is collected, in percent of
// what is live. A service of this kind keeps little and allocates much, so with
// Go's default of 100 it collects many times in a second, for a tenth of its
// processor time. This buys that back with memory. GOMEMLIMIT bounds the price:
// near the limit the heap is collected sooner, whatever the percentage.
const collectAt = 400

// tuneCollector sets the percentage, unless the operator has set GOGC.
func tuneCollector(ctx context.Context, log *slog.Logger) {
	percent := os.Getenv("GOGC")
	if percent == "" {
		debug.SetGCPercent(collectAt)
		percent = strconv.Itoa(collectAt)
	}
	log.InfoContext(ctx, "garbage collection", slog.String("gogc", percent), slog.String("gomemlimit", cmp.Or(os.Getenv("GOMEMLIMIT"), "off")))
}
