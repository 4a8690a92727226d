package generator

import (
	"go/format"
	"path"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestImportsOfSeveralFeaturesAreMerged(t *testing.T) {
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
	wantError(t, err, "a.go", "belongs to no import")
	_, err = formatGo("a.go", "package a\n\nfunc {\n", "m", true)
	wantError(t, err, "a.go")
}

// What is not formatted must be what formatting would make of it, for any name and module.
func TestWhatStaysFormattedIsWhatGofmtWrites(t *testing.T) {
	check := func(t *testing.T, at, raw, name, module string) bool {
		t.Helper()
		text := newWords(name, module).replace(raw)
		stays := staysFormatted(raw, text)
		formatted, err := format.Source([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", at, err)
		}
		if stays && string(formatted) != text {
			t.Errorf("%s: for %s %s: is not formatted, but gofmt has it otherwise (-gofmt +kept):\n%s", at, name, module, cmp.Diff(string(formatted), text))
		}
		return stays
	}
	for _, l := range libraries(t) {
		l.rawFiles(t, func(at, file, text string, fragment bool) {
			if path.Ext(file) != ".go" || fragment {
				return
			}
			for _, name := range someNames {
				for _, module := range someModules {
					check(t, at, text, name, module)
				}
			}
		})
	}

	const own = `"example.com/acme/sample-service/internal/`
	tests := map[string]struct {
		imports, rest string
		stays         bool
	}{
		"no word":                   {"\t\"fmt\"\n\n\t\"a.example/b\"", "", true},
		"a group of its own":        {"\t\"fmt\"\n\n\t" + own + "a\"\n\t" + own + "b\"", "", true},
		"the module itself":         {"\t\"example.com/acme/sample-service\"\n\t" + own + "a\"", "", true},
		"an order that changes":     {"\t" + own + "a\"\n\t\"github.com/x/y\"", "", false},
		"a name":                    {"\ta " + own + "b\"", "", false},
		"comments":                  {"\t" + own + "a\"  // x\n\t" + own + "bb\" // y", "", false},
		"two words":                 {"\t" + own + "sample-service\"\n\t" + own + "t\"", "", false},
		"a comment above":           {"\t// sample-service\n\t" + own + "a\"", "", false},
		"a word behind the imports": {"\t" + own + "a\"", "const b = \"sample-service\" // x", false},
	}
	for at, test := range tests {
		raw := "package a\n\nimport (\n" + test.imports + "\n)\n"
		if test.rest != "" {
			raw += "\n" + test.rest + "\n"
		}
		for _, module := range someModules {
			if got := check(t, at, raw, "ab", module); got != test.stays {
				t.Errorf("%s: stays formatted: got %v, want %v", at, got, test.stays)
			}
		}
	}
}
