package middleware

import (
	"net/http"
	"slices"
	"testing"
)

func TestChainOrder(t *testing.T) {
	var got []string
	layer := func(name string) Layer {
		return newLayer(name, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			got = append(got, name)
			next.ServeHTTP(w, r)
		})
	}
	handler := func(http.ResponseWriter, *http.Request) { got = append(got, "handler") }
	Chain{layer("a"), {}, layer("b")}.Then(http.HandlerFunc(handler)).ServeHTTP(nil, nil)
	if want := []string{"a", "b", "handler"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestConfigValidate(t *testing.T) {
	good := Config{TrustedProxies: []string{"10.0.0.0/8", "2001:db8::1"}, MaxInFlight: 1, MaxBodyBytes: 1}
	if errs := good.Validate(); errs != nil {
		t.Errorf("got %v, want no error", errs)
	}
	var keys []string
	for _, e := range (Config{TrustedProxies: []string{"proxy.example.com"}}).Validate() {
		keys = append(keys, e.Key)
	}
	if want := []string{"trusted_proxies", "max_in_flight", "max_body_bytes"}; !slices.Equal(keys, want) {
		t.Errorf("got errors for %v, want %v", keys, want)
	}
}
