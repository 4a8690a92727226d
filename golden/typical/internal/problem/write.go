package problem

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
)

var replacedHeaders = []string{
	"Content-Encoding", "Etag", "Last-Modified", "Accept-Ranges", "Content-Range", "Cache-Control",
}

// Write sends p as the response. It removes headers of a response that p replaces. A Retry-After
// that is already set is kept.
func Write(w http.ResponseWriter, r *http.Request, p *Problem) {
	p = p.finish(r.Context(), p)
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // the media type is JSON
	if err := enc.Encode(p); err != nil {
		panic(err) // strings and numbers always encode
	}
	h := w.Header()
	for _, name := range replacedHeaders {
		h.Del(name)
	}
	for name, values := range p.GetHeaders() {
		if h.Get(name) == "" {
			h[name] = values
		}
	}
	h.Set("Content-Type", ContentType)
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(p.Status)
	_, _ = w.Write(body.Bytes()) // middleware.Record sees the error
}
