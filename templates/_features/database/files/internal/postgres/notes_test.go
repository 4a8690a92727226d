package postgres_test

import (
	"testing"

	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/note/notetest"
)

func TestNotesMeetTheContract(t *testing.T) {
	notetest.Run(t, func(t *testing.T) note.Store { return open(t, nil).Notes() })
}
