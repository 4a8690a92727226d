// Package id makes identifiers that sort by time and say what they name, such as note_01h455vb4pex5vsknk084sn02q: a
// prefix, an underscore and a UUIDv7 in 26 characters of Crockford's base32. The form is that of a TypeID.
package id

import (
	"encoding/binary"

	"github.com/google/uuid"
)

// alphabet is Crockford's base32 in lower case: no i, l, o or u, so that an id survives being read aloud.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// encodedLen is what 128 bits need in base32.
const encodedLen = 26

// New returns a new id with the prefix, which is a short noun in lower case.
func New(prefix string) string {
	// NewV7 fails only if the system has no randomness, and then nothing the process does can be trusted.
	return encode(prefix, uuid.Must(uuid.NewV7()))
}

// Valid reports whether s has the form that New gives for the prefix. It does not say that the id names anything.
func Valid(prefix, s string) bool {
	n := len(prefix)
	if len(s) != n+1+encodedLen || s[:n] != prefix || s[n] != '_' {
		return false
	}
	code := s[n+1:]
	if code[0] > '7' { // the first character holds three bits only
		return false
	}
	for i := range len(code) {
		if !inAlphabet(code[i]) {
			return false
		}
	}
	return true
}

func inAlphabet(c byte) bool {
	switch c {
	case 'i', 'l', 'o', 'u':
		return false
	}
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z'
}

// encode writes the 128 bits behind two zero bits, five at a time, as TypeID has it.
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
