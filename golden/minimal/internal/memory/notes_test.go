package memory_test

import (
	"testing"

	"github.com/acme/billing-api/internal/memory"
	"github.com/acme/billing-api/internal/note"
	"github.com/acme/billing-api/internal/note/notetest"
)

func TestNotesMeetTheContract(t *testing.T) {
	notetest.Run(t, func(*testing.T) note.Store { return memory.Open() })
}
