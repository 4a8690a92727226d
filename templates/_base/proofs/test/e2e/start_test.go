//go:build !windows

package e2e

import (
	"strings"
	"testing"
)

func TestStartTellsWhatIsActive(t *testing.T) {
	p := start(t, t.TempDir(), settings{"server.request_timeout": "7s"})
	line := p.await("middleware", "", nil)
	chain, ok := line["chain"].([]any)
	if !ok || len(chain) < 8 || !strings.HasPrefix(chain[0].(string), "record") {
		t.Fatalf("got chain %v, want the layers, outermost first", line["chain"])
	}
	if !strings.Contains(strings.Join(texts(chain), " "), "timeout[limit=7s]") {
		t.Errorf("got chain %v, want the values in force", chain)
	}
}

func texts(list []any) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i], _ = v.(string)
	}
	return out
}
