package generator

import (
	"fmt"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/verify/sets"
	"github.com/acton-go/acton-new/internal/verify/typecheck"
)

// maxChecked is the number of combinations up to which all of them are type-checked and vetted; ten features have fewer.
// Of more, it is the size of a sample: the wiring is different in every combination, and each takes 40 ms of CPU time. A
// certain combination of six features that are on or off is missing in it with a probability of 10^-7. A fault of the
// wiring has two or three, because it is made up of fragments of a feature or a pair. Every other Go file is checked at
// least once. Rendering, and the laws about rendered files, cover every combination.
const maxChecked = 1024

// survey is the result of one pass over all combinations of a catalog.
type survey struct {
	projects int
	faults   []string          // violations of law 3
	traces   map[string]bool   // that occur in a project with their folder, as "name of the folder: trace"
	table    *fileTable        // the files of each combination
	family   *typecheck.Family // the combinations to check
	checking sync.Once
	report   *typecheck.Report
}

// surveys caches the survey of each library, because several tests need it.
var surveys sync.Map

func (l library) survey(t testing.TB) *survey {
	t.Helper()
	get, _ := surveys.LoadOrStore(l.name, sync.OnceValue(func() *survey {
		all := l.combinations()
		if testing.Short() { // the race detector needs only the first and the last
			first, last := l.firstAndLast()
			all = answersOf([][]string{first.Features(), last.Features()})
		}
		return newSurvey(l, all, l.otherNames())
	}))
	return get.(func() *survey)()
}

// newSurvey renders projects, checks law 3, and selects the projects to type-check. others are projects that the table
// omits, because their names differ.
func newSurvey(l library, all, others []Answers) *survey {
	s := surveyor{
		library: l, composer: newComposer(l), words: tracesAndSamples(l.cat),
		checked: map[string]bool{}, known: map[*piece]bool{}, found: map[string]*found{},
		survey: &survey{traces: map[string]bool{}, table: newFileTable(all), family: &typecheck.Family{}},
	}
	for _, set := range sets.SampleCombinations(l.cat, maxChecked) {
		s.checked[set.Name()] = true
	}
	s.each(others, func(_ int, a Answers) { s.visit(-1, a) })
	s.each(all, func(i int, a Answers) { s.visit(i, a) })
	s.survey.projects = len(all) + len(others)
	for _, fault := range slices.Sorted(maps.Keys(s.found)) {
		f := s.found[fault]
		s.survey.faults = append(s.survey.faults, fmt.Sprintf("%s; in %d projects, for example %s with %v", fault, f.projects, f.example.Name, featuresOf(f.example)))
	}
	return s.survey
}

// surveyor makes a survey. Its methods are safe for concurrent use.
type surveyor struct {
	library
	composer *composer
	words    []string
	checked  map[string]bool // names of the sets to type-check

	mu     sync.Mutex
	known  map[*piece]bool // Go files that are type-checked
	found  map[string]*found
	survey *survey
}

// found counts the projects with a fault. The example is the smallest.
type found struct {
	projects int
	example  Answers
}

// each calls do with all answers, in parallel.
func (s *surveyor) each(all []Answers, do func(i int, a Answers)) {
	next := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				do(i, all[i])
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	workers.Wait()
}

// visit renders a project, and adds what it finds to the survey. i is its index in the table, or -1.
func (s *surveyor) visit(i int, a Answers) {
	plan, err := Resolve(s.cat, a)
	if err != nil {
		s.fault(a, err.Error())
		return
	}
	files, err := s.composer.files(plan)
	if err != nil {
		s.fault(a, err.Error())
		s.survey.family.Add(typecheck.Version{Module: a.Module, Features: featuresOf(a), Err: err})
		return
	}
	s.judge(a, plan, files)
	if i >= 0 {
		s.survey.table.set(i, files)
	}
	if i < 0 || len(a.Values) > 0 || s.checked[plan.Set.Name()] || s.hasUnknown(files) {
		s.add(a, plan, files)
	}
}

