package logging

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Mask stands in the place of every value that must not be logged.
const Mask = "[redacted]"

// needles are the words that make a name sensitive, by their first letter. Letter case does not matter, and hyphens,
// underscores, dots and spaces are skipped: api-key, API_KEY and apiKey are one name.
var needles = [128][]string{
	'a': {"authorization", "apikey", "accesskey"},
	'b': {"bearer"},
	'c': {"cookie", "credential"},
	'j': {"jwt"},
	'p': {"password", "passwd", "passphrase", "privatekey", "pwd"},
	's': {"secret", "sessionid", "signature"},
	't': {"token"},
}

// Sensitive reports whether the value of a header, query parameter or attribute of this name must be masked.
func Sensitive(name string) bool {
	for i := range len(name) {
		c := name[i] | 0x20 // lower case, for letters
		if c < 'a' || c > 'z' || !begins(c, name[i+1:]) {
			continue
		}
		for _, needle := range needles[c] {
			if spells(name[i:], needle) {
				return true
			}
		}
	}
	return false
}

// begins reports whether a needle may begin with c and the text behind it. It spares most names the comparison.
func begins(c byte, rest string) bool {
	if len(needles[c]) == 0 || rest == "" {
		return false
	}
	next := rest[0] | 0x20
	if next < 'a' || next > 'z' {
		return true // a separator, perhaps
	}
	for _, needle := range needles[c] {
		if needle[1] == next {
			return true
		}
	}
	return false
}

// spells reports whether s begins with the word, without regard to case and separators.
func spells(s, word string) bool {
	n := 0
	for i := 0; i < len(s) && n < len(word); i++ {
		switch c := s[i]; {
		case c == '-', c == '_', c == '.', c == ' ':
		case c|0x20 == word[n]:
			n++
		default:
			return false
		}
	}
	return n == len(word)
}

// Query returns a raw query with the values of sensitive names masked. What cannot be parsed is masked as a whole.
func Query(raw string) string {
	if raw == "" {
		return ""
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return Mask
	}
	for name := range values {
		if Sensitive(name) {
			values[name] = []string{Mask}
		}
	}
	return values.Encode()
}

// URL returns the text of u without its password and with the values of sensitive query names masked.
func URL(u *url.URL) string {
	if u == nil {
		return ""
	}
	masked := *u
	masked.RawQuery = Query(u.RawQuery)
	return masked.Redacted()
}

// Header returns the headers as a group, sorted by name, with the values of sensitive names masked.
func Header(h http.Header) slog.Value {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	attrs := make([]slog.Attr, 0, len(names))
	for _, name := range names {
		value := Mask
		if !Sensitive(name) {
			value = strings.Join(h[name], ", ")
		}
		attrs = append(attrs, slog.String(name, value))
	}
	return slog.GroupValue(attrs...)
}

func redactAll(attrs []slog.Attr) []slog.Attr {
	out := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		out[i] = redact(a)
	}
	return out
}

// redact returns a with everything sensitive in it masked.
func redact(a slog.Attr) slog.Attr {
	if Sensitive(a.Key) {
		return slog.String(a.Key, Mask)
	}
	switch a.Value.Kind() {
	case slog.KindLogValuer:
		return redact(slog.Attr{Key: a.Key, Value: a.Value.Resolve()})
	case slog.KindGroup:
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(redactAll(a.Value.Group())...)}
	case slog.KindAny:
		return slog.Attr{Key: a.Key, Value: redactAny(a.Value)}
	default: // a plain value
		return a
	}
}

// redactAny masks inside the types that carry names and values of requests. Types of the service that hold a secret
// protect themselves by their methods.
func redactAny(v slog.Value) slog.Value {
	switch x := v.Any().(type) {
	case http.Header:
		return Header(x)
	case map[string][]string:
		return Header(x)
	case url.Values:
		return Header(http.Header(x))
	case map[string]string:
		h := make(http.Header, len(x))
		for name, value := range x {
			h[name] = []string{value}
		}
		return Header(h)
	case *url.URL:
		return slog.StringValue(URL(x))
	case url.URL:
		return slog.StringValue(URL(&x))
	}
	return v
}
