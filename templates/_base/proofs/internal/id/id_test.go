package id

import (
	"testing"

	"github.com/google/uuid"
)

func TestEncodingIsThatOfTypeID(t *testing.T) {
	// The example of the TypeID specification.
	u := uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057")
	if got, want := encode("prefix", u), "prefix_01h455vb4pex5vsknk084sn02q"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := encode("x", uuid.Max), "x_7zzzzzzzzzzzzzzzzzzzzzzzzz"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNewIDsAreValidUniqueAndSorted(t *testing.T) {
	last := ""
	for range 1000 {
		got := New("note")
		if !Valid("note", got) {
			t.Fatalf("%s is not valid", got)
		}
		if got <= last {
			t.Fatalf("%s does not sort behind %s", got, last)
		}
		last = got
	}
}
