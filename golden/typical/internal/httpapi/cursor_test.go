package httpapi

import (
	"testing"

	"git.example.org/shop/orders/v2/internal/note"
)

func TestCursorRoundTrip(t *testing.T) {
	want := note.NewID()
	if id, ok := decodeCursor(encodeCursor(want)); !ok || id != want {
		t.Errorf("got %q, %t, want %q", id, ok, want)
	}
}
