package generator

import (
	"go/format"
	"go/scanner"
	"go/token"
	"math/rand/v2"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// checkStaysFormatted replaces the sample words of raw and returns the result of staysFormatted. If that is true, it
// checks that gofmt does not change the text.
func checkStaysFormatted(t *testing.T, at, raw, name, module string) bool {
	t.Helper()
	text := newWords(name, module).replace(raw)
	stays := staysFormatted(raw, text)
	formatted, err := format.Source([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", at, err)
	}
	if stays && string(formatted) != text {
		t.Errorf("%s: for %s in %s (-gofmt +unformatted):\n%s", at, name, module, cmp.Diff(string(formatted), text))
	}
	return stays
}

func TestStaysFormatted(t *testing.T) {
	const own = "\t\"example.com/acme/sample-service"
	imports := func(lines ...string) string { return "import (\n" + strings.Join(lines, "\n") + "\n)\n" }
	tests := map[string]struct {
		source string
		stays  bool
	}{
		"a group of its own":        {imports("\t\"fmt\"", "", own+`/a"`, own+`/b"`), true},
		"the module itself":         {imports(own+`"`, own+`/a"`), true},
		"one import":                {`import "example.com/acme/sample-service/a"` + "\n", true},
		"an order that changes":     {imports(own+`/a"`, "\t\"github.com/x/y\""), false},
		"an import with a name":     {imports("\ta \"example.com/acme/sample-service/b\""), false},
		"imports with comments":     {imports(own+`/a"  // x`, own+`/bb" // y`), false},
		"an import with two words":  {imports(own+`/sample-service"`, own+`/t"`), false},
		"a comment above an import": {imports("\t// Of sample-service.", own+`/a"`), false},
		"imports in a string":       {"const (\n\ta = `\nimport (\n" + own + "/a\"\n)\n\n` // x\n\tbc = 1 // y\n)\n", false},

		"a string at the end":       {"const (\n\ta  = \"sample-service\"\n\tbc = 1 // x\n)\n", true},
		"a string in a call":        {"var a = f(\"SAMPLE_SERVICE\", `sample-service`, 1)\n", true},
		"a string on several lines": {"const a = `\nsample-service\n`\n", false},
		"behind several lines":      {"var a = f(\"sample-service\", `\n`) // x\n", false},
		"a comment behind":          {"const (\n\ta  = \"sample-service\" // x\n\tbc = 1                // y\n)\n", false},
		"a comment that changes":    {"const (\n\ta  = 1   // sample-service.\n\tbc = 234 // y\n)\n", true},
		"a comment in between":      {"var a = f(\"sample-service\" /* x */, 1)\n", false},
		"a key":                     {"var a = map[string]int{\n\t\"sample-service\": 1,\n\t\"b\":              2,\n}\n", false},
		"a part of a key":           {"var a = map[b]int{\n\t{c: \"sample-service\"}: 1,\n\t{c: \"b\"}:              2,\n}\n", false},
		"a key on the same line":    {"var a = map[string]any{\n\t\"a\": 1, \"sample-service\": 2, \"b\": 3,\n\t\"bc\": 4,\n}\n", true},
		"keys in brackets":          {"var a = []b{\n\t{c: \"sample-service\", d: 1},\n\t{c: \"e\", d: 234},\n}\n", true},
		"a declaration with a key":  {"func f() {\n\ta := b[\"x\"] + \"sample-service\"\n}\n", true},
		"a value":                   {"var a = map[string]string{\n\t\"a\":  \"sample-service\",\n\t\"bc\": \"\",\n}\n", true},
		"a tag":                     {"type a struct {\n\tb  int `env:\"SAMPLE_SERVICE\"`\n\tcd string\n}\n", true},
		"a type before a tag":       {"type a struct {\n\tb [len(\"sample-service\")]int `x`\n\tc int                        `y`\n}\n", false},
		"a short function":          {"func a() string { return \"sample-service " + strings.Repeat("x", 60) + "\" }\n", false},
		"a quote in a string":       {"var a = f(\"\\\"\", '\"', '\\'', \"sample-service\") // x\n", false},
		"an identifier":             {"const (\n\tsample_service = 1\n\tbc             = 2\n)\n", false},

		"a sentence":                {"// A is a sample-service.\nconst A = 1\n", true},
		"what may become a heading": {"// A.\n//\n// As sample_service\n//\n// B.\nconst A = 1\n", false},
		"a list in a comment":       {"// A:\n//   - sample-service.\nconst A = 1\n", false},
		"code in a comment":         {"// A.\n//\n//\tsample-service.\nconst A = 1\n", false},
		"a directive":               {"//go:generate sample-service.\n", false},
	}
	for at, test := range tests {
		raw := "package a\n\n" + test.source
		if !strings.Contains(raw, "import") {
			raw = "package a\n\n" + imports("\t\"fmt\"") + "\n" + test.source
		}
		if formatted, err := format.Source([]byte(raw)); err != nil || string(formatted) != raw {
			t.Fatalf("%s: the source of the test is not formatted: %v\n%s", at, err, formatted)
		}
		for i := range testNames {
			if got := checkStaysFormatted(t, at, raw, testNames[i], testModules[i]); got != test.stays {
				t.Errorf("%s: for %s: stays formatted: got %v, want %v", at, testNames[i], got, test.stays)
			}
		}
	}
}

// This test inserts sample words into random strings and comments of real code, to cover every kind of alignment.
func TestStaysFormattedWithRandomSampleWords(t *testing.T) {
	skipSequential(t)
	random := rand.New(rand.NewPCG(1, 2))
	unchanged, reformatted := 0, 0
	for _, l := range libraries(t) {
		l.rawFiles(t, func(at, file, text string, fragment bool) {
			if path.Ext(file) != ".go" || fragment {
				return
			}
			for range 3 {
				raw, err := format.Source([]byte(withSampleWords(text, random)))
				if err != nil {
					t.Fatalf("%s: %v", at, err)
				}
				for i := range testNames {
					if checkStaysFormatted(t, l.name+": "+at, string(raw), testNames[i], testModules[i]) {
						unchanged++
					} else {
						reformatted++
					}
				}
			}
		})
	}
	t.Logf("%d files stayed formatted, %d did not", unchanged, reformatted)
	if unchanged < 100 || reformatted < 100 {
		t.Errorf("%d files stayed formatted, %d did not; want at least 100 of each", unchanged, reformatted)
	}
}

// withSampleWords inserts sample words into random strings and line comments.
func withSampleWords(text string, random *rand.Rand) string {
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, []byte(text), nil, scanner.ScanComments)
	var b strings.Builder
	copied := 0
	imports := false
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			return b.String() + text[copied:]
		}
		imports = tok == token.IMPORT || imports && tok != token.FUNC && tok != token.TYPE && tok != token.CONST && tok != token.VAR
		comment := tok == token.COMMENT && strings.HasPrefix(literal, "// ")
		if imports || !comment && tok != token.STRING || random.IntN(25) > 0 {
			continue
		}
		word := []string{sampleModule, sampleName, sampleSnake, samplePrefix}[random.IntN(4)]
		end := file.Offset(pos) + 1
		if comment {
			end = file.Offset(pos) + len(literal)
			word = []string{" " + word, " " + word + "."}[random.IntN(2)]
		}
		b.WriteString(text[copied:end] + word)
		copied = end
	}
}
