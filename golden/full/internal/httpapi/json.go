package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"
	"unicode/utf8"
)

const contentType = "application/json"

// isJSON reports whether a Content-Type means JSON in UTF-8. A missing one does
// not: it would let a web page of another origin post without a preflight.
func isJSON(header string) bool {
	if header == contentType {
		return true
	}
	mediaType, params, err := mime.ParseMediaType(header)
	if err != nil || mediaType != contentType {
		return false
	}
	charset, ok := params["charset"]
	return !ok || strings.EqualFold(charset, "utf-8")
}

// writeJSON writes in one piece, so that a short response gets a length, and
// only what could be encoded whole.
func writeJSON(w io.Writer, v any) error { return json.NewEncoder(client{w}).Encode(v) }

// client is where a response goes. That it is gone is no error of the encoder,
// and there is nobody to tell.
type client struct{ io.Writer }

// Write implements io.Writer.
func (c client) Write(p []byte) (int, error) {
	_, _ = c.Writer.Write(p)
	return len(p), nil
}

// Bounds of a request body that is valid otherwise. A value costs many times
// its size in the body once it is decoded, and a client reads one entry for
// each field that is refused.
const (
	maxDepth  = 32
	maxValues = 10_000
)

// What a client reads about a body that is none. The decoder's own errors
// quote the input.
var (
	errNotUTF8 = errors.New("expected UTF-8")
	errTooMuch = fmt.Errorf("expected at most %d levels and %d values", maxDepth, maxValues)
	errNotJSON = errors.New("expected valid JSON")
)

func readJSON(data []byte, v any) error {
	switch {
	case !utf8.Valid(data):
		return errNotUTF8
	case !withinBounds(data):
		return errTooMuch
	case json.Unmarshal(data, v) != nil:
		return errNotJSON
	}
	return nil
}

// withinBounds counts brackets and commas outside of strings. Whether they
// match is for the decoder to find out.
func withinBounds(data []byte) bool {
	depth, values, inString := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
			values++
		case c == '}' || c == ']':
			depth--
		case c == ',':
			values++
		}
		if depth > maxDepth || values > maxValues {
			return false
		}
	}
	return true
}
