package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/acme/billing-api/internal/app"
	"github.com/acme/billing-api/internal/config"
	"github.com/acme/billing-api/internal/logging"
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
			log, level, err := logging.New(cfg.Log, cfg.Service.Name, cmd.OutOrStdout())
			if err != nil {
				return err
			}
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