// judge checks law 3 for the files of a project.
func (s *surveyor) judge(a Answers, plan Plan, files []*piece) {
	forbidden := sets.ForbiddenTraces(s.cat, plan.Set)
	for _, q := range plan.Set.Questions() {
		if q.Sample != "" && plan.Answers.Values[q.Flag] != q.Sample {
			forbidden[q.Sample] = true
		}
	}
	words := map[string]bool{}
	for _, f := range files {
		f.reading.Do(func() { s.read(a, f) })
		for _, w := range f.words {
			words[w] = true
			if inGo, found := forbidden[w]; found && (inGo || path.Ext(f.Path) != ".go") {
				s.fault(a, f.Path+": contains "+w+", a trace of a feature that is not in the project, or a sample")
			}
		}
	}
	traces := s.tracesOf(plan, words)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, trace := range traces {
		s.survey.traces[trace] = true
	}
}

// read finds the words in a distinct file, and checks it on its own. Go is checked with the other packages: the generator
// formats it, and the type check compares it with gofmt.
func (s *surveyor) read(a Answers, f *piece) {
	text := f.Path + "\x00" + string(f.Data)
	for _, w := range s.words {
		if strings.Contains(text, w) {
			f.words = append(f.words, w)
		}
	}
	for _, fault := range unclean(f.File) {
		s.fault(a, f.Path+": "+fault)
	}
	if path.Ext(f.Path) == ".go" {
		return
	}
	if err := wellFormed(f.File); err != nil {
		s.fault(a, f.Path+": "+err.Error())
	}
}

// tracesOf returns the traces of the folders of a project that are among the words, as in the survey.
func (s *surveyor) tracesOf(plan Plan, words map[string]bool) []string {
	var traces []string
	for name, all := range s.traces() {
		if !slices.ContainsFunc(plan.Set.Folders(), func(f features.Folder) bool { return f.Name == name }) {
			continue
		}
		for _, trace := range all {
			if words[trace] {
				traces = append(traces, name+": "+trace)
			}
		}
	}
	return traces
}

// hasUnknown reports whether a project has a Go file outside of the wiring that no project to type-check has.
func (s *surveyor) hasUnknown(files []*piece) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(files, func(f *piece) bool { return isNarrow(f.Path) && !s.known[f] })
}

// add adds a project with its proofs to the family.
func (s *surveyor) add(a Answers, plan Plan, files []*piece) {
	proofs, err := s.composer.proofs(plan)
	v := typecheck.Version{Module: a.Module, Features: featuresOf(a), Err: err}
	for _, f := range slices.Concat(files, proofs) {
		v.Files = append(v.Files, typecheck.File(f.File))
	}
	s.survey.family.Add(v)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range files {
		if isNarrow(f.Path) {
			s.known[f] = true
		}
	}
}

func (s *surveyor) fault(a Answers, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.found[text]
	if f == nil {
		f = &found{example: a}
		s.found[text] = f
	}
	f.projects++
	if len(a.Features)+len(a.Values) < len(f.example.Features)+len(f.example.Values) {
		f.example = a
	}
}

// featuresOf returns the features of the answers. Each value of a choice counts as a feature, because it adds one.
func featuresOf(a Answers) []string {
	all := slices.Clone(a.Features)
	for flag, value := range a.Values {
		all = append(all, flag+"-"+value)
	}
	slices.Sort(all)
	return all
}

// isNarrow reports whether a file is Go that is not in a package of the wiring.
func isNarrow(file string) bool {
	return path.Ext(file) == ".go" && !slices.ContainsFunc(wiring, func(dir string) bool { return strings.HasPrefix(file, dir+"/") })
}

// traces returns the traces of each folder of the catalog, by its name.
func (l library) traces() map[string][]string {
	traces := map[string][]string{}
	for _, f := range l.cat.All() {
		traces[f.Name] = f.Traces
	}
	for _, p := range l.cat.Pairs() {
		traces[p.Name] = p.Traces
	}
	return traces
}

// tracesAndSamples returns the traces of features and the samples of questions.
func tracesAndSamples(cat *features.Catalog) []string {
	var words []string
	for _, f := range append(cat.All(), cat.Base()) {
		words = append(words, f.Traces...)
	}
	for _, q := range cat.Questions() {
		if q.Sample != "" {
			words = append(words, q.Sample)
		}
	}
	for _, p := range cat.Pairs() {
		words = append(words, p.Traces...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}
