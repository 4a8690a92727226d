package httpapi

import (
	"encoding/base64"
	"testing"

	"github.com/acme/billing-api/internal/note"
)

func TestCursorRoundTrip(t *testing.T) {
	want := note.NewID()
	if id, ok := decodeCursor(encodeCursor(want)); !ok || id != want {
		t.Errorf("got %q, %t, want %q", id, ok, want)
	}
}

func TestInvalidCursors(t *testing.T) {
	good := encodeCursor(note.NewID())
	for _, cursor := range []string{
		"", "!", good[:len(good)-1], good + "A", good + "=", good + "\n",
		base64.RawURLEncoding.EncodeToString([]byte("' OR 1=1 --")),
		base64.RawURLEncoding.EncodeToString([]byte("user_00000000000000000000000001")),
	} {
		if id, ok := decodeCursor(cursor); ok {
			t.Errorf("%q was read as %q", cursor, id)
		}
	}
}
