package generator

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/templates"
)

// synthetic is a feature of the synthetic catalog, which is the real base with fake features. The first ten simulate the
// planned features: the same names and requirements, folders for pairs, packages of realistic size with tests, the
// libraries if they are pinned, and fragments in the slots of the wiring. The benchmark measures the cost of all
// combinations.
type synthetic struct {
	name     string
	requires string
	library  string   // type of a field of the client, as import path and name; used only if its module is pinned
	slots    []string // slots of the middleware chain that get a layer
	decorate bool     // wraps the store
	serve    bool     // runs a goroutine next to the listeners
	pairs    []string // other features of its pairs, later in the alphabet
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
	{name: "jobs", serve: true, pairs: []string{"observability"}},
	{name: "mail", serve: true, pairs: []string{"resilience"}},
	{name: "search", decorate: true},
	{name: "webhooks", slots: []string{"app/protect"}, serve: true},
}

// plannedFeatures is the number of synthetic features in tests.
const plannedFeatures = 10

// syntheticLibrary returns the catalog with the first n synthetic features.
func syntheticLibrary(t testing.TB, n int) library {
	t.Helper()
	files := hiddenTemplates(t)
	for _, s := range synthetics[:n] {
		if !s.pinned(t) {
			s.library = ""
		}
		s.addTo(files)
		for _, other := range s.pairs {
			s.addPair(files, other)
		}
	}
	return open(t, "synthetic", files)
}

// hiddenTemplates returns the templates of the base and of the hidden features.
func hiddenTemplates(t testing.TB) fstest.MapFS {
	t.Helper()
	cat, err := features.Load(templates.All)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, root := range []string{"_base", "_features"} {
		err := fs.WalkDir(templates.All, root, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if rest, ok := strings.CutPrefix(p, "_features/"); ok {
				name, _, _ := strings.Cut(rest, "/")
				if f, known := cat.Lookup(name); !known || !f.Hidden {
					return nil
				}
			}
			data, err := fs.ReadFile(templates.All, p)
			files[p] = &fstest.MapFile{Data: data}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// pinned reports whether the module of the library is pinned.
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
		t.Logf("%s: omitting %s: %v", s.name, pkg, err)
	}
	return err == nil
}

// words returns a replacer for the words in capitals in the synthetic files.
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

// addPair adds the folder of a pair: files in the package of the first feature, and a line in the wiring.
func (s synthetic) addPair(files fstest.MapFS, other string) {
	words, folder := s.words(other), "_features/"+s.name+"/with/"+other+"/"
	add := func(name, text string) {
		files[folder+words.Replace(name)] = &fstest.MapFile{Data: []byte(words.Replace(text))}
	}
	add("files/internal/PKG/with_OTHER.go", syntheticPair)
	add("files/internal/PKG/with_OTHER_test.go", syntheticPairTest)
	add("slots/app/serve", "group.Go(func() error { return PKGClient.With_OTHER(ctx, OTHERClient) })\n")
	add("slots/readme/links", "- TITLE works together with OTHER.\n")
}

// answersOf returns answers with these sets of features.
func answersOf(sets [][]string) []Answers {
	var all []Answers
	for _, names := range sets {
		all = append(all, Answers{Name: goldenName, Module: goldenModule, Features: names})
	}
	return all
}

// This test checks each feature alone and all together. The benchmark checks every combination.
func TestSyntheticCatalogMatchesBase(t *testing.T) {
	sets := [][]string{nil, nil}
	for _, s := range synthetics[:plannedFeatures] {
		alone := []string{s.name}
		if s.requires != "" {
			alone = []string{s.requires, s.name}
		}
		sets, sets[1] = append(sets, alone), append(sets[1], s.name)
	}
	for _, f := range syntheticLibrary(t, plannedFeatures).check(t, answersOf(sets)).Faults {
		t.Error(f)
	}
}

// syntheticMemory is the maximum memory for all checks of the synthetic catalog, in MiB.
const syntheticMemory = 1024

// BenchmarkSynthetic checks catalogs of synthetic features: the raw templates, the manifests, and every combination
// rendered with its laws and hashes, type-checked and vetted. CONTRIBUTING.md has its figures. It fails if it exceeds
// syntheticMemory, or the CPU time that two cores have in 60 s and 120 s. Other load on the machine hardly changes that.
func BenchmarkSynthetic(b *testing.B) {
	for _, test := range []struct {
		features, combinations int
		limit                  time.Duration
	}{
		{plannedFeatures, 768, 2 * 60 * time.Second},
		{len(synthetics), 12288, 2 * 120 * time.Second},
	} {
		b.Run(strconv.Itoa(test.features), func(b *testing.B) {
			for b.Loop() {
				before := cpuTime(b)
				checkEverything(b, test.features, test.combinations)
				used := cpuTime(b) - before
				b.ReportMetric(used.Seconds(), "CPU-s")
				if used > test.limit {
					b.Errorf("CPU time: got %v, want at most %v", used, test.limit)
				}
			}
			peak := peakMemory(b)
			b.ReportMetric(peak, "peak-MiB")
			if peak > syntheticMemory {
				b.Errorf("peak memory: got %.0f MiB, want at most %d; check the caches of internal/verify/typecheck, and the packages with most variants",
					peak, syntheticMemory)
			}
		})
	}
}

// checkEverything checks the catalog with the first n synthetic features.
func checkEverything(b *testing.B, n, combinations int) {
	b.Helper()
	l := syntheticLibrary(b, n)
	l.wantValidTemplates(b)
	s := newSurvey(l, l.combinations(), l.otherNames())
	for _, f := range s.faults {
		b.Error(f)
	}
	report := s.check(b)
	for _, f := range report.Faults {
		b.Error(f)
	}
	if s.projects < combinations {
		b.Errorf("combinations: got %d projects, want at least %d", s.projects, combinations)
	}
	b.Logf("%d projects, %d lines of hashes\n%v", s.projects, strings.Count(s.table.String(), "\n"), report)
}
