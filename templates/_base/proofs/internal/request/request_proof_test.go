package request

import (
	"strings"
	"testing"
)

func TestReadIDsOfEveryForm(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []string
		want   string // empty: not kept
	}{
		{"uuid", []string{"01890a5d-ac96-774b-bcce-b302099a8057"}, "01890a5d-ac96-774b-bcce-b302099a8057"},
		{"line break", []string{"a\r\nb"}, ""},
		{"markup", []string{"<a>"}, ""},
		{"quote", []string{`a"b`}, ""},
		{"beyond ASCII", []string{"é"}, ""},
		{"null", []string{"a\x00"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) { testReadIDs(t, tt.values, tt.want) })
	}
}

func TestClientAddrOfEveryForm(t *testing.T) {
	for _, tt := range []struct {
		name      string
		trusted   []string
		remote    string
		forwarded []string
		want      string
	}{
		{"zone", nil, "[fe80::1%eth0]:4711", nil, "fe80::1"},
		{"IPv4 in IPv6", nil, "[::ffff:203.0.113.1]:4711", nil, "203.0.113.1"},
		{"several headers", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"1.1.1.1, 203.0.113.9", "10.0.0.2"}, "203.0.113.9"},
		{"with port", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"203.0.113.9:555"}, "203.0.113.9"},
		{"IPv6 with port", []string{"2001:db8::/32"}, "[2001:db8::1]:1", []string{"[2001:dead::9]:555"}, "2001:dead::9"},
		{"trusted as IPv4 in IPv6", []string{"10.0.0.0/8"}, "[::ffff:10.0.0.1]:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"empty header", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{""}, "10.0.0.1"},
		{"trailing comma", []string{"10.0.0.0/8"}, "10.0.0.1:1", []string{"203.0.113.9,"}, "10.0.0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) { testClientAddr(t, tt.trusted, tt.remote, tt.forwarded, tt.want) })
	}
}

func TestFrom(t *testing.T) {
	want := &Record{ID: "req_1"}
	if got := From(With(t.Context(), want)); got != want {
		t.Errorf("got %+v, want the same record", got)
	}
	if got := From(t.Context()); got == nil || got.ID != "" {
		t.Errorf("got %+v outside a request, want an empty record", got)
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
