package httpapi

import (
	"encoding/base64"

	"github.com/acme/billing-api/internal/note"
)

// encodeCursor returns the cursor of the page behind the note with the
// identifier. It is encoded so that clients hand it back as it is and do not
// build their own: what it holds may change.
func encodeCursor(id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(id))
}

// decodeCursor returns the identifier behind which the next page starts.
func decodeCursor(cursor string) (string, bool) {
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	id := string(data)
	// One page has one cursor: the decoder lets line breaks and stray bits pass.
	if err != nil || !note.ValidID(id) || encodeCursor(id) != cursor {
		return "", false
	}
	return id, true
}
