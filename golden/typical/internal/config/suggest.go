package config

import (
	"maps"
	"slices"
)

// didYouMean returns a hint that ends an error about an unknown word, or
// nothing if no candidate is close.
func didYouMean(word string, candidates []string) string {
	best, ok := closest(word, candidates)
	if !ok {
		return ""
	}
	return "; did you mean " + best + "?"
}

// closest returns the candidate that a slip of the finger may have turned into word.
func closest(word string, candidates []string) (best string, ok bool) {
	bestDistance := max(2, len(word)/4) + 1
	for _, candidate := range candidates {
		if d := editDistance(word, candidate); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best, best != ""
}

// editDistance counts the bytes to insert, delete or replace to get from a to b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// sorted returns the words of a set in order.
func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
