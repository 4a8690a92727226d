package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"git.example.org/shop/orders/v2/internal/config"
)

// probeTimeout is below the timeout of the image's health check, so that the
// reason is seen and not only that there was no answer.
const probeTimeout = 2 * time.Second

func healthcheckCommand(ctx context.Context, sources config.Sources) *cobra.Command {
	ready := false
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the service that runs on this machine how it is",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			loaded, err := config.Load(sources)
			if err != nil {
				return fmt.Errorf("settings:\n%w", err)
			}
			path := "/health"
			if ready {
				path = "/ready"
			}
			url, err := probeURL(loaded.Config, path)
			if err != nil {
				return err
			}
			return probe(ctx, url)
		},
	}
	cmd.Flags().BoolVar(&ready, "ready", false, "ask whether it takes traffic, not only whether it lives")
	settingsFlags(cmd, &sources)
	return cmd
}

// probeURL returns the address of the API listener as seen from this machine.
func probeURL(cfg config.Config, path string) (string, error) {
	if cfg.Server.Port == 0 {
		return "", errors.New("server.port: 0 is a different port at every start, so nobody can ask it")
	}
	host := cfg.Server.Bind
	// A listener on every address is asked on the loopback.
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsUnspecified() {
		host = "127.0.0.1"
		if addr.Is6() {
			host = "::1"
		}
	}
	scheme := "http"
	if cfg.Server.TLS.CertFile != "" {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(cfg.Server.Port)) + path, nil
}

func probe(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	client := http.Client{Transport: &http.Transport{
		// The certificate is for the public name, and the connection does not
		// leave this machine: there is nobody to be mistaken for.
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // see above
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
	if err := response.Body.Close(); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return nil
}
