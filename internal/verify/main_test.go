package main

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/verify/probe"
	"github.com/acton-go/acton-new/internal/verify/projects"
	"github.com/acton-go/acton-new/templates"
)

const module = "github.com/acton-go/acton-new/"

// levels lists the packages of the product from the bottom up. A package imports only packages of lower levels.
var levels = [][]string{
	{"templates", "internal/features", "internal/settings", "internal/lock", "internal/exporters", "internal/gitconfig", "cmd/acton-new/internal/terminal"},
	{"internal/generator", "internal/consistency"},
	{"internal/writer"},
	{"cmd/acton-new"},
}

func TestImportsGoDown(t *testing.T) {
	level := map[string]int{}
	for i, packages := range levels {
		for _, name := range packages {
			level[name] = i
		}
	}
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "../../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	folders, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		from := strings.TrimPrefix(words[0], module)
		if from == "internal/verify" || strings.HasPrefix(from, "internal/verify/") {
			parent, _, _ := strings.Cut(strings.TrimPrefix(from, "internal/verify/"), "/")
			if !strings.Contains(string(folders), "`internal/verify/"+parent+"`") && from != "internal/verify" {
				t.Errorf("CONTRIBUTING.md does not list %s", from)
			}
			continue
		}
		found++
		if _, ok := level[from]; !ok {
			t.Errorf("add %s to the levels", from)
		}
		if !strings.Contains(string(folders), "`"+from+"`") && from != "cmd/acton-new/internal/terminal" {
			t.Errorf("CONTRIBUTING.md does not list %s", from)
		}
		for _, to := range words[1:] {
			to, own := strings.CutPrefix(to, module)
			switch {
			case own && strings.HasPrefix(to, "internal/verify"):
				t.Errorf("%s imports %s, which is for tests", from, to)
			case own && level[to] >= level[from]:
				t.Errorf("%s imports %s, which is not below it", from, to)
			}
		}
	}
	if found < 8 {
		t.Errorf("got %d packages, want at least 8", found)
	}
}

// Users must not download test code with the command.
func TestCommandLinksNoTestCode(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "../../cmd/acton-new").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"acton-new/internal/verify", "golang.org/x/tools/", "go.opentelemetry.io/", "github.com/prometheus/"} {
		if strings.Contains(string(out), part) {
			t.Errorf("cmd/acton-new links %s", part)
		}
	}
}

func TestUnknownFeatureIsAnError(t *testing.T) {
	var out strings.Builder
	if err := verify(t.Context(), &out, "databse"); err == nil || !strings.Contains(err.Error(), `did you mean "database"`) || out.Len() > 0 {
		t.Errorf("got %v and %q, want an error that suggests database", err, out.String())
	}
}

func TestOwnScriptsAreThoseOfTheFolders(t *testing.T) {
	catalog := projects.Catalog(t)
	full, err := catalog.Preset(features.PresetFull)
	if err != nil {
		t.Fatal(err)
	}
	set, err := catalog.Resolve(features.Selection{Features: full.Features})
	if err != nil {
		t.Fatal(err)
	}
	files, err := probe.Compose(templates.All, set, probe.StepProbe, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, feature := range append(full.Features, "") {
		own, found := regexp.MustCompile(ownScripts(feature)), false
		for _, file := range files {
			name := filepath.Base(file)
			folder, _, _ := strings.Cut(name, ".")
			want := slices.Contains(strings.Split(folder, "+"), cmp.Or(feature, "base"))
			found = found || want
			if got := own.MatchString(strings.TrimSuffix(name, ".txtar")); got != want {
				t.Errorf("%q: got %v for %s, want %v", feature, got, name, want)
			}
		}
		if !found {
			t.Errorf("%q has no probe", feature)
		}
	}
}
