package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
)

// options are the flags of the root command as they were given.
type options struct {
	module      string
	features    []string
	preset      string
	dir         string
	answersFile string
	yes         bool
	dryRun      bool
	json        bool
	noGit       bool
	git         bool
	accessible  bool
	values      map[string]*string // by the flag of the question
}

// newCommand is the root command, which makes a project.
func newCommand(ctx context.Context, at host, d deps, catalog *features.Catalog) *cobra.Command {
	opts := options{values: map[string]*string{}}
	cmd := &cobra.Command{
		Use:   "acton-new NAME",
		Short: "Make a Go service that is ready for production",
		Long: `Make a Go service that is ready for production: code, tests, Dockerfile and documents, in its first commit.

At a terminal it asks what it needs to know; what flags and an answers file say is filled in already. With --yes it asks
nothing: whatever is not given takes its default. The same answers give the same bytes. A flag wins over the answers
file, and the answers file over the default.`,
		Example: `  acton-new billing-api
  acton-new billing-api --yes --module github.com/acme/billing-api
  acton-new billing-api --yes --dry-run
  acton-new --yes --answers billing-api/.acton-new.yaml --dir copy`,
		Version:           d.version,
		Args:              arguments(cobra.MaximumNArgs(1), "acton-new billing-api"),
		ValidArgsFunction: cobra.NoFileCompletions,
		SilenceErrors:     true,
		SilenceUsage:      true,
		RunE: func(cmd *cobra.Command, args []string) error {
			name := ""
			if len(args) == 1 {
				name = args[0]
			}
			return makeProject(ctx, at, d, catalog, name, opts, cmd.Flags().Changed)
		},
	}
	cmd.SetVersionTemplate("acton-new {{.Version}}\n")
	opts.register(cmd.Flags(), catalog)
	if err := completeValues(cmd, catalog); err != nil {
		panic(fmt.Sprintf("completion of flags: %v", err)) // a flag that is not registered: no input leads here
	}
	return cmd
}

// register adds the flags, those of the catalog's questions too.
func (o *options) register(flags *pflag.FlagSet, catalog *features.Catalog) {
	flags.SortFlags = false
	flags.StringVar(&o.module, "module", "", "Go module `PATH` (default: derived from the surroundings, and shown)")
	flags.StringSliceVar(&o.features, "features", nil, "features to add, separated by commas; 'acton-new features' lists them")
	flags.StringVar(&o.preset, "preset", "", "features by the `NAME` of a preset, instead of --features")
	for _, q := range questionsOf(catalog) {
		o.values[q.Flag] = new(string)
		flags.StringVar(o.values[q.Flag], q.Flag, "", questionUsage(q))
		setExample(flags, q.Flag, q.Default)
	}
	flags.StringVar(&o.dir, "dir", "", "the `DIRECTORY` to make (default ./NAME)")
	flags.StringVar(&o.answersFile, "answers", "", "take answers from `FILE`, such as the .acton-new.yaml of a project")
	flags.BoolVarP(&o.yes, "yes", "y", false, "ask nothing: take the default of whatever is not given")
	flags.BoolVar(&o.dryRun, "dry-run", false, "write nothing: show what would be made")
	flags.BoolVar(&o.json, "json", false, "print one JSON document with every file and its hash")
	flags.BoolVar(&o.noGit, "no-git", false, "make no repository and no commit")
	flags.BoolVar(&o.git, "git", false, "make a repository even inside another one")
	flags.BoolVar(&o.accessible, "accessible", false, "ask line by line, for screen readers (also with ACCESSIBLE set)")
	for flag, value := range map[string]string{
		"module": "github.com/acme/billing-api", "preset": features.PresetMinimal, "features": someFeature(catalog),
		"dir": "services/billing-api", "answers": "billing-api/.acton-new.yaml",
	} {
		setExample(flags, flag, value)
	}
}

func questionUsage(q features.Question) string {
	if len(q.Choices) == 0 {
		return fmt.Sprintf("%s (default %s)", q.Title, q.Default)
	}
	values := make([]string, len(q.Choices))
	for i, c := range q.Choices {
		values[i] = c.Value
	}
	return fmt.Sprintf("%s: %s (default %s)", q.Title, strings.Join(values, ", "), q.Default)
}

func setExample(flags *pflag.FlagSet, name, value string) {
	f := flags.Lookup(name)
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[exampleKey] = []string{value}
}

func someFeature(catalog *features.Catalog) string {
	if visible := catalog.Visible(); len(visible) > 0 {
		return visible[0].Name
	}
	return `""`
}

// makeProject is the root command: collect the answers, ask for the rest, render, write, and say what was made.
func makeProject(ctx context.Context, at host, d deps, catalog *features.Catalog, name string, opts options, changed func(string) bool) error {
	req, err := collect(at, catalog, name, opts, changed)
	if err != nil {
		return err
	}
	if !opts.yes {
		if !isTerminal(at.in) || !isTerminal(at.err) {
			return noTerminal(req)
		}
		w := wizard{catalog: catalog, deps: d, req: &req}
		accessible := opts.accessible || at.getenv("ACCESSIBLE") != ""
		if err := w.run(ctx, dialog{in: at.in, out: at.err, accessible: accessible}); err != nil {
			return err
		}
	}
	p, err := req.project(catalog, d)
	if err != nil {
		return err
	}
	if opts.dryRun {
		return p.show(at.out, opts.json)
	}
	result, err := generator.Write(ctx, p.tree, p.target)
	if err != nil {
		return err
	}
	p.result = &result
	return p.show(at.out, opts.json)
}

// noTerminal is the error when something would have to be asked and nobody can answer.
func noTerminal(req request) error {
	name := req.answers.Name
	if name == "" {
		name = "billing-api"
	}
	return usagef("there is no terminal to ask questions at: add --yes to take the defaults, and give answers as flags "+
		"(--module, --features, --preset, …) or with --answers FILE; for example\n  acton-new %s --yes --module %s",
		quote(name), quote(req.answers.Module))
}

func isTerminal(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// project is everything that there is to write and to tell.
type project struct {
	req     request
	answers generator.Answers // complete
	set     features.Set
	tree    generator.Tree
	target  generator.Target
	version string
	result  *generator.Result // nil when nothing was written
}

// project renders the answers.
func (r request) project(catalog *features.Catalog, d deps) (project, error) {
	set, answers, err := r.resolve(catalog)
	if err != nil {
		return project{}, err
	}
	tree, err := generator.Render(d.templates, catalog, answers, d.version)
	if err != nil {
		return project{}, err
	}
	return project{
		req: r, answers: answers, set: set, tree: tree, version: d.version,
		target: generator.Target{Dir: r.target(), Repository: r.repository},
	}, nil
}

// show prints what was made, or would be.
func (p project) show(w io.Writer, asJSON bool) error {
	var err error
	switch {
	case asJSON:
		err = p.document(w)
	case p.result == nil:
		err = p.plan(w)
	default:
		err = p.closing(w)
	}
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
