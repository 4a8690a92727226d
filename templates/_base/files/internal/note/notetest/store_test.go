package notetest_test

import (
	"testing"

	"example.com/acme/sample-service/internal/note"
	"example.com/acme/sample-service/internal/note/notetest"
)

func TestTheStoreForTestsMeetsTheContract(t *testing.T) {
	notetest.Run(t, func(*testing.T) note.Store { return notetest.NewStore() })
}
