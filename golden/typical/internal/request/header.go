package request

import "net/http"

// maxIDLength bounds the ids that callers choose: they end up in every log line and response.
const maxIDLength = 128

// ReadIDs fills the ids of the record from the headers. An id that is missing, repeated or malformed is not repaired:
// the request id is made anew, the others stay empty.
func (r *Record) ReadIDs(h http.Header) {
	if r.ID = wellFormed(h[HeaderRequestID]); r.ID == "" {
		r.ID = NewID()
	}
	r.CorrelationID = wellFormed(h[HeaderCorrelationID])
	r.ClientID = wellFormed(h[HeaderClientID])
}

// WellFormed reports whether an id from outside may be kept: 1 to 128 letters, digits, dots, underscores and hyphens.
// So it can neither break a log line or a header nor carry markup.
func WellFormed(s string) bool {
	if s == "" || len(s) > maxIDLength {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

func wellFormed(values []string) string {
	if len(values) == 1 && WellFormed(values[0]) {
		return values[0]
	}
	return ""
}
