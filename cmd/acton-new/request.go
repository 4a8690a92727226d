package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/writer"
)

// request holds the answers that are known before the wizard runs. Flags override the answers file.
type request struct {
	answers generator.Answers
	plan    *generator.Plan // resolved answers; nil if the wizard changes them
	// origins maps "name", "module", "features" or the flag of a question to the source of the answer: a flag such as
	// "--module", or the name of the answers file and the line.
	origins      map[string]string
	moduleReason string // where the default module path comes from; empty if the path was given
	dir          string // value of --dir; empty means ./NAME
	repository   writer.RepositoryMode
	location     location
}

// collect builds a request from the flags, the answers file and the location. It neither writes nor prompts.
func collect(
	ctx context.Context, env environment, catalog *features.Catalog, name string, o options, changed func(string) bool,
) (request, error) {
	r := request{origins: map[string]string{}, dir: o.dir}
	switch {
	case changed("features") && changed("preset"):
		return r, usagef("--features and --preset cannot be combined; " +
			"use --preset alone, or list every feature with --features")
	case o.git && o.noGit:
		return r, usagef("--git and --no-git cannot be combined; use one of them")
	case changed("dir") && o.dir == "":
		return r, usagef("--dir: empty; for example --dir services/billing-api")
	case changed("answers") && o.answersFile == "":
		return r, usagef("--answers: empty; for example billing-api/%s", generator.RecordFile)
	case o.noGit:
		r.repository = writer.RepositoryNever
	case o.git:
		r.repository = writer.RepositoryAlways
	}
	if changed("answers") {
		if err := r.readAnswers(ctx, env.in, o.answersFile); err != nil {
			return r, err
		}
	}
	inFile := r.answers
	if err := r.applyFlags(catalog, name, o, changed); err != nil {
		return r, err
	}
	r.renewDefaults(catalog, inFile)
	if err := r.check(); err != nil {
		return r, err
	}
	r.dropUnusedValues(catalog)
	workDir, err := os.Getwd()
	if err != nil && !filepath.IsAbs(o.dir) {
		return r, fmt.Errorf("%w; change to a directory that exists, or give an absolute --dir", err)
	}
	r.location = location{workDir: workDir, getenv: env.getenv}
	r.deriveModule()
	if err := r.checkDefaultBranch(); err != nil {
		return r, err
	}
	if r.answers.Name == "" && !o.yes {
		return r, nil // the wizard asks for the name
	}
	plan, err := r.resolve(catalog)
	r.plan = &plan
	return r, err
}

// maxAnswers is the maximum size of an answers file, far above that of a record.
const maxAnswers = 64 << 10

// readAnswers reads the answers file. The name "-" means standard input.
func (r *request) readAnswers(ctx context.Context, stdin io.Reader, file string) error {
	data, err := readAtMost(ctx, stdin, file)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if file == "-" {
		file = "standard input"
	}
	if err != nil {
		return usagef("--answers: %w; give the %s of a project, or a file like it", err, generator.RecordFile)
	}
	if len(data) > maxAnswers {
		return usagef("--answers: %s: larger than %d KiB; give the %s of a project, or a file like it", file, maxAnswers>>10, generator.RecordFile)
	}
	var lines map[string]int
	if r.answers, lines, err = generator.ReadAnswers(data); err != nil {
		return usagef("--answers: %s: %w", file, err)
	}
	given := map[string]bool{"name": r.answers.Name != "", "module": r.answers.Module != "", "branch": r.answers.Branch != "", "features": r.answers.Features != nil}
	for flag := range r.answers.Values {
		given[flag] = true
	}
	for key, ok := range given {
		if ok {
			r.origins[key] = fmt.Sprintf("%s: line %d", file, lines[key])
		}
	}
	return nil
}

