package httpserver

import (
	"net/http"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// HTTP/2 connections change between active and idle more often than they have requests.
func TestServedHTTP2ConnectionsAreNotRefused(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("test")
	s := serveMetered(t, testConfig(), hello, meter)
	for range 3 {
		client, transport := newClient(t)
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetUnencryptedHTTP2(true)
		get(t, client, "http://"+s.api.Addr().String())
		transport.CloseIdleConnections()
	}
	eventually(t, "the server notices the end of each connection", func() bool {
		open := 0
		s.api.conns.open.Range(func(any, any) bool { open++; return true })
		return open == 0
	})
	if got := counts(t, reader); len(got) > 0 {
		t.Errorf("got refused connections %v, want none", got)
	}
}
