package middleware

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/acme/sample-service/internal/bytesize"
)

func TestLayersRunInTheirOrder(t *testing.T) {
	var got []string
	layer := func(name string) Layer {
		return Layer{Name: name, Wrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = append(got, name)
				next.ServeHTTP(w, r)
			})
		}}
	}
	Chain{layer("a"), {}, layer("b")}.Then(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		got = append(got, "handler")
	})).ServeHTTP(nil, nil)
	if want := []string{"a", "b", "handler"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestStartLogListsTheChainWithItsValues(t *testing.T) {
	out := new(lines)
	log := slog.New(slog.NewJSONHandler(out, nil))
	log.Info("chain", slog.Any("middleware", chainOf(t, site{}, defaults(), log)))
	for _, want := range []string{`"record(trusted_proxies=0)"`, `"access_log"`, `"metrics"`, `"recover"`, `"security_headers(hsts=false)"`,
		`"cors(origins=[] credentials=false)"`, `"body_limit(limit=10MiB)"`, `"timeout(limit=15s)"`, `"compress(`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is missing in %s", want, out)
		}
	}
}

func TestWhatIsSwitchedOffIsNotInTheChain(t *testing.T) {
	chain := Chain{Recover(slog.New(slog.DiscardHandler)), ClientCert(false), Compress(CompressionConfig{Enabled: false})}
	if got := chain.LogValue().String(); got != "[recover]" {
		t.Errorf("got %s, want only what does something", got)
	}
}

func TestSettingsThatCannotBeHonouredAreRefused(t *testing.T) {
	good := Config{TrustedProxies: []string{"10.0.0.0/8", "2001:db8::1"}, BodyLimit: bytesize.MiB}
	if err := good.Validate(); err != nil {
		t.Errorf("got %v, want no error", err)
	}
	errs := Config{TrustedProxies: []string{"proxy.example.com"}, BodyLimit: 0}.Validate()
	if len(errs) != 2 || errs[0].Key != "trusted_proxies" || errs[1].Key != "body_limit" {
		t.Errorf("got %v, want errors of trusted_proxies and body_limit", errs)
	}
}