// readAtMost reads the file, or standard input for "-", until it is larger than maxAnswers. It returns when the context is
// done, even if nobody writes to the pipe or the terminal that it reads. The process ends soon after.
func readAtMost(ctx context.Context, stdin io.Reader, file string) ([]byte, error) {
	type content struct {
		data []byte
		err  error
	}
	read := make(chan content, 1)
	go func() {
		in := stdin
		if file != "-" {
			f, err := os.Open(file) // waits for the writer of a named pipe
			if err != nil {
				read <- content{err: err}
				return
			}
			defer func() { _ = f.Close() }()
			in = f
		}
		data, err := io.ReadAll(io.LimitReader(in, maxAnswers+1))
		read <- content{data, err}
	}()
	select {
	case c := <-read:
		return c.data, c.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// applyFlags overrides the answers of the file with those of the flags.
func (r *request) applyFlags(catalog *features.Catalog, name string, o options, changed func(string) bool) error {
	if name != "" {
		r.answers.Name = name
		r.origins["name"] = "NAME"
	}
	if changed("module") {
		r.answers.Module = o.module
		r.origins["module"] = "--module"
	}
	if changed("branch") {
		r.answers.Branch = o.branch
		r.origins["branch"] = "--branch"
	}
	if changed("preset") {
		preset, err := catalog.Preset(o.preset)
		if err != nil {
			return usagef("--preset: %w", err)
		}
		r.answers.Features = preset.Features
		r.origins["features"] = "--preset"
		for flag, value := range preset.Choices {
			r.setValue(flag, value, "--preset")
		}
	}
	if changed("features") {
		if r.answers.Features = cleanNames(o.features); slices.Equal(r.answers.Features, []string{noFeatures}) {
			r.answers.Features = nil
		}
		r.origins["features"] = "--features"
	}
	for flag, value := range o.values {
		if changed(flag) {
			r.setValue(flag, *value, "--"+flag)
		}
	}
	return nil
}

// setValue sets the answer to a question, and its origin.
func (r *request) setValue(flag, value, origin string) {
	if r.answers.Values == nil {
		r.answers.Values = map[string]string{}
	}
	r.answers.Values[flag] = value
	r.origins[flag] = origin
}

// renewDefaults removes the values of the answers file that are defaults for its name, module path and branch, such as the
// domain, if flags give other ones.
func (r *request) renewDefaults(catalog *features.Catalog, inFile generator.Answers) {
	if inFile.Name == "" || inFile.Module == "" ||
		r.answers.Name == inFile.Name && r.answers.Module == inFile.Module && r.answers.Branch == inFile.Branch {
		return
	}
	for _, q := range catalog.Questions() {
		if r.answers.Values[q.Flag] == generator.DefaultValue(q, inFile) && !strings.HasPrefix(r.origins[q.Flag], "--") {
			delete(r.answers.Values, q.Flag)
			delete(r.origins, q.Flag)
		}
	}
}

// dropUnusedValues removes values of the answers file that nothing asks for, if a flag selects features or makes a choice.
func (r *request) dropUnusedValues(catalog *features.Catalog) {
	byFlag := func(key string) bool { return strings.HasPrefix(r.origins[key], "--") }
	chosen := func(q features.Question) bool { return q.Kind == features.KindChoice && byFlag(q.Flag) }
	if !byFlag("features") && !slices.ContainsFunc(catalog.Questions(), chosen) {
		return
	}
	set, err := resolveWithValues(catalog, r.answers.Features, r.answers.Values)
	if err != nil {
		return // resolve reports the error
	}
	asks := func(questions []features.Question, flag string) bool {
		return slices.ContainsFunc(questions, func(q features.Question) bool { return q.Flag == flag })
	}
	for flag := range r.answers.Values {
		if !byFlag(flag) && asks(catalog.Questions(), flag) && !asks(set.Questions(), flag) {
			delete(r.answers.Values, flag)
		}
	}
}

// resolveWithValues resolves features with the values that answer one of their choices. It ignores other values. It takes the
// choices in the order of the questions, because an answer such as --deploy none removes later ones.
func resolveWithValues(catalog *features.Catalog, chosen []string, values map[string]string) (features.Set, error) {
	choices := map[string]string{}
	for {
		set, err := catalog.Resolve(features.Selection{Features: chosen, Choices: choices})
		if err != nil {
			return set, err
		}
		questions := set.Questions()
		i := slices.IndexFunc(questions, func(q features.Question) bool {
			_, given := values[q.Flag]
			_, taken := choices[q.Flag]
			return given && !taken && q.Kind == features.KindChoice
		})
		if i < 0 {
			return set, nil
		}
		choices[questions[i].Flag] = values[questions[i].Flag]
	}
}

// noFeatures alone is an empty list of features.
const noFeatures = "none"

// cleanNames trims spaces and removes empty and repeated names.
func cleanNames(list []string) []string {
	var clean []string
	for _, name := range list {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(clean, name) {
			clean = append(clean, name)
		}
	}
	return clean
}

// check validates the name and the module path, if they were given.
func (r *request) check() error {
	if _, ok := r.origins["name"]; ok {
		if err := generator.CheckName(r.answers.Name); err != nil {
			return usageError{r.withOrigin("name", err)}
		}
	}
	if _, ok := r.origins["module"]; ok {
		if err := generator.CheckModule(r.answers.Module); err != nil {
			return usageError{r.withOrigin("module", err)}
		}
	}
	if _, ok := r.origins["branch"]; ok {
		if err := generator.CheckBranch(r.answers.Branch); err != nil {
			return usageError{r.withOrigin("branch", err)}
		}
	}
	return nil
}

// deriveModule sets the default module path, unless one was given.
func (r *request) deriveModule() {
	if _, given := r.origins["module"]; given {
		return
	}
	name := r.answers.Name
	if name == "" {
		name = "billing-api"
	}
	r.answers.Module, r.moduleReason = r.location.defaultModule(r.targetFor(name), name)
}

// branch returns the branch that was given, else the default branch of the place.
func (r request) branch() string {
	if r.answers.Branch != "" {
		return r.answers.Branch
	}
	branch, _ := r.location.defaultBranch(r.absolute(), r.repository)
	return branch
}

// checkDefaultBranch validates the default branch of the place, unless a branch was given. Its error names the source.
func (r request) checkDefaultBranch() error {
	if r.answers.Branch != "" {
		return nil
	}
	branch, source := r.location.defaultBranch(r.absolute(), r.repository)
	if err := generator.CheckBranch(branch); err != nil {
		return usagef("%s: %w", source, err)
	}
	return nil
}

// resolve completes the answers. An invalid answer is a usage error that names its flag or file.
func (r request) resolve(catalog *features.Catalog) (generator.Plan, error) {
	if r.answers.Name == "" {
		return generator.Plan{}, usagef("NAME: missing; for example acton-new billing-api --yes")
	}
	if _, err := catalog.Resolve(features.Selection{Features: r.answers.Features}); err != nil {
		return generator.Plan{}, usageError{r.withOrigin("features", err)}
	}
	r.answers.Branch = r.branch()
	plan, err := generator.Resolve(catalog, r.answers)
	if err != nil {
		return plan, usageError{r.withFileOfValue(err)}
	}
	return plan, nil
}

// withOrigin adds the flag or file of an answer to the error.
func (r request) withOrigin(key string, err error) error {
	origin := r.origins[key]
	switch {
	case origin == "" || origin == "NAME":
		return err
	case key == "module" && origin == "--module":
		return errors.New("--" + err.Error())
	default:
		return fmt.Errorf("%s: %w", origin, err)
	}
}

// withFileOfValue adds the file to the error if the invalid value comes from one. The error already names the flag.
func (r request) withFileOfValue(err error) error {
	for flag, origin := range r.origins {
		if !strings.HasPrefix(origin, "-") && strings.HasPrefix(err.Error(), "--"+flag+":") {
			return fmt.Errorf("%s: values: %s", origin, strings.TrimPrefix(err.Error(), "--"))
		}
		if strings.HasPrefix(err.Error(), fmt.Sprintf("unknown question %q;", flag)) { // flags are known
			return fmt.Errorf("%s: values: %w", origin, err)
		}
	}
	return err
}

// target returns the directory to create, as the user gave it.
func (r request) target() string { return r.targetFor(r.answers.Name) }

func (r request) targetFor(name string) string {
	if r.dir != "" {
		return r.dir
	}
	return name
}

// absolute returns the absolute path of the directory to create.
func (r request) absolute() string {
	if filepath.IsAbs(r.target()) {
		return filepath.Clean(r.target())
	}
	return filepath.Join(r.location.workDir, r.target())
}

// displayDir returns the directory to create as the summary shows it: relative paths begin with "./".
func (r request) displayDir() string {
	if filepath.IsAbs(r.target()) {
		return r.target()
	}
	return "." + string(filepath.Separator) + filepath.Clean(r.target())
}
