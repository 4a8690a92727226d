// Command verify checks one feature, cheap checks first, for the author of the feature:
//
//	go run ./internal/verify -feature database
//
// It renders a project with the feature alone, compiles it, runs its tests, boots it, and runs the probes and the proofs of
// the feature, which include the tests of its alerts. Then it checks the catalog, every combination, and the project with
// all features, with the probes of the feature. It stops at the first failure, and keeps the projects. The programs that a
// feature needs, such as its server, must be installed; .ci/run tools installs them. .ci/run tried runs all proofs and
// probes in both projects.
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	pathpkg "path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/programs"
	"github.com/acton-go/acton-new/internal/writer"
	"github.com/acton-go/acton-new/templates"
)

func main() {
	feature := flag.String("feature", "", "name of the feature")
	pattern := flag.Bool("programs", false, "print a regular expression of the tests that need programs besides Go, and exit")
	flag.Parse()
	if *pattern {
		fmt.Println(programs.Pattern())
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := verify(ctx, os.Stdout, *feature)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// step is a check. run returns what it printed.
type step struct {
	name string
	run  func() (string, error)
}

func verify(ctx context.Context, out io.Writer, feature string) error {
	catalog, err := features.Load(templates.All)
	if err != nil {
		return err
	}
	set, err := catalog.Resolve(features.Selection{Features: strings.Fields(feature)})
	if err != nil {
		return fmt.Errorf("-feature: %w", err)
	}
	full, err := catalog.Preset(features.PresetFull)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "verify-")
	if err != nil {
		return err
	}
	alone := project{ctx: ctx, dir: filepath.Join(dir, "alone"), catalog: catalog, features: set.Features()}
	all := project{ctx: ctx, dir: filepath.Join(dir, "all"), catalog: catalog, features: full.Features}
	root := func(args ...string) func() (string, error) {
		return func() (string, error) { return goCommand(ctx, ".", args...) }
	}
	steps := []step{
		{"render", alone.render},
		{"compile", alone.compile},
		{"test", alone.test},
		{"probe", func() (string, error) { return alone.probe("") }},
		{"proofs", alone.prove},
		{"catalog", root("test", "./internal/features", "./internal/consistency", "-short")},
		{"combinations", root("test", "./internal/generator", "-skip", "^TestGolden")}, // the author writes golden files last
		{"render all", all.render},
		{"test all", all.test},
		{"probe all", func() (string, error) { return all.probe("////" + ownScripts(feature)) }},
	}
	began := time.Now()
	for _, s := range steps {
		from := time.Now()
		text, err := s.run()
		result := "ok"
		if err != nil {
			result = "FAILED"
		}
		_, _ = fmt.Fprintf(out, "%-14s %6.1f s  %s\n", s.name, time.Since(from).Seconds(), result)
		if err != nil {
			return fmt.Errorf("%s\n%w; the project is in %s", text, err, dir)
		}
	}
	_, _ = fmt.Fprintf(out, "%-14s %6.1f s\n", "total", time.Since(began).Seconds())
	return os.RemoveAll(dir)
}

// ownScripts returns a regular expression of the names of the probes in the folders of a feature, or in the base.
func ownScripts(feature string) string {
	return "(^|[+])(" + cmp.Or(strings.Join(strings.Fields(feature), "|"), "base") + ")([+]|[.])"
}

// project is a rendered project in a directory.
type project struct {
	ctx      context.Context
	dir      string
	catalog  *features.Catalog
	features []string
}

const name = "orders"

func (p project) plan() (generator.Plan, error) {
	return generator.Resolve(p.catalog, generator.Answers{Name: name, Module: "example.com/orders", Features: p.features})
}

func (p project) render() (string, error) {
	plan, err := p.plan()
	if err != nil {
		return "", err
	}
	tree, err := generator.Render(templates.All, plan, "v0")
	if err != nil {
		return "", err
	}
	_, err = writer.Write(p.ctx, tree, writer.Target{Dir: p.dir})
	return "", err
}

// The flag -trimpath lets projects in different directories share the build cache. compile vets what test builds.

func (p project) compile() (string, error) {
	return goCommand(p.ctx, p.dir, "vet", "-trimpath", "./...")
}

func (p project) test() (string, error) {
	return goCommand(p.ctx, p.dir, "test", "-trimpath", "-vet=off", "./...")
}

var testName = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w*)\(`)

// prove runs the proofs that a project without features does not have, or all if the project has none. It adds all proofs to the project, because they
// share functions, and removes them again.
func (p project) prove() (text string, err error) {
	proofs, err := p.proofs(p.features)
	if err != nil {
		return "", err
	}
	base, err := p.proofs(nil)
	if err != nil {
		return "", err
	}
	var names, alerts []string
	packages := map[string]bool{}
	for _, f := range proofs {
		path := filepath.Join(p.dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return "", err
		}
		if err := os.WriteFile(path, f.Data, 0o666); err != nil {
			return "", err
		}
		defer func() { err = errors.Join(err, os.Remove(path)) }()
		if len(p.features) > 0 && slices.ContainsFunc(base, func(b generator.File) bool { return b.Path == f.Path }) {
			continue
		}
		if pathpkg.Dir(f.Path) == "deploy/monitoring/tests" {
			alerts = append(alerts, f.Path)
		}
		for _, found := range testName.FindAllSubmatch(f.Data, -1) {
			names = append(names, string(found[1]))
			packages["./"+pathpkg.Dir(f.Path)] = true
		}
	}
	if len(names) > 0 {
		args := []string{"test", "-trimpath", "-run", "^(" + strings.Join(names, "|") + ")$"}
		text, err = goCommand(p.ctx, p.dir, append(args, slices.Sorted(maps.Keys(packages))...)...)
	}
	if err != nil || len(alerts) == 0 {
		return text, err
	}
	if text, err = command(p.ctx, p.dir, "make", "--no-print-directory", "rules"); err != nil {
		return text, err
	}
	return command(p.ctx, p.dir, "promtool", append([]string{"test", "rules"}, alerts...)...)
}

func (p project) proofs(names []string) (generator.Tree, error) {
	plan, err := project{catalog: p.catalog, features: names}.plan()
	if err != nil {
		return nil, err
	}
	return generator.Proofs(templates.All, plan)
}

// probe runs all probes, or those that match a pattern, which follows the name of the test.
func (p project) probe(pattern string) (string, error) {
	combination := strings.Join(p.features, "+")
	if combination == "" {
		combination = "none"
	}
	return goCommand(p.ctx, ".", "test", "./internal/verify/probe", "-count=1", "-run", "^TestCombination$"+pattern, "-steps", "probe",
		"-project", p.dir, "-combinations", combination)
}

func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	return command(ctx, dir, "go", args...)
}

func command(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the go command, and programs of this file
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return out.String(), err
}
