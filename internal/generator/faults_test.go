package generator

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/acton-go/acton-new/internal/verify/sets"
	"github.com/acton-go/acton-new/internal/verify/typecheck"
)

// faultless is a catalog of four features without a fault. delta requires alpha; the others are independent.
var faultless = map[string]string{
	"_base/feature.yaml":                               "title: T\nsummary: S.\n",
	"_base/files/cmd/sample-service/main.go":           "package main\n\nimport \"example.com/acme/sample-service/internal/app\"\n\nfunc main() { app.Run() }\n",
	"_base/files/internal/app/app.go":                  "// Package app is the wiring.\npackage app\n\nimport (\n\t\"log\"\n\t//{{slot \"app/imports\"}}\n)\n\n// Run runs.\nfunc Run() {\n\tlog.Print(\"start\")\n\t//{{slot \"app/open\"}}\n}\n",
	"_base/files/internal/app/app_test.go":             "package app\n\nimport \"testing\"\n\nfunc TestRun(*testing.T) { Run() }\n",
	"_base/files/internal/report/report.go":            "// Package report wraps a printer.\npackage report\n\nimport \"fmt\"\n\n// Say prints.\nfunc Say(format string, args ...any) { fmt.Printf(format, args...) }\n",
	"_features/alpha/feature.yaml":                     "title: T\nsummary: S.\ngroup: g\n",
	"_features/alpha/files/internal/alpha/a.go":        "// Package alpha is first.\npackage alpha\n\n// Open opens n.\nfunc Open(n int) int { return n }\n",
	"_features/alpha/slots/app/imports":                "\"example.com/acme/sample-service/internal/alpha\"\n",
	"_features/alpha/slots/app/open":                   "log.Print(alpha.Open(1))\n",
	"_features/beta/feature.yaml":                      "title: T\nsummary: S.\ngroup: g\n",
	"_features/beta/files/internal/beta/b.go":          "// Package beta is second.\npackage beta\n",
	"_features/delta/feature.yaml":                     "title: T\nsummary: S.\ngroup: g\nrequires: [alpha]\n",
	"_features/delta/files/internal/delta/d.go":        "// Package delta is last.\npackage delta\n\nimport \"example.com/acme/sample-service/internal/alpha\"\n\n// Open opens.\nfunc Open() int { return alpha.Open(2) }\n",
	"_features/gamma/feature.yaml":                     "title: T\nsummary: S.\ngroup: g\n",
	"_features/gamma/files/internal/gamma/g.go":        "// Package gamma is third.\npackage gamma\n",
	"_features/alpha/with/beta/files/internal/ab/a.go": "// Package ab is for two.\npackage ab\n",
}

