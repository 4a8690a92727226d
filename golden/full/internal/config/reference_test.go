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

var update = flag.Bool("update", false, "rewrite docs/configuration.md and config/example.yaml")

const (
	referenceFile = "../../docs/configuration.md"
	exampleFile   = "../../config/example.yaml"

	// What stands above is written by hand, what stands below comes from the tags.
	referenceBegins = "## Reference\n"
	exampleBegins   = "\n\n"
)

func TestReferenceIsUpToDate(t *testing.T) {
	compare(t, referenceFile, referenceBegins, reference(schemaOf[Config](t)))
}

func TestReferenceExampleIsUpToDate(t *testing.T) {
	compare(t, exampleFile, exampleBegins, example(schemaOf[Config](t)))
}

func compare(t *testing.T, path, begins, want string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	byHand, got, ok := strings.Cut(string(data), begins)
	if !ok {
		t.Fatalf("%s: %q is missing", path, begins)
	}
	if *update {
		if err := os.WriteFile(path, []byte(byHand+begins+want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("%s differs from the structs, run make settings: got -, want +\n%s", path, diff)
	}
}

// reference is the tables of docs/configuration.md.
func reference(s *schema) string {
	var b strings.Builder
	for _, section := range topSections(s) {
		b.WriteString("\n### " + section.path + "\n\n" + section.doc + "\n\n")
		b.WriteString("| Key | Default | Environment variable | Meaning |\n|---|---|---|---|\n")
		for _, k := range s.keys {
			if !strings.HasPrefix(k.path, section.path+".") {
				continue
			}
			fallback := ""
			if k.fallback != "" {
				fallback = "`" + k.fallback + "`"
			}
			b.WriteString("| `" + k.path + "` | " + fallback + " | `" + k.variable + "` | " + strings.ReplaceAll(k.doc, "|", `\|`) + " |\n")
		}
	}
	return b.String()
}

// example is config/example.yaml: the sections, and in them every key, commented out.
func example(s *schema) string {
	var b strings.Builder
	opened := ""
	for _, k := range s.keys {
		levels := strings.Split(k.path, ".")
		for _, section := range s.sections {
			if !strings.HasPrefix(k.path, section.path+".") || section.path == opened || strings.HasPrefix(opened, section.path+".") {
				continue
			}
			parts := strings.Split(section.path, ".")
			indent := strings.Repeat("  ", len(parts)-1)
			if b.Len() > 0 {
				b.WriteString("\n")
			}
			if section.doc != "" {
				b.WriteString(indent + "# " + section.doc + "\n")
			}
			b.WriteString(indent + parts[len(parts)-1] + ":\n")
		}
		opened = strings.Join(levels[:len(levels)-1], ".")
		indent := strings.Repeat("  ", len(levels)-1)
		b.WriteString(indent + "# " + k.doc + "\n")
		b.WriteString(indent + "# Environment: " + k.variable + "\n")
		b.WriteString(indent + "#" + levels[len(levels)-1] + ": " + exampleValue(k) + "\n")
	}
	return b.String()
}

func exampleValue(k key) string {
	if !isList(k.typ) {
		return quote(k.fallback)
	}
	var items []string
	for item := range strings.SplitSeq(k.fallback, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, quote(item))
		}
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func topSections(s *schema) []section {
	var top []section
	for _, section := range s.sections {
		if !strings.Contains(section.path, ".") {
			top = append(top, section)
		}
	}
	return top
}

var commentedOut = regexp.MustCompile(`(?m)^( *)#([a-z0-9_]+:)`)

func TestExampleCanBeLoaded(t *testing.T) {
	example, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	var defaults Config
	s := schemaOf[Config](t)
	values, problems := s.readDefaults()
	for _, k := range s.keys {
		if k.index != nil {
			reflect.ValueOf(&defaults).Elem().FieldByIndex(k.index).Set(values[k.path].value)
		}
	}
	if err := joinSorted(problems); err != nil {
		t.Fatal(err)
	}

	f := newFixture(t)
	f.file(workConfig, string(example))
	if got := f.origin(f.load(), "server.port"); got != "default" {
		t.Errorf("as it is, the example sets a key: %s", got)
	}

	f.file(workConfig, commentedOut.ReplaceAllString(string(example), "$1$2"))
	loaded := f.load()
	for _, k := range s.keys {
		if got := f.origin(loaded, k.path); !strings.HasPrefix(got, workConfig) {
			t.Errorf("%s is not in the example, it comes from %s", k.path, got)
		}
	}
	if !reflect.DeepEqual(loaded.Config, defaults) {
		t.Errorf("the example does not show the defaults:\n%+v\n%+v", loaded.Config, defaults)
	}
}
