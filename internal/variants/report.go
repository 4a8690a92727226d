package variants

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Fault is something that is wrong with a file in some versions.
type Fault struct {
	Check   string // syntax, gofmt, types, go:embed, or the analyzer of go vet
	File    string
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
	return fmt.Sprintf("%s:%d:%d: %s (%s), with [%s] already, in %d versions",
		f.File, f.Line, f.Column, f.Message, f.Check, strings.Join(f.Features, " "), f.Versions)
}

// Package is what the versions of one directory have in common.
type Package struct {
	Dir      string
	Features []string // on which its files, or the interfaces that it imports, depend
	Variants int      // distinct ones, each of which was checked
}

// Report is the outcome of Check.
type Report struct {
	Versions int
	Units    int // that were checked: packages, with and without tests, each once
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
			key := place{f.Check, f.File, f.Message}
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
// change the variant when nothing else is added.
func packages(versions []*version, results []result) []Package {
	index := map[string]int{}
	for i, v := range versions {
		index[v.module+" "+strings.Join(v.features, " ")] = i
	}
	variants, features := map[string]map[int]bool{}, map[string]map[string]bool{}
	for i := range versions {
		for dir, variant := range results[i].variants {
			if variants[dir] == nil {
				variants[dir], features[dir] = map[int]bool{}, map[string]bool{}
			}
			variants[dir][variant] = true
		}
	}
	for i, v := range versions {
		for n, feature := range v.features {
			without := slices.Delete(slices.Clone(v.features), n, n+1)
			j, ok := index[v.module+" "+strings.Join(without, " ")]
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

// Write prints a table of the packages, those that depend on most features first.
func (r *Report) Write(w io.Writer) error {
	variants := 0
	for _, p := range r.Packages {
		variants += p.Variants
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%d versions, %d distinct packages, %d checks, %d faults\n", r.Versions, variants, r.Units, len(r.Faults))
	fmt.Fprintf(table, "features\tvariants\tpackage\tdepends on\n")
	for _, p := range r.Packages {
		fmt.Fprintf(table, "%d\t%d\t%s\t%s\n", len(p.Features), p.Variants, p.Dir, strings.Join(p.Features, " "))
	}
	return table.Flush()
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