func TestCheckReportsFaultWithSmallestCombination(t *testing.T) {
	tests := map[string]struct {
		change   map[string]string
		features []string // of the smallest combination
		check    string
		file     string
		message  string
	}{
		"a type error with three features": {
			map[string]string{
				"_features/beta/slots/app/open":                  "limit := 1\nlog.Print(limit)\n",
				"_features/gamma/slots/app/open":                 "log.Print(\"gamma\")\n",
				"_features/alpha/with/beta+gamma/slots/app/open": "limit = alpha.Open(\"1\")\n",
			},
			[]string{"alpha", "beta", "gamma"}, "types", "internal/app/app.go", `cannot use "1"`,
		},
		"a name that two features declare": {
			map[string]string{"_features/beta/slots/app/open": "n := 1\nlog.Print(n)\n", "_features/gamma/slots/app/open": "n := 2\nlog.Print(n)\n"},
			[]string{"beta", "gamma"}, "types", "internal/app/app.go", "no new variables",
		},
		"an import of a missing package": {
			map[string]string{"_features/beta/files/internal/beta/b.go": "// Package beta is second.\npackage beta\n\nimport _ \"example.com/acme/sample-service/internal/alpha\"\n"},
			[]string{"beta"}, "types", "internal/beta/b.go", "internal/alpha (package has no files in this version)",
		},
		"an import of an unpinned module": {
			map[string]string{"_features/gamma/files/internal/gamma/g.go": "// Package gamma is third.\npackage gamma\n\nimport _ \"x.example/y\"\n"},
			[]string{"gamma"}, "types", "internal/gamma/g.go", "could not import x.example/y",
		},
		"a wrong printf verb with two features": {
			map[string]string{"_features/alpha/with/beta/slots/app/open": "log.Printf(\"%d\", \"two\")\n"},
			[]string{"alpha", "beta"}, "printf", "internal/app/app.go", "%d",
		},
		"a wrong printf verb for a wrapper in another package": {
			map[string]string{"_features/alpha/with/gamma/slots/app/open": "report.Say(\"%d\", \"two\")\n", "_features/alpha/with/gamma/slots/app/imports": "\"example.com/acme/sample-service/internal/report\"\n"},
			[]string{"alpha", "gamma"}, "printf", "internal/app/app.go", "report.Say format %d",
		},
		"a malformed struct tag": {
			map[string]string{"_features/gamma/files/internal/gamma/g.go": "// Package gamma is third.\npackage gamma\n\n// Config is read.\ntype Config struct {\n\tPort int `yaml:port`\n}\n"},
			[]string{"gamma"}, "structtag", "internal/gamma/g.go", "not compatible with reflect.StructTag",
		},
		"a syntax error in a file of a pair": {
			map[string]string{"_features/alpha/with/beta/files/internal/ab/a.go": "// Package ab is for two.\npackage ab\n\nfunc open( {}\n"},
			[]string{"alpha", "beta"}, "syntax", "internal/ab/a.go", "expected",
		},
		"a syntax error in fragments of two features": {
			map[string]string{"_features/beta/slots/app/open": "if true {\n\tlog.Print(\"beta\")\n}\n", "_features/beta/with/gamma/slots/app/open": "} else {\n"},
			[]string{"beta", "gamma"}, "render", "", "_base: internal/app/app.go: ",
		},
		"an import that only a feature uses": {
			map[string]string{
				"_base/files/internal/app/app.go": strings.Replace(faultless["_base/files/internal/app/app.go"], "\t\"log\"\n", "\t\"log\"\n\t\"time\"\n", 1),
				"_features/beta/slots/app/open":   "log.Print(time.Now())\n",
			},
			nil, "types", "internal/app/app.go", `"time" imported and not used`,
		},
		"an error in a test": {
			map[string]string{"_features/delta/files/internal/delta/d_test.go": "package delta\n\nimport \"testing\"\n\nfunc TestOpen(t *testing.T) { t.Log(Close()) }\n"},
			[]string{"alpha", "delta"}, "types", "internal/delta/d_test.go", "undefined: Close",
		},
		"an error in an external test package": {
			map[string]string{"_features/delta/files/internal/delta/d_test.go": "package delta_test\n\nimport (\n\t\"testing\"\n\n\t\"example.com/acme/sample-service/internal/delta\"\n)\n\nfunc TestOpen(t *testing.T) { t.Log(delta.Close()) }\n"},
			[]string{"alpha", "delta"}, "types", "internal/delta/d_test.go", "undefined: delta.Close",
		},
		"t.Fatal in a goroutine": {
			map[string]string{"_features/alpha/files/internal/alpha/a_test.go": "package alpha\n\nimport \"testing\"\n\nfunc TestOpen(t *testing.T) {\n\tgo func() { t.Fatal(Open(1)) }()\n}\n"},
			[]string{"alpha"}, "testinggoroutine", "internal/alpha/a_test.go", "Fatal",
		},
		"an import cycle": {
			map[string]string{
				"_features/beta/with/gamma/files/internal/beta/c.go":  "package beta\n\nimport _ \"example.com/acme/sample-service/internal/gamma\"\n",
				"_features/beta/with/gamma/files/internal/gamma/h.go": "package gamma\n\nimport _ \"example.com/acme/sample-service/internal/beta\"\n",
			},
			[]string{"beta", "gamma"}, "types", "internal/beta/b.go", "import cycle",
		},
		"an embedded file that only a feature has": {
			map[string]string{
				"_base/files/internal/page/page.go":               "// Package page has pages.\npackage page\n\nimport \"embed\"\n\n// Pages are all pages.\n//\n//go:embed pages/*.html\nvar Pages embed.FS\n",
				"_features/beta/files/internal/page/pages/b.html": "<p>\n",
			},
			nil, "go:embed", "internal/page/page.go", "pattern pages/*.html: no matching files found",
		},
		"an unformatted file": {
			map[string]string{"_features/beta/with/delta/files/internal/delta/e.go": "package delta\n\nvar  e int\n"},
			[]string{"alpha", "beta", "delta"}, "gofmt", "internal/delta/e.go", "is not formatted",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			report := faulty(t, test.change)
			if len(report.Faults) != 1 {
				t.Fatalf("faults: got %v, want one", report.Faults)
			}
			f := report.Faults[0]
			if !slices.Equal(f.Features, test.features) || f.Check != test.check || f.File != test.file || !strings.Contains(f.Message, test.message) {
				t.Errorf("got %v\nwant %s: … %s … (%s), with %v", f, test.file, test.message, test.check, test.features)
			}
		})
	}
	t.Run("no fault", func(t *testing.T) {
		if report := faulty(t, nil); len(report.Faults) > 0 || report.Versions != 12 {
			t.Errorf("got %v in %d versions, want none in 12", report.Faults, report.Versions)
		}
	})
}

