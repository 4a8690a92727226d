package httpapi

import (
	"encoding/base64"
	"strings"

	"github.com/acme/billing-api/internal/note"
)

// idPrefix is the prefix of every note ID. Cursors do not contain it.
const idPrefix = "note_"

// encodeCursor returns the cursor of the page after the note with the ID. The encoding keeps
// clients from building cursors themselves, so that their content can change.
func encodeCursor(id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.TrimPrefix(id, idPrefix)))
}

// decodeCursor returns the ID after which the page starts. It accepts only what encodeCursor
// returns: the base64 decoder ignores line breaks and trailing bits.
func decodeCursor(cursor string) (string, bool) {
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	id := idPrefix + string(data)
	return id, err == nil && note.ValidID(id) && encodeCursor(id) == cursor
}
