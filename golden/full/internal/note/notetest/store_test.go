package notetest_test

import (
	"testing"

	"github.com/acme/billing-api/internal/note"
	"github.com/acme/billing-api/internal/note/notetest"
)

func TestTheStoreForTestsMeetsTheContract(t *testing.T) {
	notetest.Run(t, func(*testing.T) note.Store { return notetest.NewStore() })
}
