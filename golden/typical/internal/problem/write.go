package problem

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// Write sends p as the response. Headers that described the answer that is not sent are removed; others, such as Allow
// and a Retry-After that is better known, are the caller's to set.
func Write(w http.ResponseWriter, r *http.Request, p *Problem) {
	own := *p // the original may be a shared value
	p = own.finish(r.Context(), p.cause)
	body, err := json.Marshal(p)
	if err != nil { // strings and numbers only: cannot happen
		panic(err)
	}
	h := w.Header()
	for _, name := range []string{"Content-Encoding", "Etag", "Last-Modified", "Accept-Ranges", "Content-Range"} {
		h.Del(name)
	}
	for name, values := range p.GetHeaders() {
		if h.Get(name) == "" {
			h[name] = values
		}
	}
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", ContentType)
	h.Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // a caller that is gone needs no answer
}
