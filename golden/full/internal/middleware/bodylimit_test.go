package middleware

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/acme/billing-api/internal/bytesize"
)

func TestBodyLimitIsExact(t *testing.T) {
	const limit, own = 1000, 10
	set := defaults()
	set.config.BodyLimit = limit * bytesize.Byte
	s := standOf(t, site{
		"/usual": {method: "POST", serve: readAll},
		"/own":   {method: "POST", route: Route{MaxBodyBytes: own}, serve: readAll},
		"/more":  {method: "POST", route: Route{MaxBodyBytes: 2 * limit}, serve: readAll},
		"/early": {method: "POST", serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }},
	}, set)
	server := httptest.NewServer(s)
	defer server.Close()
	for _, tt := range []struct {
		path    string
		size    int
		want    int
		chunked int // what is expected without an announced length
	}{
		{"/usual", 0, 204, 204}, {"/usual", limit - 1, 204, 204}, {"/usual", limit, 204, 204},
		{"/usual", limit + 1, 413, 413}, {"/usual", 100 * limit, 413, 413},
		{"/own", own - 1, 204, 204}, {"/own", own, 204, 204}, {"/own", own + 1, 413, 413},
		{"/more", 2 * limit, 204, 204}, {"/more", 2*limit + 1, 413, 413},
		{"/early", limit + 1, 413, 204},
	} {
		for _, chunked := range []bool{false, true} {
			var body io.Reader = strings.NewReader(strings.Repeat("x", tt.size))
			want := tt.want
			if chunked {
				body, want = struct{ io.Reader }{body}, tt.chunked
			}
			resp, err := server.Client().Post(server.URL+tt.path, "text/plain", body)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("got %d for %s with %d bytes, chunked %t, want %d", resp.StatusCode, tt.path, tt.size, chunked, want)
			}
		}
	}
}
