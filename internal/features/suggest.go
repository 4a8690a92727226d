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
		d := levenshtein(word, c)
		if len(word) >= 3 && strings.HasPrefix(c, word) {
			d = 0
		}
		if d <= max(1, len(c)/3) && d < len(c) && (distance < 0 || d < distance) {
			best, distance = c, d
		}
	}
	return best
}

// levenshtein counts the letters to insert, delete or replace to make b of a.
func levenshtein(a, b string) int {
	s, t := []rune(a), []rune(b)
	row := make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range s {
		diagonal := row[0]
		row[0] = i + 1
		for j, u := range t {
			cost := diagonal
			if r != u {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(t)]
}
