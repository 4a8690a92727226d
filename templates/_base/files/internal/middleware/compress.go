package middleware

import (
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// minCompressed is the size below which compression saves nothing: the response fits into one packet.
const minCompressed = 1024

// codings are the supported content codings, best first.
var codings = []string{"zstd", "br", "gzip", "deflate"}

// Compress encodes responses with the coding that the client prefers. It skips responses that are small, encoded,
// partial, or marked no-transform, and streams. No library does all of that: chi ignores quality, gzhttp has only two
// codings, and httpcompression breaks flushing.
func Compress(cfg CompressionConfig) Layer {
	if !cfg.Enabled {
		return Layer{}
	}
	pools := make(map[string]*sync.Pool)
	for _, coding := range codings {
		pools[coding] = &sync.Pool{New: func() any { return newEncoder(coding) }}
	}
	return newLayer("compress", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		w.Header().Add("Vary", "Accept-Encoding")
		coding := negotiate(r.Header["Accept-Encoding"])
		if coding == "" {
			next.ServeHTTP(w, r)
			return
		}
		cw := &compressWriter{ResponseWriter: w, coding: coding, pool: pools[coding]}
		next.ServeHTTP(cw, r)
		cw.finish() // a panic skips this, so that the response stays incomplete
	}, slog.Any("codings", codings), slog.Int("min_bytes", minCompressed))
}

// negotiate returns the coding that Accept-Encoding prefers, or "" for none (RFC 9110, section 12.5.3). It skips
// malformed entries. It ignores identity;q=0, because every client can read a response without a coding.
func negotiate(header []string) string {
	if len(header) == 0 {
		return ""
	}
	quality := make(map[string]float64)
	for entry := range strings.SplitSeq(strings.ToLower(strings.Join(header, ",")), ",") {
		name, parameter, weighted := strings.Cut(entry, ";")
		q := 1.0
		if weighted {
			var err error
			text, found := strings.CutPrefix(strings.TrimSpace(parameter), "q=")
			if q, err = strconv.ParseFloat(text, 64); !found || err != nil || !(q >= 0 && q <= 1) {
				continue
			}
		}
		quality[strings.TrimPrefix(strings.TrimSpace(name), "x-")] = q // x-gzip is gzip
	}
	if _, named := quality["gzip"]; !named {
		quality["gzip"] = quality["*"] // a client that accepts any coding also knows gzip
	}
	best, highest := "", 0.0
	for _, coding := range codings {
		if q := quality[coding]; q > highest && q >= quality["identity"] {
			best, highest = coding, q
		}
	}
	return best
}

// encoder is what the compression libraries have in common.
type encoder interface {
	io.WriteCloser
	Flush() error
	Reset(io.Writer)
}

// newEncoder returns an encoder that favors speed over size.
func newEncoder(coding string) encoder {
	switch coding {
	case "zstd":
		// By default an encoder keeps several goroutines and megabytes. Constant options cannot fail.
		e, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true))
		return e
	case "br":
		return brotli.NewWriterLevel(nil, 4)
	case "deflate":
		return zlib.NewWriter(nil) // the coding called deflate is the zlib format
	}
	return gzip.NewWriter(nil)
}

// compressWriter holds back the start of a response until it can decide whether to compress it: after minCompressed
// bytes, at the first flush, or at the end.
type compressWriter struct {
	http.ResponseWriter
	coding string
	pool   *sync.Pool

	status  int       // 0 until the handler sends the header
	held    []byte    // written before the decision
	out     io.Writer // nil before the decision
	encoder encoder   // nil unless the response is compressed
}

func (w *compressWriter) WriteHeader(status int) {
	if status < http.StatusOK {
		w.ResponseWriter.WriteHeader(status)
	} else if w.status == 0 {
		w.status = status
	}
}

func (w *compressWriter) Write(p []byte) (int, error) {
	if w.out == nil && len(w.held)+len(p) < minCompressed {
		w.held = append(w.held, p...)
		return len(p), nil
	}
	if err := w.decide(p, true); err != nil {
		return 0, err
	}
	return w.out.Write(p)
}

func (w *compressWriter) FlushError() error {
	if err := w.decide(nil, true); err != nil {
		return err
	}
	if w.encoder != nil {
		if err := w.encoder.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

func (w *compressWriter) Flush() { _ = w.FlushError() }

func (w *compressWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// finish sends the rest of the response. The writer behind this one records the errors.
func (w *compressWriter) finish() {
	if w.status != 0 || len(w.held) > 0 {
		_ = w.decide(nil, false)
	}
	if w.encoder != nil {
		_ = w.encoder.Close()
		w.encoder.Reset(io.Discard) // the pool must not keep the response
		w.pool.Put(w.encoder)
	}
}

// decide sends the header and what was held back. Only the first call has an effect. The caller then writes next.
func (w *compressWriter) decide(next []byte, compress bool) error {
	if w.out != nil {
		return nil
	}
	h := w.Header()
	sample := slices.Concat(w.held, next[:min(len(next), 512)])
	if len(sample) > 0 && h.Get("Content-Type") == "" {
		h.Set("Content-Type", http.DetectContentType(sample)) // net/http would look at the compressed bytes
	}
	w.out = w.ResponseWriter
	if compress && w.compressible() {
		h.Del("Content-Length")
		h.Del("Accept-Ranges")
		h.Set("Content-Encoding", w.coding)
		if etag := h.Get("Etag"); strings.HasPrefix(etag, `"`) {
			h.Set("Etag", "W/"+etag) // the same content in other bytes
		}
		w.encoder, _ = w.pool.Get().(encoder)
		w.encoder.Reset(w.ResponseWriter)
		w.out = w.encoder
	}
	if w.status != 0 {
		w.ResponseWriter.WriteHeader(w.status)
	}
	_, err := w.out.Write(w.held)
	return err
}

// compressible reports whether status and headers allow compression.
func (w *compressWriter) compressible() bool {
	h := w.Header()
	noTransform := strings.Contains(strings.ToLower(strings.Join(h["Cache-Control"], ",")), "no-transform")
	if noTransform || h.Get("Content-Encoding") != "" || h.Get("Content-Range") != "" ||
		slices.Contains([]int{http.StatusNoContent, http.StatusPartialContent, http.StatusNotModified}, w.status) {
		return false
	}
	media, _, _ := strings.Cut(strings.ToLower(h.Get("Content-Type")), ";")
	hasPrefix := func(prefix string) bool { return strings.HasPrefix(media, prefix) }
	hasSuffix := func(suffix string) bool { return strings.HasSuffix(strings.TrimSpace(media), suffix) }
	if slices.ContainsFunc([]string{"text/event-stream", "application/grpc", "application/connect+"}, hasPrefix) {
		return false
	}
	return hasPrefix("text/") || slices.ContainsFunc([]string{"json", "xml", "yaml", "javascript"}, hasSuffix)
}
