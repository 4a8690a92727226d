package typecheck

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Fault is a problem of a file.
type Fault struct {
	Check   string // render, syntax, gofmt, types, go:embed, or the analyzer of go vet
	File    string // empty if the version could not be rendered
	Line    int
	Column  int
	Message string
}

// Found is a fault with the versions that have it.
type Found struct {
	Fault             // in the smallest version
	Features []string // of the smallest version
	Module   string   // of the smallest version
	Versions int      // number of versions with the fault, on any line
}

func (f Found) String() string {
	at := ""
	if f.File != "" {
		at = f.File + ": "
	}
	if f.Line > 0 {
		at = fmt.Sprintf("%s:%d:%d: ", f.File, f.Line, f.Column)
	}
	return fmt.Sprintf("%s%s (%s), in %d projects; the smallest is %s with [%s]",
		at, f.Message, f.Check, f.Versions, f.Module, strings.Join(f.Features, " "))
}

// position matches LINE:COLUMN, which differs between versions.
var position = regexp.MustCompile(`\b\d+:\d+\b`)

// Package describes the variants of the package in one directory.
type Package struct {
	Dir      string
	Features []string // features that change its files or the APIs that it imports
	Variants int      // number of distinct variants
}

// Report is the outcome of Check.
type Report struct {
	Versions int
	Units    int // number of checked units: packages, with and without tests
	Packages []Package
	Faults   []Found
}

// newReport combines the results of versions, which are sorted by size.
func newReport(versions []*version, results []result, units int) *Report {
	report := &Report{Versions: len(versions), Units: units}
	type place struct{ check, file, message string }
	at := map[place]int{}
	for i, res := range results {
		counted := map[place]bool{}
		for _, f := range res.faults {
			key := place{f.Check, f.File, position.ReplaceAllString(f.Message, "")}
			n, known := at[key]
			if !known {
				n = len(report.Faults)
				at[key] = n
				report.Faults = append(report.Faults, Found{Fault: f, Features: versions[i].features, Module: versions[i].module})
			}
			if !counted[key] {
				counted[key] = true
				report.Faults[n].Versions++
			}
		}
	}
	report.Packages = packages(versions, results)
	return report
}

// packages returns the number of variants of each directory, and the features that make a difference: adding only that
// feature changes the variant. It uses only the versions of the most frequent module, because packages of another
// module always differ.
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
	count, module := map[string]int{}, ""
	for _, v := range versions {
		count[v.module]++
		if count[v.module] > count[module] {
			module = v.module
		}
	}
	return module
}

// String returns a table of the packages, sorted by number of features.
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

// Over returns the packages that depend on more features than the budget. It skips the wiring packages and their
// subdirectories, such as internal/app, which combine all features.
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
