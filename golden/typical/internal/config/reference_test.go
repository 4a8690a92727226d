package config

import (
	"flag"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite docs/configuration.md and config/example.yaml")

const (
	referenceFile = "../../docs/configuration.md"
	exampleFile   = "../../config/example.yaml"
)

// TestReference compares the generated part of both files with the tags: everything after the heading, or after the first
// empty line.
func TestReference(t *testing.T) {
	compare(t, referenceFile, "## Reference\n", reference())
	compare(t, exampleFile, "\n\n", example())
}

func compare(t *testing.T, path, separator, want string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	written, got, ok := strings.Cut(string(data), separator)
	if !ok {
		t.Fatalf("%s: %q is missing", path, separator)
	}
	if *update {
		if err := os.WriteFile(path, []byte(written+separator+want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("%s differs from the tags; run make settings. Got -, want +\n%s", path, diff)
	}
}

// reference returns the tables of docs/configuration.md.
func reference() string {
	var b strings.Builder
	eachSection(func(name, doc string, keys []key) {
		b.WriteString("\n### " + name + "\n\n" + doc + "\n\n")
		b.WriteString("| Key | Default | Environment variable | Meaning |\n|---|---|---|---|\n")
		for _, k := range keys {
			value := ""
			if k.defaultValue != "" {
				value = "`" + k.defaultValue + "`"
			}
			b.WriteString("| `" + k.path + "` | " + value + " | `" + k.variable + "` | " + strings.ReplaceAll(k.doc, "|", `\|`) + " |\n")
		}
	})
	return b.String()
}

// plain matches text that YAML needs no quotes for.
var plain = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)

// example returns the keys of config/example.yaml, commented out.
func example() string {
	var sections []string
	eachSection(func(name, doc string, keys []key) {
		text := "# " + name + ": " + doc + "\n"
		for _, k := range keys {
			value := k.defaultValue
			if !plain.MatchString(value) {
				value = strconv.Quote(value)
			}
			text += "\n# " + k.doc + "\n#" + k.path + ": " + value + "\n"
		}
		sections = append(sections, text)
	})
	return strings.Join(sections, "\n")
}

func eachSection(do func(name, doc string, keys []key)) {
	config := reflect.TypeFor[Config]()
	for i := range config.NumField() {
		tag := config.Field(i).Tag
		do(tag.Get("yaml"), tag.Get("doc"), keysOf(config.Field(i).Type, tag.Get("yaml")+".", nil))
	}
}

func TestEveryKeyIsDescribed(t *testing.T) {
	path := regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*(\.[a-z0-9]+(_[a-z0-9]+)*)+$`)
	seen := map[string]bool{}
	for _, k := range keysOf(reflect.TypeFor[Config](), "", nil) {
		if !path.MatchString(k.path) || k.doc == "" || seen[k.path] {
			t.Errorf("%q needs a yaml tag of its own, in lower case, and a doc tag", k.path)
		}
		if k.kind.Kind() != reflect.String && !k.isSecret() && kindNames[k.kind.String()] == "" {
			t.Errorf("%s: a setting cannot have the type %s", k.path, k.kind)
		}
		seen[k.path] = true
	}
}

func TestExampleHasTheDefaults(t *testing.T) {
	example, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t)
	f.file("work.yaml", string(example))
	if got := f.load().loader.origins["server.port"].name; got != "default" {
		t.Errorf("the example sets a key: %s", got)
	}

	f.file("work.yaml", regexp.MustCompile(`(?m)^#([a-z0-9_.]+: )`).ReplaceAllString(string(example), "$1"))
	loaded := f.load()
	defaults := loaded.loader.readDefaults().values
	for _, k := range loaded.loader.keys {
		if got := loaded.loader.values.Get(k.path); !reflect.DeepEqual(got, defaults[k.path]) {
			t.Errorf("%s: the example has %q, want the default %q", k.path, got, defaults[k.path])
		}
		if !strings.HasPrefix(f.origin(loaded.loader, k.path), "work.yaml:") {
			t.Errorf("%s is not in the example", k.path)
		}
	}
}
