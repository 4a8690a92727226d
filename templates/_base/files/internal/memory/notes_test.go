package memory_test

import (
	"testing"

	"example.com/acme/sample-service/internal/memory"
	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/note/notetest"
)

func TestNotesMeetTheContract(t *testing.T) {
	notetest.Run(t, func(*testing.T) note.Store { return memory.Open() })
}
