package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/acme/billing-api/internal/config"
)

// probeMargin is how much longer the command waits than health.check_timeout, so that its output shows which check failed.
// The timeout of HEALTHCHECK in the Dockerfile must be longer than both together.
const probeMargin = 500 * time.Millisecond

func healthcheckCommand(sources config.Sources) *cobra.Command {
	ready := false
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Check the health of the service on this machine",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path := "/health"
			if ready {
				path = "/ready"
			}
			// The service may be healthy even if its settings broke after the start. Without them, the address may be wrong.
			cfg, ignored, err := config.LoadLenient(sources)
			if err != nil {
				return err
			}
			address, err := probeURL(cfg, path)
			if err != nil {
				return err
			}
			err = probe(cmd.Context(), cmd.OutOrStdout(), address, cfg.Health.CheckTimeout+probeMargin)
			if err != nil && ignored != nil {
				return fmt.Errorf("%w\nthe address may be wrong, because some settings cannot be used:\n%w", err, ignored)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&ready, "ready", false, "check whether the service accepts traffic")
	settingsFlags(cmd, &sources)
	return cmd
}

// probeURL returns the URL of a path on the API listener. A connection to 0.0.0.0 or :: reaches this machine.
func probeURL(cfg config.Config, path string) (string, error) {
	if cfg.Server.Port == 0 {
		return "", errors.New("server.port: the port is chosen at each start; set a fixed port to use healthcheck")
	}
	scheme := "http"
	if cfg.Server.TLS.CertFile != "" {
		scheme = "https"
	}
	address := url.URL{Scheme: scheme, Host: net.JoinHostPort(cfg.Server.Bind, strconv.Itoa(cfg.Server.Port)), Path: path}
	return address.String(), nil
}

// probe prints the response, which names the checks that failed or are degraded.
func probe(ctx context.Context, out io.Writer, address string, limit time.Duration) error {
	client := http.Client{Timeout: limit, Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // the connection stays on this machine
		DisableKeepAlives: true,
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	report, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", address, response.Status, bytes.TrimSpace(report))
	}
	_, err = fmt.Fprintf(out, "%s\n", bytes.TrimSpace(report))
	return err
}
