package main

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/acton-go/acton-new/internal/features"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func completionCommand(env environment) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print the completion script for a shell",
		Long: `Print a script that completes commands, flags and features in bash, zsh, fish or powershell.

To enable completion in every new shell:
  bash        acton-new completion bash > ~/.local/share/bash-completion/completions/acton-new
  zsh         acton-new completion zsh > "${fpath[1]}/_acton-new"
  fish        acton-new completion fish > ~/.config/fish/completions/acton-new.fish
  powershell  acton-new completion powershell >> $PROFILE`,
		Args:      validateArgs(1, 1, "acton-new completion bash"),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return bashCompletion(env.out, root)
			case "zsh":
				return root.GenZshCompletion(env.out)
			case "fish":
				return root.GenFishCompletion(env.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(env.out)
			}
			return usagef("unknown shell %q; choose from %s", args[0], strings.Join(shells, ", "))
		},
	}
}

// bashCompletion prints cobra's script without its escaping: %q escapes the commas of a list, which bash then does not find
// in the word to complete. No candidate has a character that needs escaping.
func bashCompletion(w io.Writer, root *cobra.Command) error {
	var script bytes.Buffer
	if err := root.GenBashCompletionV2(&script, true); err != nil {
		return err
	}
	_, err := w.Write(bytes.ReplaceAll(script.Bytes(), []byte(`"%q`), []byte(`"%s`)))
	return err
}

// registerCompletions registers the values of the flags that have a fixed set of values.
func registerCompletions(cmd *cobra.Command, catalog *features.Catalog) error {
	if err := cmd.RegisterFlagCompletionFunc("features", completeFeatures(catalog)); err != nil {
		return err
	}
	var presets []string
	for _, p := range catalog.Presets() {
		presets = append(presets, p.Name)
	}
	if err := cmd.RegisterFlagCompletionFunc("preset", cobra.FixedCompletions(presets, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		return err
	}
	for _, q := range catalog.Questions() {
		values := slices.Clone(q.Values)
		for _, c := range q.Choices {
			values = append(values, c.Value+"\t"+c.Title)
		}
		if err := cmd.RegisterFlagCompletionFunc(q.Flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			return err
		}
	}
	return nil
}

// completeFeatures completes the last name of a comma-separated list. It omits names that are already in the list.
func completeFeatures(catalog *features.Catalog) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		before := word[:strings.LastIndex(word, ",")+1]
		var candidates []string
		for _, f := range catalog.Visible() {
			if !strings.Contains(","+before, ","+f.Name+",") {
				candidates = append(candidates, before+f.Name+"\t"+f.Title)
			}
		}
		return candidates, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}
