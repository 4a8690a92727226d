package problem

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// UseForHuma makes huma return its errors as problems. It sets global variables of huma, so call it once.
func UseForHuma() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return fromHuma(context.Background(), status, msg, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return fromHuma(ctx.Context(), status, msg, errs)
	}
}

// maxErrors bounds the number of field errors in one response.
const maxErrors = 20

// fromHuma converts an error of huma. huma reports a body that it cannot read as a 500.
func fromHuma(ctx context.Context, status int, msg string, errs []error) *Problem {
	cause := errors.Join(errs...)
	switch {
	case status == http.StatusRequestTimeout:
		return From(ctx, ErrBodyTimeout)
	case status < http.StatusInternalServerError && ctx.Err() != nil:
		return From(ctx, ctx.Err()) // the deadline passed while the body was read or decoded
	case status == http.StatusInternalServerError && cause != nil:
		return From(ctx, cause)
	}
	p := New(status, "", msg)
	if status >= http.StatusInternalServerError {
		if cause != nil {
			p.cause = errors.Join(p.cause, cause)
		}
		return p.finish(ctx, p)
	}
	for _, err := range errs[:min(len(errs), maxErrors)] {
		if err != nil {
			p.Errors = append(p.Errors, fieldError(err))
		}
	}
	return p.finish(ctx, p)
}

// fieldError keeps what the schema says about a field and drops everything that quotes the input.
func fieldError(err error) FieldError {
	var own FieldError
	if errors.As(err, &own) {
		return own
	}
	var detailer huma.ErrorDetailer
	if !errors.As(err, &detailer) {
		return FieldError{Message: "is not valid"}
	}
	detail := detailer.ErrorDetail()
	e := FieldError{Location: safeLocation(detail.Location), Message: safeMessage(detail.Message)}
	if strings.HasPrefix(e.Message, "unexpected ") || strings.HasPrefix(e.Message, "unknown ") {
		// The location ends with a name that the client made up, and that may contain dots.
		e.Location, _, _ = strings.Cut(e.Location, ".")
	}
	return e
}

// schemaMessage matches the messages that huma builds from the schema alone. Other messages may quote the input, as may
// the text after a colon.
var schemaMessage = regexp.MustCompile(`^(expected |required |unexpected property|unknown query parameter|` +
	`invalid (integer|float|boolean|date/time|url|value))[^:]*`)

func safeMessage(s string) string {
	if message := schemaMessage.FindString(s); message != "" {
		return message
	}
	return "is not valid"
}

// plainLocation matches the part of a location before the first unusual character, which only a client can have chosen.
var plainLocation = regexp.MustCompile(`^[A-Za-z0-9_.\[\]-]{0,128}`)

func safeLocation(s string) string {
	plain := plainLocation.FindString(s)
	if plain == s {
		return s
	}
	if i := strings.LastIndexByte(plain, '.'); i >= 0 {
		return plain[:i]
	}
	return plain
}
