package typecheck

import (
	"fmt"
	"strings"
	"testing"
)

// standard is a universe with only the standard library.
var standard = NewUniverse("testdata/standard")

// check checks module m with every subset of the features. files returns its files by path.
func check(t *testing.T, features []string, files func(on map[string]bool) map[string]string) *Report {
	t.Helper()
	family := &Family{}
	for mask := range 1 << len(features) {
		v, on := Version{Module: "m"}, map[string]bool{}
		for i, name := range features {
			if mask&(1<<i) != 0 {
				v.Features = append(v.Features, name)
				on[name] = true
			}
		}
		for path, text := range files(on) {
			v.Files = append(v.Files, File{Path: path, Data: []byte(text)})
		}
		family.Add(v)
	}
	report, err := family.Check(t.Context(), standard)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// wantFaults compares the faults of a report, in order, with parts of their texts.
func wantFaults(t *testing.T, r *Report, want ...string) {
	t.Helper()
	if len(r.Faults) != len(want) {
		t.Fatalf("faults: got %v, want %d: %q", r.Faults, len(want), want)
	}
	for i, part := range want {
		if got := r.Faults[i].String(); !strings.Contains(got, part) {
			t.Errorf("fault %d: got %s, want %s in it", i, got, part)
		}
	}
}

func choose(on bool, yes, no string) string {
	if on {
		return yes
	}
	return no
}

func TestImportersAreCheckedOnceIfOnlyBodiesDiffer(t *testing.T) {
	const importer = "package b\n\nimport \"m/a\"\n\nvar N = a.F()\n"
	features := []string{"x", "y", "z"}
	bodies := check(t, features, func(on map[string]bool) map[string]string {
		return map[string]string{"a/a.go": fmt.Sprintf("package a\n\nfunc F() int { return %d }\n", len(on)), "b/b.go": importer}
	})
	wantFaults(t, bodies)
	if bodies.Units != 4+1 {
		t.Errorf("units: got %d, want four of a and one of b", bodies.Units)
	}
	signatures := check(t, features, func(on map[string]bool) map[string]string {
		return map[string]string{"a/a.go": fmt.Sprintf("package a\n\nfunc F() [%d]int { panic(0) }\n", len(on)), "b/b.go": importer}
	})
	wantFaults(t, signatures)
	if signatures.Units != 4+4 {
		t.Errorf("units: got %d, want four of a and four of b", signatures.Units)
	}
}

// A comparison of exported signatures would miss these differences.
func TestImportersAreCheckedAgainIfTheAPIDiffers(t *testing.T) {
	tests := map[string]struct {
		files func(on bool) map[string]string
		want  string
	}{
		"unexported field that makes values incomparable": {
			func(on bool) map[string]string {
				return map[string]string{
					"a/a.go": "package a\n\ntype hidden " + choose(on, "[]int", "int") + "\n\ntype T struct{ h hidden }\n",
					"b/b.go": "package b\n\nimport \"m/a\"\n\nvar Same = a.T{} == a.T{}\n",
				}
			}, "cannot be compared",
		},
		"type of a third package": {
			func(on bool) map[string]string {
				return map[string]string{
					"a/a.go": "package a\n\ntype T struct{ " + choose(on, "N", "M") + " int }\n",
					"b/b.go": "package b\n\nimport \"m/a\"\n\nfunc F() a.T { return a.T{} }\n",
					"c/c.go": "package c\n\nimport \"m/b\"\n\nvar N = b.F().M\n",
				}
			}, "b.F().M undefined",
		},
		"value of a constant": {
			func(on bool) map[string]string {
				return map[string]string{
					"a/a.go": "package a\n\nconst N = " + choose(on, "300", "3") + "\n",
					"b/b.go": "package b\n\nimport \"m/a\"\n\nvar N uint8 = a.N\n",
				}
			}, "overflows",
		},
		"go vet fact of a function body": {
			func(on bool) map[string]string {
				return map[string]string{
					"a/a.go": "package a\n\nimport \"fmt\"\n\nfunc Say(format string, args ...any) string { return fmt.Sprint" + choose(on, "f(format, args...)", "(format, args)") + " }\n",
					"b/b.go": "package b\n\nimport \"m/a\"\n\nvar Said = a.Say(\"%d\", \"one\")\n",
				}
			}, "(printf)",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			report := check(t, []string{"on"}, func(on map[string]bool) map[string]string { return test.files(on["on"]) })
			wantFaults(t, report, test.want)
			if f := report.Faults[0]; len(f.Features) != 1 || f.Versions != 1 {
				t.Errorf("got %v, want it only with the feature", f)
			}
		})
	}
}

// An external test may import the tested package directly and through another package. The types must be identical.
func TestExternalTestSeesOneVariantOfTheTestedPackage(t *testing.T) {
	files := map[string]string{
		"a/a.go":           "package a\n\ntype T struct{ n int }\n",
		"a/export_test.go": "package a\n\nfunc (t T) N() int { return t.n }\n",
		"a/a_test.go":      "package a_test\n\nimport (\n\t\"testing\"\n\n\t\"m/a\"\n\t\"m/b\"\n)\n\nfunc TestN(t *testing.T) {\n\tif (a.T{}).N() != 0 || b.Make() != (a.T{}) {\n\t\tt.Error(b.Make().N())\n\t}\n}\n",
		"b/b.go":           "package b\n\nimport \"m/a\"\n\nfunc Make() a.T { return a.T{} }\n",
	}
	wantFaults(t, check(t, nil, func(map[string]bool) map[string]string { return files }))
}

