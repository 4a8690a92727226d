// Package id creates TypeIDs such as note_01h455vb4pex5vsknk084sn02q: a prefix, an underscore, and a UUIDv7 in 26
// characters of Crockford's base32. They sort by the time of creation.
package id

import (
	"encoding/binary"
	"strings"

	"github.com/google/uuid"
)

// alphabet is Crockford's base32 in lower case. It has no i, l, o or u, which are easily confused.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// encodedLen is the length of 128 bits in base32.
const encodedLen = 26

// New returns a new id. The prefix is a short noun in lower case.
func New(prefix string) string {
	// NewV7 fails only if the system cannot provide random numbers.
	return encode(prefix, uuid.Must(uuid.NewV7()))
}

// Valid reports whether s has the form of an id with the prefix.
func Valid(prefix, s string) bool {
	code, ok := strings.CutPrefix(s, prefix+"_")
	if !ok || len(code) != encodedLen || code[0] > '7' { // the first character holds only three bits
		return false
	}
	return !strings.ContainsFunc(code, func(c rune) bool { return !strings.ContainsRune(alphabet, c) })
}

// encode writes two zero bits and the 128 bits of u, five bits per character.
func encode(prefix string, u uuid.UUID) string {
	high, low := binary.BigEndian.Uint64(u[:8]), binary.BigEndian.Uint64(u[8:])
	var code [encodedLen]byte
	for i := encodedLen - 1; i >= 0; i-- {
		code[i] = alphabet[low&31]
		low = low>>5 | high<<59
		high >>= 5
	}
	return prefix + "_" + string(code[:])
}
