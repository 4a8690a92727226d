// Command logql parses the queries to Loki of a project by Loki's own parser: those of its dashboards, and the blocks of its
// documents. It prints each fault with its file.
package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
)

var blocks = regexp.MustCompile("(?ms)^```logql\n(.*?)^```$")

func main() {
	queries, faults := 0, 0
	check := func(file, query string) {
		queries++
		// Grafana puts the values of its variables in their places.
		if _, err := syntax.ParseExpr(regexp.MustCompile(`\$\w+`).ReplaceAllString(query, "value")); err != nil {
			faults++
			fmt.Fprintf(os.Stderr, "%s: %s: %v\n", file, strings.TrimSpace(query), err)
		}
	}
	for _, dir := range os.Args[1:] {
		if err := walk(dir, check); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if queries == 0 || faults > 0 {
		fmt.Fprintf(os.Stderr, "logql: %d of %d queries are wrong\n", faults, queries)
		os.Exit(1)
	}
	fmt.Printf("logql: Loki understands %d queries\n", queries)
}

func walk(dir string, check func(file, query string)) error {
	project := os.DirFS(dir)
	return fs.WalkDir(project, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch {
		case strings.HasSuffix(name, ".md"):
			data, err := fs.ReadFile(project, name)
			for _, block := range blocks.FindAllSubmatch(data, -1) {
				check(name, string(block[1]))
			}
			return err
		case strings.HasPrefix(name, "deploy/monitoring/dashboards/"):
			data, err := fs.ReadFile(project, name)
			if err != nil {
				return err
			}
			var board struct {
				Panels []struct {
					Datasource struct{ Type string }
					Targets    []struct{ Expr string }
				}
			}
			if err := json.Unmarshal(data, &board); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			for _, panel := range board.Panels {
				for _, target := range panel.Targets {
					if panel.Datasource.Type == "loki" {
						check(name, target.Expr)
					}
				}
			}
		}
		return nil
	})
}
