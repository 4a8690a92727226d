package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/modfile"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
)

func featuresCommand(env environment, d deps, catalog *features.Catalog) *cobra.Command {
	return &cobra.Command{
		Use:   "features [NAME]",
		Short: "List the features, or describe one of them",
		Args:  validateArgs(0, 1, "acton-new features "+exampleFeature(catalog)),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var candidates []string
			for _, f := range catalog.Visible() {
				if len(args) == 0 {
					candidates = append(candidates, f.Name+"\t"+f.Title)
				}
			}
			return candidates, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			var b bytes.Buffer
			if len(args) == 0 {
				listFeatures(&b, catalog)
			} else if err := describeFeature(&b, catalog, d, args[0]); err != nil {
				return err
			}
			_, err := env.out.Write(b.Bytes())
			return err
		},
	}
}

// listFeatures prints the features by group, then the presets.
func listFeatures(b *bytes.Buffer, catalog *features.Catalog) {
	base := catalog.Base()
	fmt.Fprintf(b, "Always: %s\n  %s\n", base.Title, base.Summary)
	for _, g := range catalog.Groups() {
		fmt.Fprintf(b, "\n%s\n", g.Name)
		for _, f := range g.Features {
			fmt.Fprintf(b, "  %-16s %s\n", f.Name, f.Summary)
			if required := catalog.Required(f); len(required) > 0 {
				fmt.Fprintf(b, "  %-16s requires %s\n", "", strings.Join(required, ", "))
			}
		}
	}
	if len(catalog.Visible()) == 0 {
		b.WriteString("\nNo features are available yet.\n")
		return
	}
	b.WriteString("\npresets\n")
	for _, p := range catalog.Presets() {
		fmt.Fprintf(b, "  %-16s %s\n", p.Name, presetSummary(p))
	}
}

// presetSummary lists the features and the choices of a preset.
func presetSummary(p features.Preset) string {
	summary := orNone(p.Features)
	for _, flag := range slices.Sorted(maps.Keys(p.Choices)) {
		summary += ", --" + flag + " " + p.Choices[flag]
	}
	return summary
}

func orNone(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

// describeFeature prints what one feature requires, asks and adds.
func describeFeature(b *bytes.Buffer, catalog *features.Catalog, d deps, name string) error {
	if _, err := catalog.Resolve(features.Selection{Features: []string{name}}); err != nil {
		return usagef("features: %w", err)
	}
	f, _ := catalog.Lookup(name)
	c, err := costOf(catalog, d, f)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "%s: %s\n  %s\n\n", f.Name, f.Title, f.Summary)
	printField(b, "Group", f.Group)
	printField(b, "Requires", orNone(catalog.Required(f)))
	var presets []string
	for _, p := range catalog.Presets() {
		if strings.Contains(","+strings.Join(p.Features, ",")+",", ","+f.Name+",") {
			presets = append(presets, p.Name)
		}
	}
	printField(b, "Presets", orNone(presets))
	for _, q := range f.Questions {
		printField(b, "Asks", "--"+q.Flag+": "+questionUsage(q))
	}
	fmt.Fprintf(b, "\nModules (%d)\n", len(c.modules))
	for _, m := range c.modules {
		fmt.Fprintf(b, "  %s\n", m)
	}
	fmt.Fprintf(b, "\nFiles (%d)\n", len(c.files))
	for _, file := range c.files {
		fmt.Fprintf(b, "  %s\n", file)
	}
	return nil
}

// cost is what a feature adds to a project that has the feature's requirements.
type cost struct {
	files   []string
	modules []string // direct requirements in go.mod
}

func (c cost) String() string {
	if len(c.modules) == 0 {
		return plural(len(c.files), "file")
	}
	return plural(len(c.files), "file") + ", " + plural(len(c.modules), "module")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// costOf compares a project with the feature to a project with only the feature's requirements.
func costOf(catalog *features.Catalog, d deps, f features.Feature) (cost, error) {
	render := func(chosen ...string) (map[string]bool, map[string]bool, error) {
		plan, err := generator.Resolve(catalog, generator.Answers{Name: "billing-api", Module: "example.com/billing-api", Features: chosen})
		if err != nil {
			return nil, nil, err
		}
		tree, err := generator.Render(d.templates, plan, d.version)
		if err != nil {
			return nil, nil, err
		}
		files, modules := map[string]bool{}, map[string]bool{}
		for _, file := range tree {
			files[file.Path] = true
		}
		data, _ := tree.Lookup("go.mod")
		mod, err := modfile.Parse("go.mod", data, nil)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range mod.Require {
			if !r.Indirect {
				modules[r.Mod.Path] = true
			}
		}
		return files, modules, nil
	}
	withFiles, withModules, err := render(f.Name)
	if err != nil {
		return cost{}, err
	}
	files, modules, err := render(catalog.Required(f)...)
	if err != nil {
		return cost{}, err
	}
	return cost{files: difference(withFiles, files), modules: difference(withModules, modules)}, nil
}

// difference returns the keys of a that are not in b, sorted.
func difference(a, b map[string]bool) []string {
	var words []string
	for _, word := range slices.Sorted(maps.Keys(a)) {
		if !b[word] {
			words = append(words, word)
		}
	}
	return words
}
