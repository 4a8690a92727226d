package httpapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"git.example.org/shop/orders/v2/internal/problem"
)

// etag is the entity tag of a version of a note.
func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// etags is the list in an If-Match or If-None-Match header.
type etags struct {
	any  bool // the list is *
	tags []string
}

// parseETags reads such a header. It drops the mark of weak tags: compression
// on the way weakens the tag of a response, which still names the version that
// the client has read.
func parseETags(header string) (etags, bool) {
	rest := strings.Trim(header, " \t")
	if rest == "*" {
		return etags{any: true}, true
	}
	var list etags
	for rest != "" {
		rest = strings.TrimPrefix(rest, "W/")
		if rest == "" || rest[0] != '"' {
			return etags{}, false
		}
		end := strings.IndexByte(rest[1:], '"')
		if end < 0 {
			return etags{}, false
		}
		list.tags = append(list.tags, rest[:end+2])
		rest = strings.TrimLeft(rest[end+2:], " \t")
		if rest == "" {
			break
		}
		if rest[0] != ',' {
			return etags{}, false
		}
		rest = strings.TrimLeft(rest, ", \t") // empty elements of a list count for nothing
	}
	return list, len(list.tags) > 0
}

// has reports whether the list names the version.
func (e etags) has(version int64) bool {
	return e.any || slices.Contains(e.tags, etag(version))
}

// requireIfMatch returns the versions that a client says its change was made from.
func requireIfMatch(header string) (etags, error) {
	if header == "" {
		return etags{}, problem.New(http.StatusPreconditionRequired, "", "this change needs the header If-Match")
	}
	expected, ok := parseETags(header)
	if !ok {
		return etags{}, invalidField("header.If-Match", "must be * or a list of entity tags")
	}
	return expected, nil
}
