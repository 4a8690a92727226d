package features

import (
	"fmt"
	"strings"
)

// fewNames is the number of known names up to which an error lists all of them.
const fewNames = 6

// unknownError is the error for an unknown name. It suggests the most similar known name. It lists all known names if
// there are few, or if none is similar.
func unknownError(what, name string, known []string) error {
	all := strings.Join(known, ", ")
	s := Suggest(name, known)
	switch {
	case len(known) == 0:
		return fmt.Errorf("unknown %s %q; the catalog has none", what, name)
	case s == "":
		return fmt.Errorf("unknown %s %q; choose from %s", what, name, all)
	case len(known) <= fewNames:
		return fmt.Errorf("unknown %s %q; did you mean %q? All %ss: %s", what, name, s, what, all)
	default:
		return fmt.Errorf("unknown %s %q; did you mean %q?", what, name, s)
	}
}

// Suggest returns the candidate that is most similar to word: one with the prefix word, or the one with the smallest
// edit distance. The distance must be at most a third of the candidate's length. The first letter must be the same, or
// swapped with the second: a different beginning often means the opposite, as in internal and external. Without such a
// candidate it returns "".
func Suggest(word string, candidates []string) string {
	word = strings.ToLower(word)
	best, distance := "", -1
	for _, c := range candidates {
		d := editDistance(word, c)
		if len(word) >= 3 && strings.HasPrefix(c, word) {
			d = 0
		}
		if !sameBeginning(word, c) {
			continue
		}
		if d <= max(1, len(c)/3) && d < len(c) && (distance < 0 || d < distance) {
			best, distance = c, d
		}
	}
	return best
}

// sameBeginning reports whether both words have the same first letter, or the first two letters of one are swapped in the
// other.
func sameBeginning(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	return a[0] == b[0] || len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0]
}

// editDistance returns the Damerau–Levenshtein distance (optimal string alignment).
func editDistance(a, b string) int {
	s, t := []rune(a), []rune(b)
	table := make([][]int, len(s)+1)
	for i := range table {
		table[i] = make([]int, len(t)+1)
		table[i][0] = i
	}
	for j := range table[0] {
		table[0][j] = j
	}
	for i := 1; i <= len(s); i++ {
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			n := min(table[i-1][j]+1, table[i][j-1]+1, table[i-1][j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				n = min(n, table[i-2][j-2]+1)
			}
			table[i][j] = n
		}
	}
	return table[len(s)][len(t)]
}
