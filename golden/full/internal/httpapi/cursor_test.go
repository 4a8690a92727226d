package httpapi

import (
	"testing"

	"github.com/acme/billing-api/internal/note"
)

func TestCursorRoundTrip(t *testing.T) {
	want := note.NewID()
	if id, ok := decodeCursor(encodeCursor(want)); !ok || id != want {
		t.Errorf("got %q, %t, want %q", id, ok, want)
	}
}
