package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/writer"
)

// options holds the values of the root command's flags.
type options struct {
	module      string
	branch      string
	features    []string
	nameAfter   bool // --features comes before NAME
	preset      string
	dir         string
	answersFile string
	yes         bool
	dryRun      bool
	json        bool
	noGit       bool
	git         bool
	accessible  bool
	values      map[string]*string // by flag of the question
}

// newCommand returns the root command, which creates a project.
func newCommand(ctx context.Context, env environment, d deps, catalog *features.Catalog) *cobra.Command {
	opts := options{values: map[string]*string{}}
	cmd := &cobra.Command{
		Use:   "acton-new NAME",
		Short: "Create a production-ready Go service",
		Long: `Create a production-ready Go service: code, tests, Dockerfile and documents, in a first commit.

On a terminal, a wizard asks for the answers. Flags and the answers file pre-fill it. With --yes there are no prompts:
every answer that you do not give takes its default. The same answers always give the same bytes. Flags override the
answers file, and the answers file overrides the defaults.`,
		Example: `  acton-new billing-api
  acton-new billing-api --yes --module github.com/acme/billing-api
  acton-new billing-api --yes --dry-run
  acton-new --yes --answers billing-api/.acton-new.yaml --dir copy`,
		Version: d.version,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := opts.checkCommas(catalog, args); err != nil {
				return err
			}
			return validateArgs(0, 1, "acton-new billing-api")(cmd, args)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		SilenceErrors:     true,
		SilenceUsage:      true,
		RunE: func(cmd *cobra.Command, args []string) error {
			name := ""
			if len(args) == 1 {
				name = args[0]
			}
			return createProject(ctx, env, d, catalog, name, opts, cmd.Flags().Changed)
		},
	}
	cmd.SetVersionTemplate("acton-new {{.Version}}\n")
	opts.register(cmd.Flags(), catalog)
	if err := registerCompletions(cmd, catalog); err != nil {
		panic(fmt.Sprintf("register completions: %v", err)) // a bug: the flag is not registered
	}
	return cmd
}

// checkCommas rejects a list of features with spaces, of which the shell makes surplus arguments or the name of the service.
// Its error has the list with commas.
func (o *options) checkCommas(catalog *features.Catalog, args []string) error {
	listed := cleanNames(o.features)
	names := slices.Clone(listed)
	for _, f := range catalog.Visible() {
		if slices.Contains(args, f.Name) {
			names = append(names, f.Name)
		}
	}
	list := strings.Join(names, ",")
	switch {
	case len(listed) == 0 || len(names) == len(listed):
		return nil
	case len(args) > 1:
		return usagef("unexpected argument %q; separate features by commas, without spaces: --features %s", args[1], list)
	case o.nameAfter:
		return usagef("%q is a feature; separate features by commas, without spaces: --features %s; a service with that name comes first: "+
			"acton-new %s --features %s", args[0], list, args[0], strings.Join(listed, ","))
	}
	return nil
}

// featureList is a list of features that calls given for each part of it.
type featureList struct {
	pflag.Value
	given func()
}

func (l featureList) Set(text string) error {
	l.given()
	return l.Value.Set(text)
}

// register adds the flags, including one for each question of the catalog.
func (o *options) register(flags *pflag.FlagSet, catalog *features.Catalog) {
	flags.SortFlags = false
	flags.StringVar(&o.module, "module", "",
		"Go module `PATH` (default: derived from go.mod, the git remote or the GitHub user)")
	flags.StringSliceVar(&o.features, "features", nil, "comma-separated features to add, or none; 'acton-new features' lists them")
	list := flags.Lookup("features")
	list.DefValue = "" // help would show []
	list.Value = featureList{list.Value, func() { o.nameAfter = o.nameAfter || flags.NArg() == 0 }}
	flags.StringVar(&o.preset, "preset", "", "take the features and choices of the preset `NAME`, instead of --features")
	flags.StringVar(&o.branch, "branch", "",
		"default branch of the repository, for workflows and links (default: that of the repository or of git init)")
	for _, q := range catalog.Questions() {
		o.values[q.Flag] = new(string)
		flags.StringVar(o.values[q.Flag], q.Flag, "", questionUsage(q))
		setExample(flags, q.Flag, q.Default)
	}
	flags.StringVar(&o.dir, "dir", "", "`DIRECTORY` to create (default ./NAME)")
	flags.StringVar(&o.answersFile, "answers", "",
		"read answers from `FILE`, such as the .acton-new.yaml of a project; - is standard input")
	flags.BoolVarP(&o.yes, "yes", "y", false, "do not prompt: use the default for every answer that is not given")
	flags.BoolVar(&o.dryRun, "dry-run", false, "print what would be created, without writing it")
	flags.BoolVar(&o.json, "json", false, "print the result as JSON, with the hash of every file")
	flags.BoolVar(&o.noGit, "no-git", false, "do not create a repository or a commit")
	flags.BoolVar(&o.git, "git", false, "create a repository even inside another one")
	flags.BoolVar(&o.accessible, "accessible", false,
		"prompt line by line, for screen readers (also if ACCESSIBLE is set, or TERM is dumb)")
	for flag, value := range map[string]string{
		"module": "github.com/acme/billing-api", "branch": "trunk", "preset": features.PresetMinimal, "features": exampleFeature(catalog),
		"dir": "services/billing-api", "answers": "billing-api/.acton-new.yaml",
	} {
		setExample(flags, flag, value)
	}
}

