package generator

import (
	"fmt"
	"strings"

	"github.com/acton-go/acton-new/internal/settings"
)

// The tags of the Config structs are the only description of a project's settings. One document shows the settings to
// users. The generator appends a list of all settings to it, from the rendered Go. The tests of the project build the
// same text from the same tags by reflection, and fail if the document differs.
const (
	referenceFile    = "docs/configuration.md"
	referenceHeading = "## Reference\n"
)

// completeSettings appends the list of all settings to referenceFile, if the tree contains it.
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
		if f.Path == referenceFile {
			if !strings.HasSuffix(string(f.Data), referenceHeading) {
				return nil, fmt.Errorf("settings: %s: must end with the heading %q", f.Path, referenceHeading)
			}
			f.Data = []byte(string(f.Data) + settingsReference(sections, prefix))
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
