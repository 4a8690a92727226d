package httpapi

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/acme/billing-api/internal/problem"
)

// etag returns the entity tag of a version.
func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// etags is the value of If-Match or If-None-Match.
type etags struct {
	any  bool // the value is *
	tags []string
}

// A list may contain empty members (RFC 9110 5.6.1.2).
var (
	etagList  = regexp.MustCompile(`^[ \t,]*(W/)?"[^"]*"([ \t]*,[ \t,]*(W/)?"[^"]*")*[ \t,]*$`)
	opaqueTag = regexp.MustCompile(`"[^"]*"`)
)

// parseETags compares weak tags like strong ones, for writes too: compression weakens the tag of a
// response, but the tag still names the version that the client has read.
func parseETags(header string) (etags, bool) {
	if strings.Trim(header, " \t") == "*" {
		return etags{any: true}, true
	}
	if !etagList.MatchString(header) {
		return etags{}, false
	}
	return etags{tags: opaqueTag.FindAllString(header, -1)}, true
}

func (e etags) has(version int64) bool {
	return e.any || slices.Contains(e.tags, etag(version))
}

// Preconditions are the conditional headers (RFC 9110 13) of a request for one note. It is
// exported, because huma skips embedded types that are not.
type Preconditions struct {
	IfMatch     string `header:"If-Match" doc:"412 unless the note has one of these entity tags, weak or strong. * matches every version. Required by PUT and DELETE." example:"\"1\""`
	IfNoneMatch string `header:"If-None-Match" doc:"If the note has one of these entity tags: 304 for GET, 412 for PUT and DELETE."`
}

// parse returns the versions that each header names. A malformed If-None-Match names none.
func (p Preconditions) parse() (match, noneMatch etags, err error) {
	match = etags{any: true}
	if p.IfMatch != "" {
		var ok bool
		if match, ok = parseETags(p.IfMatch); !ok {
			return etags{}, etags{}, invalidField("header.If-Match", "must be * or a list of entity tags")
		}
	}
	noneMatch, _ = parseETags(p.IfNoneMatch)
	return match, noneMatch, nil
}

// forWrite returns a function that reports whether the request may change a version. It requires
// If-Match, so that a client cannot overwrite a change that it has not read.
func (p Preconditions) forWrite() (accept func(version int64) bool, err error) {
	if p.IfMatch == "" {
		return nil, problem.New(http.StatusPreconditionRequired, "", "this request needs the header If-Match")
	}
	match, noneMatch, err := p.parse()
	return func(version int64) bool { return match.has(version) && !noneMatch.has(version) }, err
}
