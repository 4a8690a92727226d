package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
)

// request is what is asked for so far: flag over answers file over default.
type request struct {
	answers    generator.Answers
	origins    map[string]string // where an answer was given, by "name", "module", "features" or flag: "--module", a file's name
	moduleFrom string            // why the module path is the default; empty when it was given
	dir        string            // as given; empty means ./NAME
	repository generator.RepositoryMode
	surround   surroundings
}

// collect fills a request from flags, answers file and surroundings. Nothing is written and nothing is asked.
func collect(at host, catalog *features.Catalog, name string, o options, changed func(string) bool) (request, error) {
	r := request{origins: map[string]string{}, dir: o.dir}
	switch {
	case changed("features") && changed("preset"):
		return r, usagef("--features and --preset exclude each other: give --preset alone, or all features with --features")
	case o.git && o.noGit:
		return r, usagef("--git and --no-git exclude each other: give one of them")
	case changed("dir") && o.dir == "":
		return r, usagef("--dir: is empty; for example --dir services/billing-api")
	case o.noGit:
		r.repository = generator.RepositoryNever
	case o.git:
		r.repository = generator.RepositoryAlways
	}
	if changed("answers") {
		if err := r.readAnswers(at.in, o.answersFile); err != nil {
			return r, err
		}
	}
	if err := r.takeFlags(catalog, name, o, changed); err != nil {
		return r, err
	}
	if err := r.check(); err != nil {
		return r, err
	}
	r.dropUnasked(catalog)
	working, err := os.Getwd()
	if err != nil {
		return r, fmt.Errorf("working directory: %w", err)
	}
	r.surround = surroundings{working: working, getenv: at.getenv}
	r.deriveModule()
	if r.answers.Name == "" && !o.yes {
		return r, nil // the wizard asks for it
	}
	_, _, err = r.resolve(catalog)
	return r, err
}

// readAnswers takes every answer that the file has; "-" is standard input.
func (r *request) readAnswers(stdin io.Reader, file string) error {
	var data []byte
	var err error
	if file == "-" {
		data, err = io.ReadAll(stdin)
	} else {
		data, err = readFile(file)
	}
	if err != nil {
		return usagef("--answers: %w; it is a file such as the %s of a project", err, generator.RecordFile)
	}
	if r.answers, err = generator.ReadAnswers(data); err != nil {
		return usagef("--answers %s: %w", file, err)
	}
	given := map[string]bool{"name": r.answers.Name != "", "module": r.answers.Module != "", "features": r.answers.Features != nil}
	for flag := range r.answers.Values {
		given[flag] = true
	}
	for key, ok := range given {
		if ok {
			r.origins[key] = file
		}
	}
	return nil
}

// takeFlags puts what flags say over what the answers file says.
func (r *request) takeFlags(catalog *features.Catalog, name string, o options, changed func(string) bool) error {
	if name != "" {
		r.answers.Name = name
		r.origins["name"] = "NAME"
	}
	if changed("module") {
		r.answers.Module = o.module
		r.origins["module"] = "--module"
	}
	if changed("preset") {
		preset, err := catalog.Preset(o.preset)
		if err != nil {
			return usagef("--preset: %w", err)
		}
		r.answers.Features = preset.Features
		r.origins["features"] = "--preset"
	}
	if changed("features") {
		r.answers.Features = names(o.features)
		r.origins["features"] = "--features"
	}
	for flag, value := range o.values {
		if changed(flag) {
			if r.answers.Values == nil {
				r.answers.Values = map[string]string{}
			}
			r.answers.Values[flag] = *value
			r.origins[flag] = "--" + flag
		}
	}
	return nil
}

