package memory_test

import (
	"testing"

	"git.example.org/shop/orders/v2/internal/memory"
	"git.example.org/shop/orders/v2/internal/note"
	"git.example.org/shop/orders/v2/internal/note/notetest"
)

func TestNotesMeetTheContract(t *testing.T) {
	notetest.Run(t, func(*testing.T) note.Store { return memory.Open() })
}
