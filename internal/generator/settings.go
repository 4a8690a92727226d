package generator

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/acton-go/acton-new/internal/settings"
)

// The tags of the Config structs are the only description of a project's settings. Two files show the settings to
// users. The generator appends a list of all settings to both files, from the rendered Go. The tests of the project
// build the same text from the same tags by reflection, and fail if the files differ.
const (
	referenceFile    = "docs/configuration.md"
	referenceHeading = "## Reference\n"
	exampleFile      = "config/example.yaml"
)

// completeSettings appends the list of all settings to referenceFile and exampleFile, if the tree contains them.
func completeSettings(tree Tree, module, prefix string) (Tree, error) {
	if _, ok := tree.Lookup(settings.Root); !ok {
		return tree, nil
	}
	sections, err := settings.Read(module, tree.each)
	if err != nil {
		return nil, err
	}
	out := make(Tree, len(tree))
	for i, f := range tree {
		switch f.Path {
		case referenceFile:
			if !strings.HasSuffix(string(f.Data), referenceHeading) {
				return nil, fmt.Errorf("settings: %s: must end with the heading %q", f.Path, referenceHeading)
			}
			f.Data = []byte(string(f.Data) + settingsReference(sections, prefix))
		case exampleFile:
			f.Data = []byte(strings.TrimRight(string(f.Data), "\n") + "\n\n" + settingsExample(sections))
		}
		out[i] = f
	}
	return out, nil
}

// settingsReference returns a Markdown table of the keys of each top-level section.
func settingsReference(sections []settings.Setting, prefix string) string {
	var b strings.Builder
	for _, section := range sections {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n", section.Path, section.Doc)
		b.WriteString("| Key | Default | Environment variable | Meaning |\n|---|---|---|---|\n")
		settings.Each(section.Children, func(s settings.Setting) {
			fallback := ""
			if s.Default != "" {
				fallback = "`" + s.Default + "`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s |\n", s.Path, fallback, settings.Variable(prefix, s.Path), strings.ReplaceAll(s.Doc, "|", `\|`))
		})
	}
	return b.String()
}

// plainYAML matches text that needs no quotes in YAML.
var plainYAML = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)

// settingsExample returns YAML with every key commented out.
func settingsExample(sections []settings.Setting) string {
	var parts []string
	for _, section := range sections {
		text := "# " + section.Path + ": " + section.Doc + "\n"
		settings.Each(section.Children, func(s settings.Setting) {
			value := s.Default
			if !plainYAML.MatchString(value) {
				value = strconv.Quote(value)
			}
			text += "\n# " + s.Doc + "\n#" + s.Path + ": " + value + "\n"
		})
		parts = append(parts, text)
	}
	return strings.Join(parts, "\n")
}