// dropUnasked forgets values of the answers file that only other features ask for, when a flag chose the features.
func (r *request) dropUnasked(catalog *features.Catalog) {
	if !strings.HasPrefix(r.origins["features"], "--") {
		return
	}
	set, err := resolveAsked(catalog, r.answers.Features, r.answers.Values)
	if err != nil {
		return // resolve says what is wrong
	}
	asks := func(questions []features.Question, flag string) bool {
		return slices.ContainsFunc(questions, func(q features.Question) bool { return q.Flag == flag })
	}
	for flag := range r.answers.Values {
		fromFile := !strings.HasPrefix(r.origins[flag], "--")
		if fromFile && asks(questionsOf(catalog), flag) && !asks(set.Questions(), flag) {
			delete(r.answers.Values, flag)
		}
	}
}

// resolveAsked resolves features with those values that are choices and asked for. A choice can ask for further ones.
func resolveAsked(catalog *features.Catalog, chosen []string, values map[string]string) (features.Set, error) {
	choices := map[string]string{}
	for {
		set, err := catalog.Resolve(features.Selection{Features: chosen, Choices: choices})
		if err != nil {
			return set, err
		}
		before := len(choices)
		for _, q := range set.Questions() {
			if value, ok := values[q.Flag]; ok && q.Kind == features.KindChoice {
				choices[q.Flag] = value
			}
		}
		if len(choices) == before {
			return set, nil
		}
	}
}

// names leaves out what only separates: spaces, empty parts, repetitions.
func names(list []string) []string {
	var clean []string
	for _, name := range list {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(clean, name) {
			clean = append(clean, name)
		}
	}
	return clean
}

// check judges the name and the module path as far as they were given.
func (r *request) check() error {
	if _, ok := r.origins["name"]; ok {
		if err := generator.CheckName(r.answers.Name); err != nil {
			return usageError{r.blame("name", err)}
		}
	}
	if _, ok := r.origins["module"]; ok {
		if err := generator.CheckModule(r.answers.Module); err != nil {
			return usageError{r.blame("module", err)}
		}
	}
	return nil
}

// deriveModule takes the module path from the surroundings unless it was given.
func (r *request) deriveModule() {
	if _, given := r.origins["module"]; given {
		return
	}
	name := r.answers.Name
	if name == "" {
		name = "billing-api"
	}
	r.answers.Module, r.moduleFrom = r.surround.module(r.targetFor(name), name)
}

// resolve completes the answers. Whatever is wrong with them is a usage error that names the flag or file.
func (r request) resolve(catalog *features.Catalog) (features.Set, generator.Answers, error) {
	if r.answers.Name == "" {
		return features.Set{}, generator.Answers{}, usagef("NAME is missing; for example acton-new billing-api --yes")
	}
	if _, err := catalog.Resolve(features.Selection{Features: r.answers.Features}); err != nil {
		return features.Set{}, generator.Answers{}, usageError{r.blame("features", err)}
	}
	set, answers, err := generator.Resolve(catalog, r.answers)
	if err != nil {
		return set, answers, usageError{r.blameValue(err)}
	}
	return set, answers, nil
}

// blame names the flag or file that an answer came from.
func (r request) blame(key string, err error) error {
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

// blameValue names the file when the value that is wrong stands in one; the error names the flag already.
func (r request) blameValue(err error) error {
	for flag, origin := range r.origins {
		if !strings.HasPrefix(origin, "-") && strings.HasPrefix(err.Error(), "--"+flag+":") {
			return fmt.Errorf("%s: values: %s", origin, strings.TrimPrefix(err.Error(), "--"))
		}
	}
	return err
}

// target is the directory to make, as it is named to people.
func (r request) target() string { return r.targetFor(r.answers.Name) }

func (r request) targetFor(name string) string {
	if r.dir != "" {
		return r.dir
	}
	return name
}

// absolute returns the directory to make for messages and documents that must not depend on the working directory.
func (r request) absolute() string {
	if filepath.IsAbs(r.target()) {
		return filepath.Clean(r.target())
	}
	return filepath.Join(r.surround.working, r.target())
}

// homely returns the directory to make, short: below the working directory as it is, else as a whole.
func (r request) homely() string {
	if filepath.IsAbs(r.target()) {
		return r.target()
	}
	return "." + string(filepath.Separator) + filepath.Clean(r.target())
}
