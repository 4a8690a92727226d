package generator

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFormatGoMergesImportsOfSeveralFeatures(t *testing.T) {
	const raw = `package a

import (
	"fmt"

	// for its side effects
	_ "github.com/x/driver"
	"m.example/me/internal/a" // ours
	"time"
	"errors"
	"time"
	"github.com/x/driver/v2"
	alias "fmt"
)
`
	const want = `package a

import (
	"errors"
	"fmt"
	alias "fmt"
	"time"

	// for its side effects
	_ "github.com/x/driver"
	"github.com/x/driver/v2"

	"m.example/me/internal/a" // ours
)
`
	got, err := formatGo("a.go", raw, "m.example/me", true)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err = formatGo("a.go", "package a\n\nimport (\n\t\"fmt\"\n\n\t// lost\n)\n", "m", true)
	wantError(t, err, "a.go", "comment without an import")
	_, err = formatGo("a.go", "package a\n\nfunc {\n", "m", true)
	wantError(t, err, "a.go")
}
