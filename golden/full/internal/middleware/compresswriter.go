package middleware

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// compressWriter compresses what is written through it, once it is known that this is right: that is decided with the
// header, with the first kilobyte, with a flush or at the end, whichever comes first.
type compressWriter struct {
	http.ResponseWriter
	pools  *encoderPools
	choice choice

	status  int // 0 until the handler sends the header
	decided bool
	held    []byte  // what was written before the decision
	encoder encoder // nil while undecided, and for responses that are left alone
}

// WriteHeader implements http.ResponseWriter.
func (w *compressWriter) WriteHeader(status int) {
	if w.decided || status < http.StatusOK && status != http.StatusSwitchingProtocols {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.status != 0 {
		return
	}
	w.status = status
	if !w.compressible() {
		w.leaveAlone()
		return
	}
	// A handler that announces the length spares the waiting. For a type that is still to be detected, wait.
	h := w.Header()
	if n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64); err == nil && h.Get("Content-Type") != "" {
		if n >= minCompressed || w.choice.identityRefused && n > 0 {
			w.start()
		} else {
			w.leaveAlone()
		}
	}
}

// Write implements http.ResponseWriter.
func (w *compressWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.decided {
		if len(w.held)+len(p) < minCompressed {
			w.held = append(w.held, p...)
			return len(p), nil
		}
		if err := w.decide(p, true); err != nil {
			return 0, err
		}
	}
	if w.encoder != nil {
		return w.encoder.Write(p)
	}
	return w.ResponseWriter.Write(p)
}

// FlushError sends what was written so far. http.ResponseController calls it.
func (w *compressWriter) FlushError() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.decided {
		if err := w.decide(nil, true); err != nil {
			return err
		}
	}
	if w.encoder != nil {
		if err := w.encoder.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush implements http.Flusher.
func (w *compressWriter) Flush() { _ = w.FlushError() }

// Unwrap lets http.ResponseController reach the server's writer.
func (w *compressWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// finish ends the response. One that a panic cut short is not made to look whole: what is held is dropped, so that the
// 500 can still be sent, and the encoder's trailer is not written.
func (w *compressWriter) finish(complete bool) {
	if complete && w.status != 0 && !w.decided {
		// What is small is left alone, unless the caller refuses that.
		_ = w.decide(nil, w.choice.identityRefused && len(w.held) > 0)
	}
	if w.encoder == nil {
		return
	}
	if complete {
		_ = w.encoder.Close() // the caller is gone
	}
	w.pools.put(w.choice.coding, w.encoder)
	w.encoder = nil
}

// decide sends the header, and then what is held. next is what will be written first behind it.
func (w *compressWriter) decide(next []byte, compress bool) error {
	h := w.Header()
	if _, set := h["Content-Type"]; !set && len(w.held)+len(next) > 0 {
		// The server would look at the compressed bytes.
		sample := slices.Concat(w.held, next[:min(len(next), 512)])
		h.Set("Content-Type", http.DetectContentType(sample))
	}
	if compress && w.compressible() {
		w.start()
	} else {
		w.leaveAlone()
	}
	held := w.held
	w.held = nil
	if len(held) == 0 {
		return nil
	}
	var err error
	if w.encoder != nil {
		_, err = w.encoder.Write(held)
	} else {
		_, err = w.ResponseWriter.Write(held)
	}
	return err
}

func (w *compressWriter) leaveAlone() {
	w.decided = true
	w.ResponseWriter.WriteHeader(w.status)
}

func (w *compressWriter) start() {
	w.decided = true
	h := w.Header()
	h.Del("Content-Length")
	h.Del("Accept-Ranges") // ranges would count the bytes of the original
	h.Set("Content-Encoding", codingNames[w.choice.coding])
	if etag := h.Get("Etag"); etag != "" && !strings.HasPrefix(etag, "W/") {
		h.Set("Etag", "W/"+etag) // equal in meaning, no longer byte for byte
	}
	w.ResponseWriter.WriteHeader(w.status)
	w.encoder = w.pools.get(w.choice.coding, w.ResponseWriter)
}

// compressible reports whether status and headers allow it, whatever the size.
func (w *compressWriter) compressible() bool {
	switch w.status {
	case http.StatusSwitchingProtocols, http.StatusNoContent, http.StatusResetContent, http.StatusPartialContent,
		http.StatusNotModified:
		return false
	}
	h := w.Header()
	if h.Get("Content-Encoding") != "" || h.Get("Content-Range") != "" {
		return false
	}
	for _, directives := range h["Cache-Control"] {
		if strings.Contains(strings.ToLower(directives), "no-transform") {
			return false
		}
	}
	contentType := h.Get("Content-Type")
	return contentType == "" || compressibleType(contentType)
}

// compressibleType knows the types that are text in some form. Images, archives and unknown types are compressed
// already or may be, and streams of events and messages must not wait in an encoder.
func compressibleType(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	switch media {
	case "application/json", "application/problem+json", "application/javascript", "application/xml",
		"application/yaml", "application/x-ndjson", "application/wasm", "image/svg+xml":
		return true
	case "text/event-stream":
		return false
	}
	if strings.HasPrefix(media, "application/grpc") || strings.HasPrefix(media, "application/connect+") {
		return false
	}
	return strings.HasPrefix(media, "text/") || strings.HasSuffix(media, "+json") || strings.HasSuffix(media, "+xml")
}
