package variants

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Fault is something that is wrong with a file in some versions.
type Fault struct {
	Check   string // render, syntax, gofmt, types, go:embed, or the analyzer of go vet
	File    string // empty if it was not even rendered
	Line    int
	Column  int
	Message string
}

// Found is a fault together with where it occurs.
type Found struct {
	Fault             // as it is in the smallest version
	Features []string // of the smallest version
	Module   string   // of the smallest version
	Versions int      // number of versions that have it, on whatever line
}

func (f Found) String() string {
	at := ""
	if f.File != "" {
		at = f.File + ": "
	}
	if f.Line > 0 {
		at = fmt.Sprintf("%s:%d:%d: ", f.File, f.Line, f.Column)
	}
	return fmt.Sprintf("%s%s (%s), in %d of the projects, the smallest of which is %s with [%s]",
		at, f.Message, f.Check, f.Versions, f.Module, strings.Join(f.Features, " "))
}

// position matches a place in a file, which is another one in each version.
var position = regexp.MustCompile(`\b\d+:\d+\b`)

// Package is what the versions of one directory have in common.
type Package struct {
	Dir      string
	Features []string // on which its files, or the interfaces that it imports, depend
	Variants int      // distinct ones, each of which was checked
}

// Report is the outcome of Check.
type Report struct {
	Versions int
	Units    int // that were checked in all: packages, with and without tests, each once
	Packages []Package
	Faults   []Found
}

// newReport gathers the results of versions that are sorted by size.
func newReport(versions []*version, results []result, units int) *Report {
	report := &Report{Versions: len(versions), Units: units}
	type place struct{ check, file, message string }
	at := map[place]int{}
	for i, res := range results {
		told := map[place]bool{}
		for _, f := range res.faults {
			key := place{f.Check, f.File, position.ReplaceAllString(f.Message, "")}
			n, known := at[key]
			if !known {
				n = len(report.Faults)
				at[key] = n
				report.Faults = append(report.Faults, Found{Fault: f, Features: versions[i].features, Module: versions[i].module})
			}
			if !told[key] {
				told[key] = true
				report.Faults[n].Versions++
			}
		}
	}
	report.Packages = packages(versions, results)
	return report
}

// packages tells for each directory how many variants there are, and which features make a difference: those that
// change the variant when nothing else is added. It looks at the versions of the module that has most of them, as every
// package of another module is another one.
func packages(versions []*version, results []result) []Package {
	index := map[string]int{}
	module := mostFrequent(versions)
	for i, v := range versions {
		if v.module == module && v.err == nil {
			index[strings.Join(v.features, " ")] = i
		}
	}
	variants, features := map[string]map[int]bool{}, map[string]map[string]bool{}
	for _, i := range index {
		for dir, variant := range results[i].variants {
			if variants[dir] == nil {
				variants[dir], features[dir] = map[int]bool{}, map[string]bool{}
			}
			variants[dir][variant] = true
		}
	}
	for _, i := range index {
		for n, feature := range versions[i].features {
			without := slices.Delete(slices.Clone(versions[i].features), n, n+1)
			j, ok := index[strings.Join(without, " ")]
			if !ok {
				continue
			}
			for dir := range variants {
				if results[i].variants[dir] != results[j].variants[dir] {
					features[dir][feature] = true
				}
			}
		}
	}
	var list []Package
	for _, dir := range sortedKeys(variants) {
		list = append(list, Package{Dir: dir, Features: sortedKeys(features[dir]), Variants: len(variants[dir])})
	}
	slices.SortStableFunc(list, func(a, b Package) int {
		return cmp.Or(cmp.Compare(len(b.Features), len(a.Features)), cmp.Compare(b.Variants, a.Variants))
	})
	return list
}

func mostFrequent(versions []*version) string {
	count, most := map[string]int{}, ""
	for _, v := range versions {
		count[v.module]++
		if count[v.module] > count[most] {
			most = v.module
		}
	}
	return most
}

// String is a table of the packages, those that depend on most features first.
func (r *Report) String() string {
	distinct, width := 0, len("package")
	for _, p := range r.Packages {
		distinct, width = distinct+p.Variants, max(width, len(p.Dir))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d versions, %d distinct packages, %d checks, %d faults\n", r.Versions, distinct, r.Units, len(r.Faults))
	fmt.Fprintf(&b, "%8s %8s  %-*s  %s\n", "features", "variants", width, "package", "depends on")
	for _, p := range r.Packages {
		line := fmt.Sprintf("%8d %8d  %-*s  %s", len(p.Features), p.Variants, width, p.Dir, strings.Join(p.Features, " "))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// Over returns the packages that depend on more features than the budget allows, but for those in the wiring, where
// all features meet: internal/app and what is below it, for example.
func (r *Report) Over(budget int, wiring ...string) []Package {
	var over []Package
	for _, p := range r.Packages {
		wired := slices.ContainsFunc(wiring, func(dir string) bool { return p.Dir == dir || strings.HasPrefix(p.Dir, dir+"/") })
		if len(p.Features) > budget && !wired {
			over = append(over, p)
		}
	}
	return over
}
