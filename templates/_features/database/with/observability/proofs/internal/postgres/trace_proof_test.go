package postgres_test

import (
	"testing"

	"example.com/acme/sample-service/internal/note"
)

func TestQueryOutsideOfATraceHasNoSpan(t *testing.T) {
	spans := recorded(t)
	db := open(t, nil)
	if _, err := db.Notes().List(t.Context(), note.Query{Limit: 1}); err != nil {
		t.Fatal(err)
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := spans.Ended(); len(got) > 0 {
		t.Errorf("got %d spans, the first of them %s, want none", len(got), got[0].Name())
	}
}
