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
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/acme/billing-api/internal/config"
)

// probeTimeout is longer than health.check_timeout and shorter than the timeout of the image's health check, so that the
// output says what failed.
const probeTimeout = 2500 * time.Millisecond

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
			// Only the address matters: a settings file that broke after the start says nothing about the service.
			url, err := probeURL(config.LoadLenient(sources), path)
			if err != nil {
				return err
			}
			return probe(cmd.Context(), url)
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
	return scheme + "://" + net.JoinHostPort(cfg.Server.Bind, strconv.Itoa(cfg.Server.Port)) + path, nil
}

func probe(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	client := http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // the connection stays on this machine
		DisableKeepAlives: true,
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
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
		return fmt.Errorf("%s answers %s: %s", url, response.Status, bytes.TrimSpace(report))
	}
	return nil
}
