package generator

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExpandExecutesLists(t *testing.T) {
	data := document{
		Features: []documentFeature{{"auth", "Auth", "Knows you.", "g"}, {"cache", "Cache", "Is fast.", "g"}},
		Files:    []string{"docs/a.md", "main.go"},
	}
	const text = `# T

Text with {{.Anything}} and a list:

<!--{{range .Features}}-->
- {{.Title}} ({{.Name | upper}})
<!--{{end}}-->

<!--{{range .Files}}-->
<!--{{range splitList "/" .}}-->
  - {{.}}
<!--{{end}}-->
<!--{{end}}-->

End.
`
	const want = `# T

Text with {{.Anything}} and a list:

- Auth (AUTH)
- Cache (CACHE)

  - docs
  - a.md
  - main.go

End.
`
	got, err := expand("a.md", text, data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got, err = expand("a.md", text, document{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "# T\n\nText with {{.Anything}} and a list:\n\nEnd.\n"; got != want {
		t.Errorf("empty lists: got %q, want %q", got, want)
	}
	if got, err := expand("a.yaml", text, data); err != nil || got != text {
		t.Errorf("YAML file: got %q, %v, want it unchanged", got, err)
	}
}

func TestExpandRejectsEverythingExceptLists(t *testing.T) {
	list := func(body string) string { return "<!--{{range .Features}}-->\n" + body + "\n<!--{{end}}-->\n" }
	tests := []struct{ text, want string }{
		{list("{{if .Name}}x{{end}}"), "only values and lists"},
		{list("{{with .Name}}x{{end}}"), "only values and lists"},
		{list(`{{template "x"}}`), "only values and lists"},
		{list("{{.Nope}}"), "can't evaluate field Nope"},
		{list("{{now}}"), `function "now" not defined`},
		{list("{{env `HOME`}}"), `function "env" not defined`},
		{list("{{range .Name}}{{else}}{{end}}"), "else"},
		{"<!--{{range .Features}}-->\n", "missing <!--{{end}}-->"},
		{"<!--{{end}}-->\n", "only lists"},
		{"<!--{{if .Features}}-->\n<!--{{end}}-->\n", "only lists"},
		{"x <!--{{range .Features}}-->\n", "must be alone on its line"},
	}
	for _, test := range tests {
		_, err := expand("a.md", test.text, document{Features: []documentFeature{{Name: "a"}}})
		wantError(t, err, "a.md", test.want)
	}
}

func TestAllowedFunctionsAreDeterministic(t *testing.T) {
	calls := map[string]string{
		"add": "add 1 2", "base": `base "a/b"`, "clean": `clean "a//b"`, "contains": `contains "a" "ab"`, "default": `default "x" ""`,
		"dir": `dir "a/b"`, "empty": `empty ""`, "ext": `ext "a.b"`, "first": `first (list 1 2)`, "has": `has 1 (list 1)`,
		"hasPrefix": `hasPrefix "a" "ab"`, "hasSuffix": `hasSuffix "b" "ab"`, "indent": `indent 2 "a"`, "initial": `initial (list 1 2)`,
		"join": `join "," (list "b" "a")`, "kebabcase": `kebabcase "aB"`, "last": `last (list 1 2)`, "list": `list 3 1 2`,
		"lower": `lower "A"`, "nindent": `nindent 2 "a"`, "nospace": `nospace "a b"`, "plural": `plural "a" "b" 2`, "quote": `quote "a"`,
		"repeat": `repeat 2 "a"`, "replace": `replace "a" "b" "aa"`, "rest": `rest (list 1 2)`, "reverse": `reverse (list 1 2)`,
		"snakecase": `snakecase "aB"`, "sortAlpha": `sortAlpha (list "b" "a")`, "splitList": `splitList "," "a,b"`, "squote": `squote "a"`,
		"sub": "sub 2 1", "substr": `substr 0 1 "ab"`, "title": `title "a b"`, "trim": `trim " a "`, "trimAll": `trimAll "$" "$a$"`,
		"trimPrefix": `trimPrefix "a" "ab"`, "trimSuffix": `trimSuffix "b" "ab"`, "trunc": `trunc 1 "ab"`, "uniq": `uniq (list 1 1)`,
		"upper": `upper "a"`, "without": `without (list 1 2) 1`,
	}
	data := document{Features: []documentFeature{{}}}
	for _, name := range allowedFunctions {
		call, ok := calls[name]
		if !ok {
			t.Errorf("%s: add a call to this test", name)
			continue
		}
		text := "<!--{{range .Features}}-->\n{{" + call + "}}\n<!--{{end}}-->\n"
		first, err := expand("a.md", text, data)
		if err != nil {
			t.Error(err)
		}
		for range 5 {
			if again, err := expand("a.md", text, data); err != nil || again != first {
				t.Errorf("%s: got %q, then %q, %v", call, first, again, err)
			}
		}
	}
	if !slices.IsSorted(allowedFunctions[:]) || len(calls) != len(allowedFunctions) {
		t.Error("allowedFunctions is not sorted, or a call in this test has no allowed function")
	}
}
