package config

import (
	"flag"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the tables of docs/configuration.md")

const referenceFile = "../../docs/configuration.md"

// TestReference compares everything after the heading with the tags.
func TestReference(t *testing.T) {
	data, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	const heading = "## Reference\n"
	written, got, ok := strings.Cut(string(data), heading)
	if !ok {
		t.Fatalf("%s: the heading %q is missing", referenceFile, heading)
	}
	if *update {
		if err := os.WriteFile(referenceFile, []byte(written+heading+reference()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(got, reference()); diff != "" {
		t.Errorf("%s differs from the tags; run make settings. Got -, want +\n%s", referenceFile, diff)
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
		if k.kind.Kind() != reflect.String && kindNames[k.kind.String()] == "" {
			t.Errorf("%s: a setting cannot have the type %s", k.path, k.kind)
		}
		seen[k.path] = true
	}
}
