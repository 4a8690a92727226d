package memory_test

import (
	"slices"
	"testing"

	"example.com/acme/sample-service/internal/memory"
	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/note/notetest"
)

// With every page, a note is added before and a note after the position of the client: the notes that existed at the
// start appear exactly once.
func TestNotesThatExistedAtTheStartAppearOnce(t *testing.T) {
	s := memory.Open()
	create := func(numbers ...int) {
		t.Helper()
		for _, number := range numbers {
			if err := s.Create(t.Context(), notetest.Note(number)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var want, got []string
	for i := range 9 {
		create(100 + i)
		want = append(want, notetest.Note(100+i).ID)
	}
	query := note.Query{Limit: 2}
	for more := true; more && len(got) < 100; {
		page, err := s.List(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range page.Notes {
			got = append(got, n.ID)
			query.After = n.ID
		}
		more = page.More
		create(len(got), 200+len(got))
	}
	if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
		t.Errorf("got notes %q, want each once, in order", got)
	}
	if existed := slices.DeleteFunc(got, func(id string) bool { return !slices.Contains(want, id) }); !slices.Equal(existed, want) {
		t.Errorf("got %q of the notes that existed at the start, want %q", existed, want)
	}
}
