package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Lifecycle says where a version stands. The zero value is a current version.
type Lifecycle struct {
	DeprecatedAt    time.Time // since when, or from when on, clients should move on
	Sunset          time.Time // when the version may stop to answer; not before DeprecatedAt
	Successor       string    // where to move: the path or URL of the next version, such as /v2
	Guide           string    // URL of a page that tells how
	GoneAfterSunset bool      // answer 410 from Sunset on
}

func (l Lifecycle) validate() error {
	if l.DeprecatedAt.IsZero() && l != (Lifecycle{}) {
		return errors.New("a lifecycle needs DeprecatedAt")
	}
	if !l.Sunset.IsZero() && l.Sunset.Before(l.DeprecatedAt) {
		return errors.New("the Sunset is before DeprecatedAt")
	}
	if l.GoneAfterSunset && l.Sunset.IsZero() {
		return errors.New("to be gone after the sunset needs Sunset")
	}
	for _, link := range []string{l.Successor, l.Guide} {
		if u, err := url.Parse(link); err != nil || u.String() != link {
			return errors.New("a Successor or Guide must be a URL")
		}
	}
	return nil
}

// headers are those of RFC 9745, RFC 8594 and RFC 8288. Appending to one of
// them copies it, so that all responses can share them.
func (l Lifecycle) headers() http.Header {
	h := make(http.Header)
	add := func(name, value string) { h[name] = slices.Clip(append(h[name], value)) }
	if !l.DeprecatedAt.IsZero() {
		add("Deprecation", "@"+strconv.FormatInt(l.DeprecatedAt.Unix(), 10))
	}
	if !l.Sunset.IsZero() {
		add("Sunset", l.Sunset.UTC().Format(http.TimeFormat))
	}
	if l.Successor != "" {
		add("Link", fmt.Sprintf(`<%s>; rel="successor-version"`, l.Successor))
	}
	if l.Guide != "" {
		add("Link", fmt.Sprintf(`<%s>; rel="deprecation"; type="text/html"`, l.Guide))
	}
	return h
}

func (l Lifecycle) deprecated(now time.Time) bool {
	return !l.DeprecatedAt.IsZero() && !now.Before(l.DeprecatedAt)
}

func (l Lifecycle) gone(now time.Time) bool {
	return l.GoneAfterSunset && !now.Before(l.Sunset)
}
