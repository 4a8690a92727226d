package request

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"git.example.org/shop/orders/v2/internal/id"
)

func TestFrom(t *testing.T) {
	want := &Record{ID: "req_1"}
	if got := From(With(t.Context(), want)); got != want {
		t.Errorf("got %+v, want the same record", got)
	}
	if got := From(t.Context()); got == nil || got.ID != "" {
		t.Errorf("got %+v outside a request, want an empty record", got)
	}
}

func TestReadIDs(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []string
		want   string // empty: not kept
	}{
		{"missing", nil, ""},
		{"empty", []string{""}, ""},
		{"plain", []string{"abc-1_2.3"}, "abc-1_2.3"},
		{"uuid", []string{"01890a5d-ac96-774b-bcce-b302099a8057"}, "01890a5d-ac96-774b-bcce-b302099a8057"},
		{"longest", []string{strings.Repeat("a", 128)}, strings.Repeat("a", 128)},
		{"too long", []string{strings.Repeat("a", 129)}, ""},
		{"twice", []string{"a", "b"}, ""},
		{"space", []string{"a b"}, ""},
		{"line break", []string{"a\r\nb"}, ""},
		{"markup", []string{"<a>"}, ""},
		{"quote", []string{`a"b`}, ""},
		{"beyond ASCII", []string{"é"}, ""},
		{"null", []string{"a\x00"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var r Record
			r.ReadIDs(http.Header{HeaderRequestID: tt.values, HeaderCorrelationID: tt.values, HeaderClientID: tt.values})
			if r.CorrelationID != tt.want || r.ClientID != tt.want {
				t.Errorf("got correlation id %q and client id %q, want %q", r.CorrelationID, r.ClientID, tt.want)
			}
			if tt.want == "" && !id.Valid("req", r.ID) || tt.want != "" && r.ID != tt.want {
				t.Errorf("got request id %q, want %q, or a new one if that is empty", r.ID, tt.want)
			}
		})
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
		{"zone", nil, "[fe80::1%eth0]:4711", nil, "fe80::1"},
		{"IPv4 in IPv6", nil, "[::ffff:203.0.113.1]:4711", nil, "203.0.113.1"},
		{"no proxy is trusted by default", nil, "10.0.0.1:1", []string{"203.0.113.9"}, "10.0.0.1"},
		{"untrusted peer", []string{"10.0.0.0/8"}, "192.0.2.1:1", []string{"203.0.113.9"}, "192.0.2.1"},
		{"one proxy", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"invented hop", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"1.1.1.1, 203.0.113.9"}, "203.0.113.9"},
		{"two proxies", []string{"10.0.0.0/8", "192.0.2.7"}, "10.0.0.1:1", []string{"1.1.1.1, 203.0.113.9, 192.0.2.7"}, "203.0.113.9"},
		{"several headers", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"1.1.1.1, 203.0.113.9", "10.0.0.2"}, "203.0.113.9"},
		{"proxies only", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"10.0.0.3,10.0.0.2"}, "10.0.0.3"},
		{"with port", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"203.0.113.9:555"}, "203.0.113.9"},
		{"IPv6 with port", []string{"2001:db8::/32"}, "[2001:db8::1]:1", []string{"[2001:dead::9]:555"}, "2001:dead::9"},
		{"trusted as IPv4 in IPv6", []string{"10.0.0.0/8"}, "[::ffff:10.0.0.1]:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"malformed hop", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"203.0.113.9, unknown"}, "10.0.0.1"},
		{"empty header", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{""}, "10.0.0.1"},
		{"trailing comma", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"203.0.113.9,"}, "10.0.0.1"},
		{"Unix socket", []string{"10.0.0.0/8"}, "@", []string{"203.0.113.9"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			proxies, err := ParseProxies(tt.trusted)
			if err != nil {
				t.Fatal(err)
			}
			var want netip.Addr
			if tt.want != "" {
				want = netip.MustParseAddr(tt.want)
			}
			if got := proxies.ClientAddr(tt.remote, tt.forwarded); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestParseProxiesReportsAllErrors(t *testing.T) {
	_, err := ParseProxies([]string{"10.0.0.0/8", "proxy.example.com", "10.0.0.0/40", "::ffff:10.0.0.0/104", "fe80::1%eth0", ""})
	if err == nil {
		t.Fatal("got no error")
	}
	if got := strings.Count(err.Error(), "\n") + 1; got != 5 {
		t.Errorf("got %d errors, want 5: %v", got, err)
	}
}
