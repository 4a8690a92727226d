package generator

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"go.yaml.in/yaml/v3"

	"github.com/acton-go/acton-new/internal/features"
)

// sentinel is a name of a service that no template contains.
const sentinel = "zqx"

// A service cannot have a name that means something else in its project, with any features and choices. -update writes
// the list.
func TestGoldenListOfTakenNamesIsUpToDate(t *testing.T) {
	skipSequential(t)
	const file = "takennames.txt"
	l := realLibrary(t)
	first, last := l.firstAndLast()
	found := taken{}
	for _, set := range []features.Set{last, first} {
		a := Answers{Name: sentinel, Module: "example.org/acme/module", Features: set.Features()}
		for _, a := range append([]Answers{a}, withChoices(a, set)...) {
			found.addProject(t, l.mustFiles(t, a))
		}
	}
	var want string
	for _, name := range slices.Sorted(maps.Keys(found)) {
		want += name + "\t" + found[name] + "\n"
	}
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(takenNames, "\n")); diff != "" {
		t.Errorf("%s is out of date; run go test ./internal/generator -run Golden -update (-templates +%s):\n%s", file, file, diff)
	}
}

// taken maps the names that mean something else in a project to the reasons.
type taken map[string]string

func (found taken) add(name, format string, args ...any) {
	if namePattern.MatchString(name) && !strings.HasPrefix(name, sentinel) && found[name] == "" {
		found[name] = fmt.Sprintf(format, args...)
	}
}

func (found taken) addProject(t *testing.T, tree Tree) {
	t.Helper()
	values := map[string]map[string]bool{}
	for _, f := range tree {
		found.addOutputs(f)
		found.addVariables(f)
		switch dir, _, _ := strings.Cut(f.Path, "/"); {
		case dir == "cmd":
			found.add(strings.Split(f.Path, "/")[1], "cmd/ has another command with that name")
		case f.Path == ".gitignore" || f.Path == ".dockerignore":
			found.addIgnored(f)
		case path.Ext(f.Path) == ".yaml" && (dir == "compose.yaml" || dir == "deploy"):
			readValues(t, f, values)
		}
	}
	for _, place := range slices.Sorted(maps.Keys(values)) {
		if values[place][sentinel] {
			for word := range values[place] {
				found.add(word, "%s already has that name", place)
			}
		}
	}
}

var output = regexp.MustCompile("(?m)(?:^|[\\s`'\"(>=])bin/([a-z][a-z0-9-]*)(?:[^.a-z0-9-]|$)")

// addOutputs adds the names of the files and folders in bin/, next to the command.
func (found taken) addOutputs(f File) {
	for _, m := range output.FindAllStringSubmatch(string(f.Data), -1) {
		found.add(m[1], "make writes something else to bin/%s", m[1])
	}
}

// variable matches a variable of the environment where it is set or read: by make, in YAML, in a shell, and in Go, where
// _ can also end the prefix of several.
var variable = regexp.MustCompile(`(?m)(?:^\s*|name: |export |\$\{?|")([A-Z][A-Z0-9]*_[A-Z0-9_]*)(?: \?=|=|:|}|"|,|$|\b)`)

// addVariables adds the names of the services whose settings would begin like a variable with another meaning.
func (found taken) addVariables(f File) {
	for _, m := range variable.FindAllStringSubmatch(string(f.Data), -1) {
		for i, r := range m[1] {
			if prefix := m[1][:i+1]; r == '_' {
				name := strings.ReplaceAll(strings.ToLower(strings.TrimSuffix(prefix, "_")), "_", "-")
				if prefix == m[1] && !strings.HasPrefix(name, sentinel) {
					found[name+"-*"] = fmt.Sprintf(otherVariable, prefix, "those of other programs")
					continue
				}
				found.add(name, otherVariable, prefix, m[1])
			}
		}
	}
}

var ignored = regexp.MustCompile(`(?m)^(\*\*/)?([a-z][a-z0-9-]*)/?$`)

// addIgnored adds the names of the folders that git or docker ignores everywhere: cmd/NAME is one.
func (found taken) addIgnored(f File) {
	for _, m := range ignored.FindAllStringSubmatch(string(f.Data), -1) {
		if m[1] != "" || f.Path == ".gitignore" {
			found.add(m[2], "%s lists that name", f.Path)
		}
	}
}

// readValues adds the keys and values of each place in a YAML file. The objects of a kind share their places.
func readValues(t *testing.T, f File, values map[string]map[string]bool) {
	t.Helper()
	dec := yaml.NewDecoder(strings.NewReader(string(f.Data)))
	for {
		var doc yaml.Node
		switch err := dec.Decode(&doc); {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			t.Fatalf("%s: %v", f.Path, err)
		}
		var object struct {
			Kind string
		}
		_ = doc.Decode(&object) // values.yaml and the like have none
		if object.Kind == "" {
			object.Kind = f.Path
		}
		addValues(object.Kind, &doc, values)
	}
}

func addValues(place string, node *yaml.Node, values map[string]map[string]bool) {
	switch {
	case strings.HasSuffix(place, ".image"): // two with the same last part are taken for the same image
		place = "an image of the project"
		node.Value, _, _ = strings.Cut(path.Base(node.Value), ":")
	case strings.HasSuffix(place, "ontainers.name"): // also of initContainers
		place = "a container of the project"
	}
	if values[place] == nil {
		values[place] = map[string]bool{}
	}
	if node.Kind != yaml.MappingNode {
		values[place][node.Value] = true
		for _, child := range node.Content {
			addValues(place, child, values)
		}
		return
	}
	for i := 0; i < len(node.Content); i += 2 {
		key := node.Content[i].Value
		values[place][key] = true
		addValues(place+"."+key, node.Content[i+1], values)
	}
}
