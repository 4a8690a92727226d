package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/billing-api/internal/problem"
)

const contentType = "application/json"

// jsonAPI makes huma read and write JSON only.
type jsonAPI struct{ huma.API }

// Negotiate ignores the Accept header: a client that asks for another format gets JSON rather than a 406.
func (jsonAPI) Negotiate(string) (string, error) { return contentType, nil }

// Transform encodes the body before huma sends the status, so that a value that cannot be encoded is a clean 500.
func (jsonAPI) Transform(ctx huma.Context, status string, body any) (any, error) {
	if status == "204" || status == "304" {
		return body, nil
	}
	data := encode(body)
	if p, ok := body.(*problem.Problem); ok {
		for name, values := range p.GetHeaders() {
			ctx.SetHeader(name, values[0])
		}
	}
	ctx.SetHeader("Content-Length", strconv.Itoa(len(data)))
	return data, nil
}

// Marshal writes what Transform encoded. It drops the error of the write, because huma panics on one. middleware.Record
// keeps the error for the log.
func (jsonAPI) Marshal(w io.Writer, _ string, data any) error {
	encoded, _ := data.([]byte)
	_, _ = w.Write(encoded)
	return nil
}

// Unmarshal decodes a request body.
func (jsonAPI) Unmarshal(_ string, data []byte, v any) error { return decode(data, v) }

// encode returns v as JSON. It panics if v has no JSON form.
func encode(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // browsers do not read application/json with nosniff as HTML
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

// Limits of a request body. Decoded values need many times their size in the body.
const (
	maxDepth  = 32
	maxValues = 10_000
)

// Messages for clients. The errors of encoding/json quote the input.
var (
	errNotUTF8   = errors.New("expected UTF-8")
	errNotJSON   = errors.New("expected valid JSON")
	errTooMuch   = fmt.Errorf("expected at most %d levels and %d values", maxDepth, maxValues)
	errRange     = errors.New("expected numbers in the range of a 64-bit float")
	errDuplicate = errors.New("expected unique keys in each object")
	errDamaged   = errors.New("expected text without U+FFFD and unpaired surrogates")
)

// decode is a strict json.Unmarshal: see scanner.
func decode(data []byte, v any) error {
	if !utf8.Valid(data) {
		return errNotUTF8
	}
	s := scanner{dec: json.NewDecoder(bytes.NewReader(data))}
	s.dec.UseNumber()
	if err := s.value(1); err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		if errors.As(err, new(*json.UnmarshalTypeError)) {
			return errRange // the schema checks the types
		}
		return errNotJSON
	}
	return nil
}

// scanner refuses documents that are too deep or too large, duplicate keys, which encoding/json overwrites, and
// unpaired surrogates such as \ud800, which encoding/json replaces by U+FFFD.
type scanner struct {
	dec    *json.Decoder
	values int
}

func (s *scanner) value(depth int) error {
	s.values++
	if depth > maxDepth || s.values > maxValues {
		return errTooMuch
	}
	token, err := s.dec.Token()
	if err != nil {
		return errNotJSON
	}
	if text, ok := token.(string); ok && strings.ContainsRune(text, utf8.RuneError) {
		return errDamaged
	}
	if token != json.Delim('{') && token != json.Delim('[') {
		return nil
	}
	keys := make(map[any]bool)
	for s.dec.More() {
		if token == json.Delim('{') {
			key, err := s.dec.Token()
			if err != nil {
				return errNotJSON
			}
			if keys[key] {
				return errDuplicate
			}
			keys[key] = true
		}
		if err := s.value(depth + 1); err != nil {
			return err
		}
	}
	if _, err := s.dec.Token(); err != nil { // the closing bracket
		return errNotJSON
	}
	return nil
}
