package generator

import (
	"fmt"
	"io/fs"
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/templates"
)

// The synthetic catalog is the real base with ten features that are made up here. They stand for those that the service
// will have in the end: the same names and requirements, folders for pairs, packages of the usual size with tests, the
// libraries as far as they are pinned, and fragments in the slots of the wiring. It measures what all combinations will
// cost.
type synthetic struct {
	name     string
	requires string
	library  string   // a type that the client holds if its module is pinned, as import path and name
	slots    []string // phases of the chain in which it has a layer
	decorate bool     // wraps the store
	serve    bool     // runs beside the listeners
	pairs    []string // features after it in the alphabet, with which it has a folder
}

var synthetics = []synthetic{
	{name: "auth", slots: []string{"app/authenticate"}, serve: true, pairs: []string{"cache", "grpc", "rate-limit"}},
	{name: "authz", requires: "auth", slots: []string{"app/authorize"}, pairs: []string{"cache"}},
	{name: "cache", decorate: true, serve: true, pairs: []string{"events", "observability", "rate-limit"}},
	{name: "database", library: "github.com/jackc/pgx/v5/pgxpool.Pool", decorate: true, serve: true, pairs: []string{"events", "observability"}},
	{name: "events", decorate: true, serve: true, pairs: []string{"observability"}},
	{name: "grpc", library: "google.golang.org/grpc.Server", serve: true, pairs: []string{"observability", "rate-limit"}},
	{name: "observability", library: "go.opentelemetry.io/otel/sdk/trace.TracerProvider", slots: []string{"app/observe"}, decorate: true, serve: true, pairs: []string{"resilience"}},
	{name: "openapi", library: "github.com/danielgtaylor/huma/v2.OpenAPI", slots: []string{"app/protect"}},
	{name: "rate-limit", slots: []string{"app/protect", "app/authenticate"}, serve: true},
	{name: "resilience", library: "golang.org/x/sync/semaphore.Weighted", slots: []string{"app/isolate"}, decorate: true},
}

// syntheticLibrary returns the catalog, with a memo of its own.
func syntheticLibrary(t testing.TB) library {
	t.Helper()
	files := hiddenTemplates(t)
	for _, s := range synthetics {
		if !s.pinned(t) {
			s.library = ""
		}
		s.addTo(files)
		for _, other := range s.pairs {
			s.addPair(files, other)
		}
	}
	l := open(t, "synthetic", files)
	l.memo = &memo{}
	return l
}

