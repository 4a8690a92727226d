package generator

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustFill(t *testing.T, file, text string, fragments ...string) string {
	t.Helper()
	byName := map[string][]fragment{}
	for _, f := range fragments {
		byName["a/b"] = append(byName["a/b"], fragment{folder: "x", text: f})
	}
	got, err := fill(file, text, byName)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestFillRecognizesCommentSyntaxOfEachLanguage(t *testing.T) {
	slots := map[string]string{
		"a.go": `//{{slot "a/b"}}`, "a.proto": `//{{slot "a/b"}}`, "a.js": `//{{slot "a/b"}}`, "a.cedar": `//{{slot "a/b"}}`,
		"a.yaml": `#{{slot "a/b"}}`, "Dockerfile": `#{{slot "a/b"}}`, "Makefile": `#{{slot "a/b"}}`, ".dockerignore": `#{{slot "a/b"}}`,
		"a.sh": `#{{slot "a/b"}}`, "a.toml": `#{{slot "a/b"}}`, "a.sql": `--{{slot "a/b"}}`,
		"a.md": `<!--{{slot "a/b"}}-->`, "a.html": `<!--{{slot "a/b"}}-->`,
	}
	for file, slot := range slots {
		if diff := cmp.Diff("x\n  1\n\n  2\ny\n", mustFill(t, file, "x\n  "+slot+"\ny\n", "1\n\n2\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
		if got := mustFill(t, file, "x\n"+slot+"\ny\n"); got != "x\ny\n" {
			t.Errorf("%s: empty: got %q", file, got)
		}
	}
}

func TestFillAvoidsDoubleBlankLines(t *testing.T) {
	tests := []struct{ name, file, text, want string }{
		{"between", "a.yaml", "x\n\n#S\n\ny\n", "x\n\ny\n"},
		{"at the beginning", "a.yaml", "#S\n\ny\n", "y\n"},
		{"at the end", "a.yaml", "x\n\n#S\n", "x\n"},
		{"alone", "a.yaml", "#S\n", ""},
		{"after an opening bracket", "a.go", "f(\n\t//S\n\n\ty,\n)\n", "f(\n\ty,\n)\n"},
		{"before a closing bracket", "a.go", "f(\n\ty,\n\n\t//S\n)\n", "f(\n\ty,\n)\n"},
		{"not at a slot", "a.yaml", "x\n\n\ny\n#S\nz\n", "x\n\n\ny\nz\n"},
	}
	for _, test := range tests {
		text := strings.ReplaceAll(test.text, "S\n", "{{slot \"a/b\"}}\n")
		if got := mustFill(t, test.file, text); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
	if got, want := mustFill(t, "a.md", "x\n\n<!--{{slot \"a/b\"}}-->\n\ny\n", "\n1\n\n", "\n2\n"), "x\n\n1\n\n2\n\ny\n"; got != want {
		t.Errorf("fragments with blank lines: got %q, want %q", got, want)
	}
}

func TestFillSeparatesLongFragments(t *testing.T) {
	text := "{\n\t//{{slot \"a/b\"}}\n}\n"
	got := mustFill(t, "a.go", text, "one()\n", "two()\n", "if x {\n\ty()\n}\n", "three()\n")
	if want := "{\n\tone()\n\ttwo()\n\n\tif x {\n\t\ty()\n\t}\n\n\tthree()\n}\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := mustFill(t, "a.yaml", "#{{slot \"a/b\"}}\n", "- a:\n  b:\n  c:\n", "- d:\n"); got != "- a:\n  b:\n  c:\n- d:\n" {
		t.Errorf("YAML: got %q", got)
	}
}

func TestFillOmitsHeadingOfEmptySlot(t *testing.T) {
	text := "a:\n  #{{slot \"a/b\" \"list:\"}}\nz: 1\n"
	if got := mustFill(t, "a.yaml", text, "- x\n", "- y\n"); got != "a:\n  list:\n  - x\n  - y\nz: 1\n" {
		t.Errorf("filled: got %q", got)
	}
	if got := mustFill(t, "a.yaml", text); got != "a:\nz: 1\n" {
		t.Errorf("empty: got %q", got)
	}
}

func TestParseSlotRejectsMalformedSlots(t *testing.T) {
	tests := []struct{ file, line, want string }{
		{"a.go", `x() //{{slot "a/b"}}`, "the line must contain only"},
		{"a.go", `#{{slot "a/b"}}`, `contain only //{{slot "area/name"}}`},
		{"a.go", `// {{slot "a/b"}}`, "must contain only"},
		{"a.go", `//{{slot "a/b"}} //{{slot "a/c"}}`, "must contain only"},
		{"a.go", `//{{slot a/b}}`, "slot name"},
		{"a.go", `//{{slot "A/b"}}`, "area/name in lower case"},
		{"a.go", `//{{slot "ab"}}`, "area/name in lower case"},
		{"a.go", `//{{slot "a/b" }}`, "one quoted heading"},
		{"a.go", `//{{slot "a/b" ""}}`, "one quoted heading"},
		{"a.go", `//{{slot "a/b" "h" "i"}}`, "one quoted heading"},
		{"a.md", `<!--{{slot "a/b"}}`, "must contain only"},
		{"a.json", `//{{slot "a/b"}}`, "file type without comments"},
	}
	for _, test := range tests {
		_, err := slotsOf(test.file, test.line+"\n")
		wantError(t, err, test.file, test.want)
	}
	for _, line := range []string{`url := "http://{{host}}"`, "//{{slots}}", "{{.Name}}"} {
		if _, ok, err := parseSlot("a.go", line); ok || err != nil && !strings.Contains(line, "{{slot") {
			t.Errorf("%s: got %v, %v, want ordinary text", line, ok, err)
		}
	}
}

func FuzzFill(f *testing.F) {
	f.Add("a.go", "x\n\n//{{slot \"a/b\" \"h\"}}\n\ny\n", "1\n2\n3\n")
	f.Add("a.md", "<!--{{slot \"a/b\"}}-->\n", "\n\n")
	f.Add("a.yaml", "  #{{slot \"a/b\" \"x:\\n\"}}", "- 1")
	f.Fuzz(func(t *testing.T, file, text, part string) {
		if strings.Contains(part, "{{slot") {
			return
		}
		slots, err := slotsOf(file, text)
		got, fillErr := fill(file, text, map[string][]fragment{"a/b": {{text: part}}})
		if err != nil || fillErr != nil {
			return
		}
		headings := slices.ContainsFunc(slots, func(s slot) bool { return strings.Contains(s.heading, "{{slot") })
		if strings.Contains(got, "{{slot") && !headings {
			t.Errorf("got %q, want no slot", got)
		}
		if !strings.Contains(text, "{{slot") && got != text {
			t.Errorf("file without slots: got %q, want it unchanged", got)
		}
	})
}

func FuzzParseSlot(f *testing.F) {
	f.Add("a.go", `//{{slot "a/b" "h"}}`)
	f.Add("a.md", `  <!--{{slot "a/b"}}-->`)
	f.Fuzz(func(t *testing.T, file, line string) {
		s, ok, err := parseSlot(file, line)
		if ok && (err != nil || !slotName.MatchString(s.name) || !strings.HasPrefix(line, s.indent)) {
			t.Errorf("got %+v, %v", s, err)
		}
		if !ok && err == nil && strings.Contains(line, "{{slot") {
			t.Error("a malformed slot is not an error")
		}
	})
}
