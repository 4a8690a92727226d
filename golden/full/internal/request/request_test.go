package request

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/acme/billing-api/internal/id"
)

func TestReadIDs(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []string
		want   string // empty: not kept
	}{
		{"missing", nil, ""},
		{"empty", []string{""}, ""},
		{"plain", []string{"abc-1_2.3"}, "abc-1_2.3"},
		{"longest", []string{strings.Repeat("a", 128)}, strings.Repeat("a", 128)},
		{"too long", []string{strings.Repeat("a", 129)}, ""},
		{"twice", []string{"a", "b"}, ""},
		{"space", []string{"a b"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) { testReadIDs(t, tt.values, tt.want) })
	}
}

func testReadIDs(t *testing.T, values []string, want string) {
	t.Helper()
	var r Record
	r.ReadIDs(http.Header{HeaderRequestID: values, HeaderCorrelationID: values, HeaderClientID: values})
	if r.CorrelationID != want || r.ClientID != want {
		t.Errorf("got correlation id %q and client id %q, want %q", r.CorrelationID, r.ClientID, want)
	}
	if want == "" && !id.Valid("req", r.ID) || want != "" && r.ID != want {
		t.Errorf("got request id %q, want %q, or a new one if that is empty", r.ID, want)
	}
}

func TestClientAddr(t *testing.T) {
	for _, tt := range []struct {
		name      string
		trusted   []string
		remote    string
		forwarded []string
		want      string
	}{
		{"direct", nil, "203.0.113.1:4711", nil, "203.0.113.1"},
		{"direct IPv6", nil, "[2001:db8::1]:4711", nil, "2001:db8::1"},
		{"no proxy is trusted by default", nil, "10.0.0.1:1", []string{"203.0.113.9"}, "10.0.0.1"},
		{"untrusted peer", []string{"10.0.0.0/8"}, "192.0.2.1:1", []string{"203.0.113.9"}, "192.0.2.1"},
		{"one proxy", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"invented hop", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"1.1.1.1, 203.0.113.9"}, "203.0.113.9"},
		{"two proxies", []string{"10.0.0.0/8", "192.0.2.7"}, "10.0.0.1:1", []string{"1.1.1.1, 203.0.113.9, 192.0.2.7"}, "203.0.113.9"},
		{"proxies only", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"10.0.0.3,10.0.0.2"}, "10.0.0.3"},
		{"malformed hop", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"203.0.113.9, unknown"}, "10.0.0.1"},
		{"Unix socket", []string{"10.0.0.0/8"}, "@", []string{"203.0.113.9"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) { testClientAddr(t, tt.trusted, tt.remote, tt.forwarded, tt.want) })
	}
}

func testClientAddr(t *testing.T, trusted []string, remote string, forwarded []string, want string) {
	t.Helper()
	proxies, err := ParseProxies(trusted)
	if err != nil {
		t.Fatal(err)
	}
	var addr netip.Addr
	if want != "" {
		addr = netip.MustParseAddr(want)
	}
	if got := proxies.ClientAddr(remote, forwarded); got != addr {
		t.Errorf("got %s, want %s", got, addr)
	}
}
