package features

import (
	"fmt"
	"strings"
)

// unknown is the error for a name that is not among known: with the nearest one if any is near, else with all of them.
func unknown(what, name string, known []string) error {
	if s := Suggest(name, known); s != "" {
		return fmt.Errorf("unknown %s %q: did you mean %q?", what, name, s)
	}
	if len(known) == 0 {
		return fmt.Errorf("unknown %s %q: there are none", what, name)
	}
	return fmt.Errorf("unknown %s %q: there are %s", what, name, strings.Join(known, ", "))
}

// Suggest returns the candidate that somebody who wrote word most likely meant: one that word begins, or the one with the
// fewest edits if those are at most a third of its letters. It returns "" if none is near.
func Suggest(word string, candidates []string) string {
	word = strings.ToLower(word)
	best, distance := "", -1
	for _, c := range candidates {
		d := edits(word, c)
		if len(word) >= 3 && strings.HasPrefix(c, word) {
			d = 0
		}
		if d <= max(1, len(c)/3) && d < len(c) && (distance < 0 || d < distance) {
			best, distance = c, d
		}
	}
	return best
}

// edits counts the letters to insert, delete, replace or swap with their neighbour to make b of a.
func edits(a, b string) int {
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
