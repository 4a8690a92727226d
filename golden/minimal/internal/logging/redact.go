package logging

import (
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// mask replaces every value that must not be logged.
const mask = "[redacted]"

// secretNames are texts that make every name that contains them sensitive.
var secretNames = []string{
	"accesskey", "apikey", "authorization", "bearer", "cookie", "credential", "jwt", "passphrase", "passwd", "password",
	"privatekey", "pwd", "secret", "sessionid", "signature", "token",
}

// secretParameters are names that are sensitive only as a header or a query parameter, or as one word of its name.
var secretParameters = []string{"auth", "code", "key", "session", "sig"}

var separators = strings.NewReplacer("-", "", "_", "", ".", "", " ", "")

// sensitive reports whether an attribute of this name must be masked. Case and separators do not matter: api-key,
// API_KEY and apiKey are one name.
func sensitive(name string) bool {
	folded := strings.ToLower(separators.Replace(name))
	return slices.ContainsFunc(secretNames, func(secret string) bool { return strings.Contains(folded, secret) })
}

// sensitiveParameter is like sensitive, for headers and query parameters.
func sensitiveParameter(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("-_. ", r) })
	isSecret := func(word string) bool { return slices.Contains(secretParameters, word) }
	return sensitive(name) || slices.ContainsFunc(words, isSecret)
}

// Query returns a raw query with sensitive values masked. It masks a malformed query as a whole.
func Query(raw string) string {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return mask
	}
	for name := range values {
		if sensitiveParameter(name) {
			values[name] = []string{mask}
		}
	}
	return values.Encode()
}

// redactURL returns the text of u with its password and sensitive query values masked.
func redactURL(u *url.URL) string {
	if u == nil {
		return ""
	}
	masked := *u
	masked.RawQuery = Query(u.RawQuery)
	return masked.Redacted()
}

// Header returns headers as a group, sorted by name, with sensitive values masked.
func Header(h map[string][]string) slog.Value {
	var attrs []slog.Attr
	for _, name := range slices.Sorted(maps.Keys(h)) {
		value := strings.Join(h[name], ", ")
		switch {
		case sensitiveParameter(name):
			value = mask
		case name == "Referer" || name == "Location":
			if address, _, found := strings.Cut(value, "?"); found {
				value = address + "?" + mask
			}
		}
		attrs = append(attrs, slog.String(name, value))
	}
	return slog.GroupValue(attrs...)
}

// redact masks the secrets in an attribute, for slog's ReplaceAttr.
func redact(groups []string, a slog.Attr) slog.Attr {
	if sensitive(a.Key) || slices.ContainsFunc(groups, sensitive) {
		return slog.String(a.Key, mask)
	}
	switch x := a.Value.Any().(type) {
	case http.Header:
		a.Value = Header(x)
	case url.Values:
		a.Value = Header(x)
	case map[string][]string:
		a.Value = Header(x)
	case map[string]string:
		h := make(http.Header)
		for name, value := range x {
			h[name] = []string{value}
		}
		a.Value = Header(h)
	case *url.URL:
		a.Value = slog.StringValue(redactURL(x))
	case url.URL:
		a.Value = slog.StringValue(redactURL(&x))
	}
	return a
}
