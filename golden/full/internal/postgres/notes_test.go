package postgres_test

import (
	"testing"

	"github.com/acme/billing-api/internal/note"
	"github.com/acme/billing-api/internal/note/notetest"
)

func TestNotesMeetTheContract(t *testing.T) {
	notetest.Run(t, func(t *testing.T) note.Store { return open(t, nil).Notes() })
}
