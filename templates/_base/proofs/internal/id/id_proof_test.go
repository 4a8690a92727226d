package id

import (
	"strings"
	"testing"
)

func TestMalformedIDsAreRefused(t *testing.T) {
	good := New("note")
	for _, bad := range []string{
		"", "note", "note_", good[:len(good)-1], good + "0", strings.ToUpper(good),
		"user" + good[4:], "note_8zzzzzzzzzzzzzzzzzzzzzzzzz", "note_" + strings.Repeat("u", 26),
		"note_" + strings.Repeat(" ", 26), strings.Replace(good, "_", "-", 1),
	} {
		if Valid("note", bad) {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func FuzzValidNeverPanics(f *testing.F) {
	f.Add("note", "note_01h455vb4pex5vsknk084sn02q")
	f.Fuzz(func(t *testing.T, prefix, s string) {
		if Valid(prefix, s) && !strings.HasPrefix(s, prefix+"_") {
			t.Errorf("%q is valid without the prefix %q", s, prefix)
		}
	})
}
