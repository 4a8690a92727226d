//go:build !windows

package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each layer has its setting, and its place.
func TestStartTellsWhatIsActive(t *testing.T) {
	p := start(t, t.TempDir(), settings{
		"server.request_timeout": "7s", "server.tls.terminated_by_proxy": "true", "cors.allowed_origins": "https://app.example.com",
		"http.trusted_proxies": "10.0.0.0/8", "http.max_in_flight": "11", "http.max_body_bytes": "2048",
	})
	chain, _ := p.await("middleware", "", nil)["chain"].([]any)
	got := slices.DeleteFunc(texts(chain), func(layer string) bool { return strings.HasPrefix(layer, "trace[") })
	want := []string{
		"record[trusted_proxies=1]", "access_log", "metrics", "recover", "security_headers[hsts=true]",
		"cors[origins=[https://app.example.com] credentials=false]", "in_flight[limit=11]", "body_limit[bytes=2048]",
		"timeout[limit=7s]", "compress[codings=[zstd br gzip deflate] min_bytes=1024]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the layers, outermost first, differ (-want +got):\n%s", diff)
	}
}

func texts(list []any) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i], _ = v.(string)
	}
	return out
}
