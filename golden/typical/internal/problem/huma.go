package problem

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

var useForHuma sync.Once

// UseForHuma makes huma answer its own errors in this shape too. huma has one hook per process for it, so every call
// after the first does nothing.
func UseForHuma() {
	useForHuma.Do(func() {
		huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
			return fromHuma(context.Background(), status, msg, errs)
		}
		huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
			return fromHuma(ctx.Context(), status, msg, errs)
		}
	})
}

// maxErrors bounds the answer to a request that is wrong in very many places.
const maxErrors = 20

// fromHuma turns what huma found into a Problem. huma reports a body that cannot be read as a 500 with the reader's
// error, and puts the refused values into its errors: the first becomes the caller's fault again, the second is dropped.
func fromHuma(ctx context.Context, status int, msg string, errs []error) *Problem {
	cause := errors.Join(errs...)
	if p := bodyProblem(cause); p != nil {
		return p.finish(ctx, cause)
	}
	switch {
	case status == http.StatusInternalServerError && cause != nil:
		return From(ctx, cause)
	case status > http.StatusInternalServerError:
		return New(status, "", msg).finish(ctx, cause)
	case status == http.StatusRequestTimeout:
		return New(status, "", ErrBodyTimeout.Error()).finish(ctx, nil)
	case status == http.StatusNotAcceptable:
		return New(status, "", "no media type of the Accept header can be produced").finish(ctx, nil)
	}
	p := New(status, "", msg)
	for _, err := range errs[:min(len(errs), maxErrors)] {
		if err != nil {
			p.Errors = append(p.Errors, fieldError(err))
		}
	}
	return p.finish(ctx, p.cause)
}

// fieldError keeps what the schema says about a field and drops what the caller wrote.
func fieldError(err error) FieldError {
	var own FieldError
	if errors.As(err, &own) {
		return own
	}
	var detailer huma.ErrorDetailer
	if !errors.As(err, &detailer) {
		return FieldError{Message: notValid}
	}
	detail := detailer.ErrorDetail()
	e := FieldError{Location: location(detail.Location), Message: message(detail.Message)}
	if invented(detail.Message) {
		// The path ends with a name that the caller made up, and that may hold dots: only its start is certain.
		e.Location, _, _ = strings.Cut(e.Location, ".")
	}
	return e
}

const notValid = "is not valid"

// invented reports whether a message is about a name that the schema does not know.
func invented(message string) bool {
	return message == "unexpected property" || message == "unknown query parameter"
}

// message keeps the sentences that huma makes from the schema. Behind a colon some of them quote a parser, which
// quotes the input; and the sentences of decoders quote it throughout.
func message(s string) string {
	for _, start := range []string{"expected ", "unexpected property", "unknown query parameter", "required ",
		"invalid integer", "invalid float", "invalid boolean", "invalid date/time", "invalid url.URL", "invalid value",
		"cannot read multipart form"} {
		if strings.HasPrefix(s, start) {
			s, _, _ = strings.Cut(s, ": ")
			return s
		}
	}
	return notValid
}

// maxLocation bounds a path: the keys of a map that an operation declares are chosen by callers.
const maxLocation = 128

// location keeps a path of ordinary names. Where a part of it could only be the caller's invention, the path ends
// before it.
func location(path string) string {
	for i := range len(path) {
		switch c := path[i]; {
		case i == maxLocation:
			return parent(path[:i])
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9',
			c == '_', c == '-', c == '.', c == '[', c == ']':
		default:
			return parent(path[:i])
		}
	}
	return path
}

func parent(path string) string {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i]
	}
	return path
}