func TestErrorsOfTheGoCommandAreFaults(t *testing.T) {
	tests := map[string]struct {
		files map[string]string
		want  string
	}{
		"internal package of another package":      {map[string]string{"a/internal/b/b.go": "package b\n", "c/c.go": "package c\n\nimport _ \"m/a/internal/b\"\n"}, "use of internal package"},
		"internal package of the standard library": {map[string]string{"a/a.go": "package a\n\nimport _ \"internal/abi\"\n"}, "use of internal package"},
		"import of a main package":                 {map[string]string{"a/a.go": "package main\n\nfunc main() {}\n", "b/b.go": "package b\n\nimport _ \"m/a\"\n"}, "is a program"},
		"main package without main":                {map[string]string{"a/a.go": "package main\n"}, "function main is undeclared"},
		"two packages in a folder":                 {map[string]string{"a/a.go": "package a\n", "a/b.go": "package b\n"}, "package b; expected package a"},
		"import cycle through a test":              {map[string]string{"a/a.go": "package a\n", "a/a_test.go": "package a\n\nimport _ \"m/b\"\n", "b/b.go": "package b\n\nimport _ \"m/a\"\n"}, "import cycle not allowed in test"},
		"file for a newer Go version":              {map[string]string{"a/a.go": "//go:build go1.99\n\npackage a\n", "a/b.go": "package a\n\nvar _ = missing\n"}, "undefined: missing"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			wantFaults(t, check(t, nil, func(map[string]bool) map[string]string { return test.files }), test.want)
		})
	}
}

func TestAnErrorIsNotRepeatedForImporters(t *testing.T) {
	files := map[string]string{
		"a/a.go": "package a\n\nvar X int = \"\"\n", "a/a_test.go": "package a_test\n\nimport _ \"m/a\"\n",
		"b/b.go": "package b\n\nimport \"m/a\"\n\nvar Y = a.X + a.Z\n", "c/c.go": "package c\n\nimport _ \"m/b\"\n",
	}
	wantFaults(t, check(t, nil, func(map[string]bool) map[string]string { return files }), "a/a.go:3:13: cannot use")
}

func TestIgnoredReturnsFilesForOtherSystems(t *testing.T) {
	family := &Family{}
	family.Add(Version{Module: "m", Files: []File{
		{Path: "a/a.go", Data: []byte("package a\n")},
		{Path: "a/a_plan9.go", Data: []byte("package a\n")},
		{Path: "a/b.go", Data: []byte("//go:build plan9\n\npackage a\n")},
		{Path: "a/testdata/c.go", Data: []byte("no Go at all")},
	}})
	if got := fmt.Sprint(family.Ignored()); got != "[a/a_plan9.go a/b.go]" {
		t.Errorf("got %s", got)
	}
}

func TestEmbedPatternsFollowTheGoCommand(t *testing.T) {
	v := &version{files: []string{
		"a/.hidden", "a/files/.env", "a/files/x.txt", "a/only/.env", "a/page.html", "b/go.mod", "b/x.txt", "top.txt",
	}}
	tests := []struct{ dir, patterns, want string }{
		{"a", "page.html", ""},
		{"a", "*.html files", ""},
		{"a", "files/*.txt", ""},
		{"a", `"page.html" ` + "`files`", ""},
		{"a", ".hidden", ""},
		{"a", "all:only", ""},
		{"", "top.txt", ""},
		{"", "a/files/x.txt", ""},
		{"a", "only", "no embeddable files"},
		{"a", "*.css", "no matching files"},
		{"a", "page.html style.css", "pattern style.css: no matching files"},
		{"a", "../top.txt", "invalid pattern"},
		{"a", "/top.txt", "invalid pattern"},
		{"a", "[", "invalid pattern"},
		{"a", "./page.html", "invalid pattern"},
		{"", "b/x.txt", "no matching files"},
		{"", "b", "no matching files"},
	}
	for _, test := range tests {
		p := &pkg{dir: test.dir, units: [3][]*source{{{path: "x.go", embeds: embedPatterns(test.patterns)}}}}
		faults := v.embeds(p)
		switch {
		case test.want == "" && len(faults) > 0:
			t.Errorf("%s: %s: %v", test.dir, test.patterns, faults)
		case test.want != "" && (len(faults) != 1 || !strings.Contains("pattern "+faults[0].Message, test.want)):
			t.Errorf("%s: %s: got %v, want %s", test.dir, test.patterns, faults, test.want)
		}
	}
}

func TestReportStringIsATable(t *testing.T) {
	report := check(t, []string{"x", "y"}, func(on map[string]bool) map[string]string {
		return map[string]string{"a/a.go": "package a\n", "b/b.go": "package b\n" + choose(on["y"], "\nvar Y int\n", "")}
	})
	const want = "4 versions, 3 distinct packages, 3 checks, 0 faults\n" +
		"features variants  package  depends on\n       1        2  b        y\n       0        1  a\n"
	if got := report.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
