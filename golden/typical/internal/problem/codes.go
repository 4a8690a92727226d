package problem

import "net/http"

// StatusClientClosedRequest is the logged status of a request whose client disconnected before the
// response. The status is not registered. It keeps such requests out of the server error rate.
const StatusClientClosedRequest = 499

// Codes that do not follow from the status alone.
const (
	CodeClientCertificateRequired = "client_certificate_required"
	codeDeadlineExceeded          = "deadline_exceeded"
	CodeOverloaded                = "overloaded"
	codeShuttingDown              = "shutting_down"
)

// Other client errors have the code bad_request, other server errors internal_error.
const (
	codeBadRequest = "bad_request"
	codeInternal   = "internal_error"
)

// codes holds the default code of each status. Codes are part of the API, because clients branch on
// them: never rename or reuse one.
var codes = map[int]string{
	http.StatusNotFound:              "not_found",
	http.StatusMethodNotAllowed:      "method_not_allowed",
	http.StatusRequestTimeout:        "request_timeout",
	http.StatusConflict:              "conflict",
	http.StatusGone:                  "gone",
	http.StatusPreconditionFailed:    "precondition_failed",
	http.StatusRequestEntityTooLarge: "body_too_large",
	http.StatusUnsupportedMediaType:  "unsupported_media_type",
	http.StatusUnprocessableEntity:   "validation_failed",
	http.StatusPreconditionRequired:  "precondition_required",
	StatusClientClosedRequest:        "client_closed_request",
	http.StatusServiceUnavailable:    "unavailable",
}

func codeOf(status int) string {
	if code := codes[status]; code != "" {
		return code
	}
	if status >= http.StatusInternalServerError {
		return codeInternal
	}
	return codeBadRequest
}

func titleOf(status int) string {
	if status == StatusClientClosedRequest {
		return "Client Closed Request"
	}
	if title := http.StatusText(status); title != "" {
		return title
	}
	return "Error"
}

// publicDetail is the detail of every server error. The cause goes to the log only.
func publicDetail(status int) string {
	if status == http.StatusServiceUnavailable {
		return "the service is temporarily unavailable"
	}
	return "the service failed to process the request"
}
