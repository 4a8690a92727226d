package middleware

import (
	"strings"
	"testing"
)

func TestNegotiationFollowsQuality(t *testing.T) {
	for _, tt := range []struct {
		header string
		want   coding
	}{
		{"gzip", gzip},
		{"x-gzip", gzip},
		{"GZIP", gzip},
		{"br", brotli},
		{"deflate", deflate},
		{"zstd", zstandard},
		{"compress", identity},
		{"", identity},
		{"gzip, deflate, br", brotli},
		{"gzip, deflate, br, zstd", zstandard},
		{"gzip;q=1.0, br;q=0.5", gzip},
		{"br;q=0.5,gzip;q=0.501", gzip},
		{"gzip ; q=0.8 , br;Q=0.9", brotli},
		{"gzip;q=0", identity},
		{"gzip;q=0, br", brotli},
		{"gzip;q=0.000", identity},
		{"gzip;q=0, *", deflate},
		{"*", gzip},
		{"*;q=0.1", gzip},
		{"*;q=0", identity},
		{"br;q=0.1, *;q=0.9", brotli},
		{"identity;q=1, gzip;q=0.5", identity},
		{"identity;q=0.5, gzip", gzip},
		{"gzip;q=2", identity},
		{"gzip;q=1.001", identity},
		{"gzip;q=-1", identity},
		{"gzip;q=0.1234", identity},
		{"gzip;q=", identity},
		{"gzip;level=9", identity},
		{";q=1,,br;q=0.2", brotli},
	} {
		if got := negotiate([]string{tt.header}); got.coding != tt.want {
			t.Errorf("got %s for %q, want %s", codingNames[got.coding], tt.header, codingNames[tt.want])
		}
	}
	if got := negotiate([]string{"gzip;q=0.1", "br;q=0.2"}); got.coding != brotli {
		t.Errorf("got %s for two headers, want br", codingNames[got.coding])
	}
}

func TestIdentityIsRefusedOnlyExplicitly(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": false, "gzip;q=0": false, "*": false, "identity;q=0.1, *;q=0": false,
		"identity;q=0": true, "*;q=0": true, "gzip, *;q=0": true, "gzip, identity;q=0": true,
	} {
		if got := negotiate([]string{header}).identityRefused; got != want {
			t.Errorf("got refused %t for %q, want %t", got, header, want)
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	for _, seed := range []string{"gzip", "br;q=0.5, *;q=0", "identity;q=0", ";;q=,,", "gzip;q=0.1234"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := negotiate([]string{header})
		if got.coding >= codings {
			t.Fatalf("got coding %d", got.coding)
		}
		if got.coding != identity && !strings.Contains(header, "*") &&
			!strings.Contains(strings.ToLower(header), codingNames[got.coding]) {
			t.Errorf("got %s, which %q does not mention", codingNames[got.coding], header)
		}
		if again := negotiate([]string{header}); again != got {
			t.Errorf("got %v, then %v", got, again)
		}
	})
}

func FuzzParseQuality(f *testing.F) {
	f.Add("0.5")
	f.Add("1.000")
	f.Fuzz(func(t *testing.T, s string) {
		if q, ok := parseQuality(s); ok && (q < 0 || q > 1000) {
			t.Errorf("got %d for %q", q, s)
		}
	})
}
