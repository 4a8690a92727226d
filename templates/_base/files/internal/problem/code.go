package problem

import "net/http"

// StatusClientClosedRequest is recorded when the caller went away before the answer. It is no registered status and
// nobody receives it; it keeps impatient callers out of the error rate.
const StatusClientClosedRequest = 499

// Codes are part of the API: programs branch on them. A code is never renamed and never reused.
const (
	CodeBadRequest                = "bad_request"
	CodeUnauthenticated           = "unauthenticated"
	CodeForbidden                 = "forbidden"
	CodeClientCertificateRequired = "client_certificate_required"
	CodeNotFound                  = "not_found"
	CodeMethodNotAllowed          = "method_not_allowed"
	CodeNotAcceptable             = "not_acceptable"
	CodeRequestTimeout            = "request_timeout"
	CodeConflict                  = "conflict"
	CodeGone                      = "gone"
	CodePreconditionFailed        = "precondition_failed"
	CodeBodyTooLarge              = "body_too_large"
	CodeUnsupportedMediaType      = "unsupported_media_type"
	CodeValidationFailed          = "validation_failed"
	CodePreconditionRequired      = "precondition_required"
	CodeRateLimited               = "rate_limited"
	CodeClientClosedRequest       = "client_closed_request"
	CodeInternal                  = "internal_error"
	CodeUnavailable               = "unavailable"
	CodeDeadlineExceeded          = "deadline_exceeded"
	CodeOverloaded                = "overloaded"
	CodeShuttingDown              = "shutting_down"
)

// codeOf returns the code of a status when nothing more is known.
func codeOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return CodeUnauthenticated
	case http.StatusForbidden:
		return CodeForbidden
	case http.StatusNotFound:
		return CodeNotFound
	case http.StatusMethodNotAllowed:
		return CodeMethodNotAllowed
	case http.StatusNotAcceptable:
		return CodeNotAcceptable
	case http.StatusRequestTimeout:
		return CodeRequestTimeout
	case http.StatusConflict:
		return CodeConflict
	case http.StatusGone:
		return CodeGone
	case http.StatusPreconditionFailed:
		return CodePreconditionFailed
	case http.StatusRequestEntityTooLarge:
		return CodeBodyTooLarge
	case http.StatusUnsupportedMediaType:
		return CodeUnsupportedMediaType
	case http.StatusUnprocessableEntity:
		return CodeValidationFailed
	case http.StatusPreconditionRequired:
		return CodePreconditionRequired
	case http.StatusTooManyRequests:
		return CodeRateLimited
	case StatusClientClosedRequest:
		return CodeClientClosedRequest
	case http.StatusServiceUnavailable:
		return CodeUnavailable
	}
	if status >= http.StatusInternalServerError {
		return CodeInternal
	}
	return CodeBadRequest
}

func title(status int) string {
	if status == StatusClientClosedRequest {
		return "Client Closed Request"
	}
	if s := http.StatusText(status); s != "" {
		return s
	}
	return "Error"
}

// generalDetail is all that a caller learns about a 5xx.
func generalDetail(status int) string {
	switch status {
	case http.StatusServiceUnavailable:
		return "the service cannot answer this request now"
	case http.StatusNotImplemented:
		return "the service does not support this"
	default:
		return "the service could not answer this request"
	}
}