// The laws about rendered files hold in every combination.
func TestSurveyFindsFaultsOfCombinations(t *testing.T) {
	tests := map[string]struct {
		change map[string]string
		want   string
	}{
		"a trace of an absent feature": {
			map[string]string{
				"_features/gamma/feature.yaml":                   "title: T\nsummary: S.\ngroup: g\ntraces: [gammaray]\n",
				"_features/alpha/with/beta/files/docs/traces.md": "# A gammaray\n",
			},
			"docs/traces.md: contains gammaray, a trace of a feature that is not in the project, or a sample; in 2 projects, for example ab with [alpha beta]",
		},
		"YAML that two fragments break": {
			map[string]string{
				"_base/files/config.yaml":           "a: 1\n#{{slot \"config/keys\"}}\n",
				"_features/beta/slots/config/keys":  "b: 2\n",
				"_features/gamma/slots/config/keys": "b: 3\n",
			},
			"config.yaml: yaml: unmarshal errors",
		},
		"a file of two features": {
			map[string]string{"_features/beta/files/docs/a.md": "# A\n", "_features/gamma/files/docs/a.md": "# A\n"},
			"_features/beta and _features/gamma both contain docs/a.md; remove one; in 3 projects, for example ab with [beta gamma]",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			faults := surveyOf(t, test.change).faults
			if len(faults) != 1 || !strings.Contains(strings.ReplaceAll(faults[0], "\n", " "), test.want) {
				t.Errorf("got %q, want one with %q", faults, test.want)
			}
		})
	}
	if faults := surveyOf(t, nil).faults; len(faults) > 0 {
		t.Errorf("got %q without a fault", faults)
	}
}

// faulty checks every combination of the faultless catalog with changed files.
func faulty(t *testing.T, change map[string]string) *typecheck.Report {
	t.Helper()
	return surveyOf(t, change).check(t)
}

func surveyOf(t *testing.T, change map[string]string) *survey {
	t.Helper()
	all := maps.Clone(faultless)
	maps.Copy(all, change)
	files := fstest.MapFS{}
	for name, text := range all {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	l := open(t, "faulty", files)
	var answers []Answers
	for set := range sets.Combinations(l.cat) {
		answers = append(answers, Answers{Name: "ab", Module: "a.b/c", Features: set.Features()})
	}
	return newSurvey(l, nil, answers)
}

func TestReportListsPackagesWithTooManyFeatures(t *testing.T) {
	change := map[string]string{}
	for _, name := range []string{"alpha", "beta", "gamma"} {
		change["_features/"+name+"/files/internal/report/"+name+".go"] = "package report\n\n// " + name + " counts.\nconst " + name + " = 1\n"
	}
	report := faulty(t, change)
	over := report.Over(2, wiring...)
	if len(over) != 1 || over[0].Dir != "internal/report" || !slices.Equal(over[0].Features, []string{"alpha", "beta", "gamma"}) || over[0].Variants != 8 {
		t.Errorf("got %+v, want internal/report with three features and 8 variants", over)
	}
	if over := report.Over(3, wiring...); over != nil {
		t.Errorf("got %+v, want none over 3", over)
	}
}
