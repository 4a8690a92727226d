package request

import (
	"net/netip"
	"strings"
	"testing"
)

func FuzzWellFormed(f *testing.F) {
	f.Add("abc")
	f.Add("a\r\nb")
	f.Fuzz(func(t *testing.T, s string) {
		if wellFormed([]string{s}) != "" && (s == "" || len(s) > 128 || strings.ContainsAny(s, " \r\n\t<>\"'&%\x00/\\,;")) {
			t.Errorf("%q is accepted", s)
		}
	})
}

func FuzzClientAddr(f *testing.F) {
	f.Add("10.0.0.1:1", "203.0.113.9, 10.0.0.2")
	f.Add("[::1]:1", ",,,[::1]:")
	proxies, err := ParseProxies([]string{"10.0.0.0/8"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		peer := proxies.ClientAddr(remote, nil)
		got := proxies.ClientAddr(remote, []string{forwarded})
		if !proxies.trusts(peer) && got != peer {
			t.Errorf("got %s, want the untrusted peer %s", got, peer)
		}
		// What a client writes to the left of the hop that the trusted proxy added changes nothing.
		seen := proxies.ClientAddr("10.0.0.1:1", []string{forwarded + ",203.0.113.9"})
		if seen != netip.MustParseAddr("203.0.113.9") {
			t.Errorf("got %s behind %q, want the hop of the proxy", seen, forwarded)
		}
	})
}
