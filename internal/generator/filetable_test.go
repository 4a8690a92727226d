package generator

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fileTable holds the hash of each file in each combination. Its text has one line for each path, not for each
// combination: its size and its diff do not grow with the number of combinations.
type fileTable struct {
	features []string // sorted; at most 64
	masks    []uint64 // features of each combination

	mu    sync.Mutex
	paths map[string]int
	sums  map[[sha256.Size]byte]int
	rows  [][]int // number of the content of each path in each combination; 0 if it has no such file
}

func newFileTable(all []Answers) *fileTable {
	t := &fileTable{paths: map[string]int{}, sums: map[[sha256.Size]byte]int{}, rows: make([][]int, len(all))}
	for _, a := range all {
		t.features = append(t.features, featuresOf(a)...)
	}
	slices.Sort(t.features)
	t.features = slices.Compact(t.features)
	if len(t.features) > 64 {
		panic("fileTable: more than 64 features and values of choices")
	}
	for _, a := range all {
		mask := uint64(0)
		for _, name := range featuresOf(a) {
			mask |= 1 << slices.Index(t.features, name)
		}
		t.masks = append(t.masks, mask)
	}
	return t
}

// set sets the files of combination i.
func (t *fileTable) set(i int, files []*piece) {
	for _, f := range files {
		t.add(i, f.Path, f.sum)
	}
}

func (t *fileTable) add(i int, file string, sum [sha256.Size]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	column, ok := t.paths[file]
	if !ok {
		column = len(t.paths)
		t.paths[file] = column
	}
	content, ok := t.sums[sum]
	if !ok {
		content = len(t.sums) + 1
		t.sums[sum] = content
	}
	for len(t.rows[i]) <= column {
		t.rows[i] = append(t.rows[i], 0)
	}
	t.rows[i][column] = content
}

func (t *fileTable) content(i, column int) int {
	if column >= len(t.rows[i]) {
		return 0
	}
	return t.rows[i][column]
}

// dependencies returns for each column the features that make a difference: adding only that feature changes the file.
func (t *fileTable) dependencies() []uint64 {
	masks := make([]uint64, len(t.paths))
	index := map[uint64]int{}
	for i, mask := range t.masks {
		index[mask] = i
	}
	for i, mask := range t.masks {
		for bit := range t.features {
			j, ok := index[mask&^(1<<bit)]
			if !ok || i == j {
				continue
			}
			for column := range masks {
				if t.content(i, column) != t.content(j, column) {
					masks[column] |= 1 << bit
				}
			}
		}
	}
	return masks
}

// String returns a line for each path: the hash of its contents, the number of the contents, the path, and the features
// on which its content depends. The hash covers each content together with these features. So a feature that does not
// change a file does not change its line.
func (t *fileTable) String() string {
	sums := make([]string, len(t.sums)+1)
	for sum, n := range t.sums {
		sums[n] = base64.StdEncoding.EncodeToString(sum[:])
	}
	type variant struct {
		mask    uint64
		content int
	}
	masks := t.dependencies()
	var lines []string
	for file, column := range t.paths {
		variants, contents := map[variant]bool{}, map[int]bool{}
		for i, mask := range t.masks {
			content := t.content(i, column)
			variants[variant{mask & masks[column], content}] = true
			if content > 0 {
				contents[content] = true
			}
		}
		var texts []string
		for v := range variants {
			texts = append(texts, fmt.Sprintf("%s: %s\n", strings.Join(t.names(v.mask), " "), sums[v.content]))
		}
		slices.Sort(texts)
		hash := sha256.Sum256([]byte(strings.Join(texts, "")))
		lines = append(lines, strings.Join(append([]string{
			base64.StdEncoding.EncodeToString(hash[:]), fmt.Sprint(len(contents)), file}, t.names(masks[column])...), " ")+"\n")
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(strings.Fields(a)[2], strings.Fields(b)[2]) })
	return strings.Join(lines, "")
}

func (t *fileTable) names(mask uint64) []string {
	var names []string
	for bit, name := range t.features {
		if mask&(1<<bit) != 0 {
			names = append(names, name)
		}
	}
	return names
}

func TestFileTableShowsWhatAFileDependsOn(t *testing.T) {
	names := []string{"cache", "database"}
	text := func(names []string, change func(on map[string]bool) map[string]string) []string {
		var all []Answers
		for mask := range 1 << len(names) {
			a := Answers{}
			for i, name := range names {
				if mask&(1<<i) != 0 {
					a.Features = append(a.Features, name)
				}
			}
			all = append(all, a)
		}
		table := newFileTable(all)
		for i, a := range all {
			on := map[string]bool{}
			for _, name := range a.Features {
				on[name] = true
			}
			for path, content := range change(on) {
				table.add(i, path, sha256.Sum256([]byte(content)))
			}
		}
		return strings.Split(strings.TrimSuffix(table.String(), "\n"), "\n")
	}
	files := func(on map[string]bool) map[string]string {
		m := map[string]string{"a": "same", "b": fmt.Sprint(on["database"])}
		if on["cache"] {
			m["c"] = "only with cache"
		}
		return m
	}
	first := text(names, files)
	var columns []string
	for _, line := range first {
		_, rest, _ := strings.Cut(line, " ")
		columns = append(columns, rest)
	}
	if diff := cmp.Diff([]string{"1 a", "2 b database", "1 c cache"}, columns); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(first, text(append(names, "events"), files)); diff != "" {
		t.Errorf("a feature that changes no file changes lines (-two +three features):\n%s", diff)
	}
	changed := text(names, func(on map[string]bool) map[string]string {
		m := files(on)
		if on["cache"] && on["database"] {
			m["b"] = "changed"
		}
		return m
	})
	if first[0] != changed[0] || first[2] != changed[2] || changed[1] == first[1] || !strings.HasSuffix(changed[1], " 3 b cache database") {
		t.Errorf("got %q after a change of b in one combination, before %q", changed, first)
	}
}