// questionUsage returns the usage of the flag of a question. A default that contains the name has NAME in its place.
func questionUsage(q features.Question) string {
	q.Default = generator.DefaultValue(q, generator.Answers{Name: "NAME", Module: "MODULE"})
	values := slices.Clone(q.Values)
	for _, c := range q.Choices {
		values = append(values, c.Value)
	}
	if len(values) == 0 {
		return fmt.Sprintf("%s (default %s)", q.Title, q.Default)
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

func exampleFeature(catalog *features.Catalog) string {
	if visible := catalog.Visible(); len(visible) > 0 {
		return visible[0].Name
	}
	return `""`
}

// createProject runs the root command: it collects the answers, prompts for the rest, renders, writes and reports.
func createProject(
	ctx context.Context, env environment, d deps, catalog *features.Catalog, name string, opts options,
	changed func(string) bool,
) error {
	req, err := collect(ctx, env, catalog, name, opts, changed)
	if err != nil {
		return err
	}
	if !opts.yes {
		if !isTerminal(env.in) || !isTerminal(env.err) {
			return noTerminalError(req, catalog, opts)
		}
		w := wizard{catalog: catalog, deps: d, req: &req}
		accessible := opts.accessible || env.getenv("ACCESSIBLE") != "" || env.getenv("TERM") == "dumb"
		if err := w.run(ctx, dialog{in: env.in, out: env.err, accessible: accessible}); err != nil {
			return err
		}
	}
	p, err := req.project(catalog, d)
	if err != nil {
		return err
	}
	if opts.dryRun {
		result, err := writer.Check(p.tree, p.target)
		if err != nil {
			return err
		}
		p.written, p.existing, p.enclosing = result.Tree, result.Existing, result.Enclosing
		return p.show(env.out, opts.json)
	}
	result, err := writer.Write(ctx, p.tree, p.target)
	if err != nil && ctx.Err() == nil && !opts.yes {
		return fmt.Errorf("%w\nTo try again with the same answers:\n  %s", err, p.commandLine())
	}
	if err != nil {
		return err
	}
	p.result, p.written, p.existing, p.enclosing = &result, result.Tree, result.Existing, result.Enclosing
	return p.show(env.out, opts.json)
}

// noTerminalError is the error for a run that must prompt but has no terminal. It has the command with every answer that was
// given.
func noTerminalError(r request, catalog *features.Catalog, o options) error {
	if r.answers.Name == "" {
		r.answers.Name = "billing-api"
	}
	plan, err := r.resolve(catalog)
	if err != nil {
		return err
	}
	command := project{req: r, plan: plan}.commandLine()
	if o.dryRun {
		command += " --dry-run"
	}
	if o.json {
		command += " --json"
	}
	return usagef("cannot prompt: no terminal; add --yes to use the default for every answer that is not given:\n  %s", command)
}

func isTerminal(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// project is a rendered project and, once it is written, the result.
type project struct {
	req     request
	plan    generator.Plan
	tree    generator.Tree
	target  writer.Target
	version string
	result  *writer.Result // nil if nothing was written

	written  generator.Tree // the tree with the files that were in the target
	existing []writer.Existing

	enclosing string // the repository around the project
}

// project renders the answers.
func (r request) project(catalog *features.Catalog, d deps) (project, error) {
	plan := r.plan
	if plan == nil {
		resolved, err := r.resolve(catalog)
		if err != nil {
			return project{}, err
		}
		plan = &resolved
	}
	tree, err := generator.Render(d.templates, *plan, d.version)
	if err != nil {
		return project{}, err
	}
	return project{
		req: r, plan: *plan, tree: tree, version: d.version,
		target: writer.Target{Dir: r.target(), Repository: r.repository, Branch: plan.Answers.Branch},
	}, nil
}

// show prints the result, or the plan of a dry run.
func (p project) show(w io.Writer, asJSON bool) error {
	var err error
	switch {
	case asJSON:
		err = p.document(w)
	case p.result == nil:
		err = p.preview(w)
	default:
		err = p.closing(w)
	}
	if err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}
