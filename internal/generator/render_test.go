package generator

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/acton-go/acton-new/internal/features"
)

func TestAnswersReplaceSamplesAsWholeWords(t *testing.T) {
	r := renderer{name: "ab", module: "a.b/c", resource: newResource("note"), words: newWords("ab", "a.b/c", newResource("note")), literals: []literal{
		{sample: "https://h.example/sample-service", answer: "https://sample-service.example"}, {sample: "4711", answer: "3"},
	}}
	got := r.replace("a: 4711\nb: 14711 sample-service\nc: \"https://h.example/sample-service#x\"\nd: x4711 4711 4711\n")
	want := "a: 3\nb: 14711 ab\nc: \"https://sample-service.example#x\"\nd: x4711 4711 4711\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSampleWordsAreReplacedInOnePass(t *testing.T) {
	w := newWords("my-sample-service-2", "x.y/sample-service/my-sample-service-2", newResource("note"))
	got := w.Replace("example.com/acme/sample-service/internal sample-service sample_service SAMPLE_SERVICE_SERVER__PORT")
	want := "x.y/sample-service/my-sample-service-2/internal my-sample-service-2 my_sample_service_2 MY_SAMPLE_SERVICE_2_SERVER__PORT"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// project renders a catalog with these files, the feature fg and the default provider f.
func project(t *testing.T, files map[string]string) (Tree, error) {
	t.Helper()
	fsys := fstest.MapFS{
		"_base/feature.yaml":        {Data: []byte("title: T\nsummary: S.\n")},
		"_features/f/feature.yaml":  {Data: []byte("title: T\nsummary: S.\nhidden: true\nprovides: [c]\ndefault: true\n")},
		"_features/f/files/unused":  {},
		"_features/fg/feature.yaml": {Data: []byte("title: T\nsummary: S.\ngroup: g\nneeds: [c]\n")},
		"_features/fg/files/other":  {},
	}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	cat, err := features.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return library{fsys: fsys, cat: cat}.render(Answers{Name: "ab", Module: "a.b/c", Features: []string{"fg"}}, "v0")
}

// A feature needs no folder for what another one owns: its files and fragments are left out with the owner.
func TestRenderLeavesOutFragmentsForOwnedFiles(t *testing.T) {
	for _, owned := range []bool{true, false} {
		files := map[string]string{
			"_features/h/feature.yaml":       "title: T\nsummary: S.\nhidden: true\n",
			"_features/h/files/owned/a.yaml": "#{{slot \"owned/lines\"}}\n",
			"_features/f/slots/owned/lines":  "x: 1\n",
			"_features/fg/files/owned/b":     "",
		}
		if owned {
			files["_features/h/feature.yaml"] += "owns: [owned/]\n"
		}
		tree, err := project(t, files)
		if !owned {
			wantError(t, err, `_features/f: slot "owned/lines": not defined by any file of this selection`)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := tree.Lookup("owned/b"); ok {
			t.Error("the project has a file that a feature of another set owns")
		}
	}
}

func TestRenderRejectsInvalidTemplates(t *testing.T) {
	tests := map[string]struct {
		files map[string]string
		want  []string
	}{
		"two owners":         {map[string]string{"_base/files/a": "", "_features/f/files/a": ""}, []string{"_base and _features/f both contain a"}},
		"two owners by case": {map[string]string{"_base/files/makefile": "", "_features/f/files/Makefile": ""}, []string{"both contain"}},
		"own go.mod":         {map[string]string{"_base/files/go.mod": ""}, []string{"go.mod: remove it"}},
		"fragment without slot": {map[string]string{"_features/f/slots/a/b": "x\n"},
			[]string{`_features/f: slot "a/b": not defined by any file of this selection`}},
		"slot twice": {map[string]string{"_base/files/a.yaml": "#{{slot \"a/b\"}}\n", "_base/files/b.yaml": "#{{slot \"a/b\"}}\n"},
			[]string{"a.yaml", "b.yaml", "define it once"}},
		"empty fragment":   {map[string]string{"_base/files/a.yaml": "#{{slot \"a/b\"}}\n", "_features/f/slots/a/b": "\n"}, []string{"is empty"}},
		"slot in fragment": {map[string]string{"_base/files/a.yaml": "#{{slot \"a/b\"}}\n", "_features/f/slots/a/b": "#{{slot \"a/c\"}}\n"}, []string{"contains a slot"}},
		"invalid Go":       {map[string]string{"_base/files/a.go": "package 1 // sample-service\n"}, []string{"_base", "a.go"}},
		"unknown module":   {map[string]string{"_base/files/a.go": "package a\n\nimport _ \"x.example/y\"\n"}, []string{"a.go imports x.example/y", "no module with this package is recorded"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := project(t, test.files)
			wantError(t, err, test.want...)
		})
	}
	tree, err := project(t, map[string]string{"_base/files/logo.bin": "\x00{{slot sample-service\xff"})
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := tree.Lookup("logo.bin"); string(data) != "\x00{{slot sample-service\xff" {
		t.Errorf("binary file: got %q, want it unchanged", data)
	}
}

func TestRenderSmallCatalog(t *testing.T) {
	tree := smallLibrary(t).mustFiles(t, Answers{
		Name: "billing-api", Module: "github.com/acme/billing-api", Features: []string{"zone", "disk"},
		Values: map[string]string{"paint": "blue", "greetings": "7", "handbook-url": "https://wiki.acme.example/x", "zone": "Asia/Tokyo"},
	})
	want := map[string]string{
		".gitignore": "/bin/\n",
		"internal/app/app.go": `// Package app ties the parts together.
package app

import (
	"fmt"
	"time"

	"github.com/acme/billing-api/internal/disk"
	"github.com/acme/billing-api/internal/paint"
)

const (
	name      = "billing-api"
	prefix    = "BILLING_API"
	snake     = "billing_api"
	handbook  = "https://wiki.acme.example/x"
	greetings = 7
)

// Run greets.
func Run() error {
	start := time.Now()
	if start.IsZero() {
		return fmt.Errorf("no clock")
	}

	defer func() {
		fmt.Println(time.Since(start))
	}()

	store, err := disk.Open()
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}

	for range greetings {
		fmt.Println("{{", name, prefix, snake, handbook, paint.Colour, store, "}}")
	}
	return nil
}
`,
		"README.md": "# billing-api\n\nImport it as `github.com/acme/billing-api`; `{{.This}}` is ordinary text.\n\n" +
			"## Parts\n\n### Clock\n\nTells the time.\n\n### Alarm\n\nMeasures.\n\n" +
			"- **Alarm** (ALARM): Measures how long it takes.\n- **Clock** (CLOCK): Knows the time.\n" +
			"- **Disk** (DISK): Keeps everything on disk.\n- **Zone** (ZONE): Knows where it is.\n\nThe end.\n",
		"deploy/kustomization.yaml": "kind: Kustomization\nmetadata:\n  name: billing-api\n\ncomponents:\n- components/disk\n\n" +
			"resources:\n  - service.yaml\n  - zone.yaml\n",
		"deploy/components/disk/schema.sql": "CREATE TABLE things (\n  id text\n  , stamped timestamp\n);\n",
		"deploy/zone.yaml":                  "env:\n  - name: TZ_NAME\n    value: Asia/Tokyo\n",
		"dashboard.json":                    "{\"title\": \"billing-api\", \"legend\": \"{{status}}\"}\n",
		"Makefile":                          "run:\n\tgo run ./cmd/billing-api\n\nalarm:\n\tgo run ./cmd/billing-api | tail -1\n",
	}
	for path, text := range want {
		got, ok := tree.Lookup(path)
		if !ok {
			t.Errorf("%s is missing", path)
		}
		if diff := cmp.Diff(text, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	if _, ok := tree.Lookup("cmd/billing-api/main.go"); !ok {
		t.Error("missing cmd/billing-api/main.go: the name is not replaced in paths")
	}
}
