package config

import (
	"slices"
	"strings"
	"testing"
)

func TestProductionNeedsASafeConnectionToTheDatabase(t *testing.T) {
	for _, test := range []struct {
		rule, url, want string
	}{
		{"none", "", "database.url: refused in production: not set"},
		{"plaintext", "postgres://app@db.example.com/notes?sslmode=disable", "add plaintext-database to"},
		{"no verification", "postgres://app@db.example.com/notes?sslmode=require", "add unverified-database to"},
		{"verified", "postgres://app@db.example.com/notes?sslmode=verify-full", ""},
		{"this machine", "postgres://app@127.0.0.1/notes?sslmode=disable", ""},
	} {
		t.Run(test.rule, func(t *testing.T) {
			f := production(t)
			f.sources.Environ = []string{"BILLING_API_DATABASE__URL=" + test.url}
			got := f.problems()
			if test.want == "" && got != nil || test.want != "" && (len(got) != 1 || !strings.Contains(got[0], test.want)) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	for _, waiver := range []string{"plaintext-database", "unverified-database"} {
		if !slices.Contains(waivers(), waiver) {
			t.Errorf("no waiver %s", waiver)
		}
	}
}