// hiddenTemplates returns the base and the hidden features that it needs, without what can be chosen.
func hiddenTemplates(t testing.TB) fstest.MapFS {
	t.Helper()
	cat, err := features.Load(templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, root := range []string{"_base", "_features"} {
		err := fs.WalkDir(templates.Files, root, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if rest, ok := strings.CutPrefix(p, "_features/"); ok {
				name, _, _ := strings.Cut(rest, "/")
				if f, known := cat.Lookup(name); !known || !f.Hidden {
					return nil
				}
			}
			data, err := fs.ReadFile(templates.Files, p)
			files[p] = &fstest.MapFile{Data: data}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// pinned tells whether the module of the library is one of those that the service can have.
func (s synthetic) pinned(t testing.TB) bool {
	t.Helper()
	if s.library == "" {
		return false
	}
	pkg := s.library[:strings.LastIndex(s.library, ".")]
	if err := universe.Load(t.Context(), []string{pkg}); err != nil {
		t.Fatal(err)
	}
	_, err := universe.Package(pkg)
	if err != nil {
		t.Logf("%s does without %s: %v", s.name, pkg, err)
	}
	return err == nil
}

// words replaces the placeholders of the sources below.
func (s synthetic) words(other string) *strings.Replacer {
	pkg := strings.ReplaceAll(s.name, "-", "")
	imported, held := "", "struct{ size int }"
	if s.library != "" {
		i := strings.LastIndex(s.library, ".")
		imported, held = fmt.Sprintf("\tlib %q\n\n", s.library[:i]), "lib"+s.library[i:]
	}
	return strings.NewReplacer("NAME", s.name, "PKG", pkg, "TITLE", strings.ToUpper(pkg[:1])+pkg[1:], "KEY", strings.ReplaceAll(s.name, "-", "_"),
		"IMPORTED", imported, "HELD", held, "OTHER", strings.ReplaceAll(other, "-", ""), "SERVICE", sampleModule)
}

func (s synthetic) addTo(files fstest.MapFS) {
	words, folder := s.words(""), "_features/"+s.name+"/"
	add := func(name, text string) {
		files[folder+words.Replace(name)] = &fstest.MapFile{Data: []byte(words.Replace(text))}
	}
	manifest := "title: TITLE\nsummary: Brings TITLE.\ngroup: synthetic\n"
	if s.requires != "" {
		manifest += "requires: [" + s.requires + "]\n"
	}
	add("feature.yaml", manifest)
	for name, text := range syntheticFiles {
		add("files/"+name, text)
	}
	for name, text := range syntheticSlots {
		add("slots/"+name, text)
	}
	for _, phase := range s.slots {
		add("slots/"+phase, "PKGClient.Layer(\""+strings.ReplaceAll(phase, "/", " ")+"\"),\n")
	}
	if s.decorate {
		add("slots/app/decorate", "store = PKGClient.Wrap(store)\n")
	}
	if s.serve {
		add("slots/app/serve", "group.Go(func() error { return PKGClient.Run(ctx) })\n")
	}
}

// addPair adds the folder for two features: a file in the package of the first, and a line in the wiring.
func (s synthetic) addPair(files fstest.MapFS, other string) {
	words, folder := s.words(other), "_features/"+s.name+"+"+other+"/"
	add := func(name, text string) {
		files[folder+words.Replace(name)] = &fstest.MapFile{Data: []byte(words.Replace(text))}
	}
	add("files/internal/PKG/with_OTHER.go", syntheticPair)
	add("files/internal/PKG/with_OTHER_test.go", syntheticPairTest)
	add("slots/app/serve", "group.Go(func() error { return PKGClient.With_OTHER(ctx, OTHERClient) })\n")
	add("slots/readme/links", "- TITLE works together with OTHER.\n")
}

// answersOf returns the answers for sets of features under one name.
func answersOf(sets [][]string) []Answers {
	var all []Answers
	for _, names := range sets {
		all = append(all, Answers{Name: goldenName, Module: goldenModule, Features: names})
	}
	return all
}

// The catalog must fit the base as it is now. Each feature alone and all together show that; every combination takes the
// benchmark.
func TestTheSyntheticCatalogFitsTheBase(t *testing.T) {
	sets := [][]string{nil, nil}
	for _, s := range synthetics {
		alone := []string{s.name}
		if s.requires != "" {
			alone = []string{s.requires, s.name}
		}
		sets, sets[1] = append(sets, alone), append(sets[1], s.name)
	}
	for _, f := range syntheticLibrary(t).check(t, answersOf(sets)).Faults {
		t.Error(f)
	}
}

// syntheticMemory is what checking every combination of the synthetic catalog may take, in MiB.
const syntheticMemory = 1024

// BenchmarkSynthetic renders and checks all 768 combinations of the synthetic catalog. It prints what that took, and
// fails if the process had more memory than it may have.
func BenchmarkSynthetic(b *testing.B) {
	debug.SetMemoryLimit(syntheticMemory * 7 / 8 << 20)
	for b.Loop() {
		l := syntheticLibrary(b)
		var sets [][]string
		for _, set := range l.sets() {
			sets = append(sets, set.Features())
		}
		if len(sets) != 768 {
			b.Fatalf("combinations: got %d, want 768", len(sets))
		}
		report := l.check(b, answersOf(sets))
		for _, f := range report.Faults {
			b.Error(f)
		}
		b.Logf("\n%v", report)
	}
	peak := peakMemory(b)
	b.ReportMetric(peak, "peak-MiB")
	if peak > syntheticMemory {
		b.Errorf("the process had %.0f MiB, at most %d are allowed: see what internal/variants keeps, and which packages have most variants", peak, syntheticMemory)
	}
}
