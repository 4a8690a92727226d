package consistency

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// projectPath matches a path from a folder of the top level, up to where a variable or a pattern begins.
var projectPath = regexp.MustCompile(`(?:^|[\s"'=:\[(])(?:\./)?((?:deploy|docs|scripts|test|internal|migrations|config|api|policies|\.github)/[A-Za-z0-9_./-]*)`)

// checkPaths wants what the pipeline, the Makefile and scripts name to be there. A file that is missing in a folder that
// exists may be one that is made, except where only people write.
func checkPaths(p *Project) []Finding {
	var all []Finding
	for _, file := range slices.Concat([]string{"Makefile"}, p.workflows(), p.scripts()) {
		for _, l := range p.lines(file) {
			text := l.text
			if strings.HasPrefix(strings.TrimSpace(text), "#") {
				continue
			}
			for _, m := range projectPath.FindAllStringSubmatchIndex(text, -1) {
				name := text[m[2]:m[3]]
				if m[3] < len(text) && strings.ContainsRune("$*{<@", rune(text[m[3]])) {
					name = path.Dir(name + "x") // as far as it is written out
				}
				name = strings.TrimRight(path.Clean(name), ".")
				if !p.isThere(name) {
					all = append(all, foundIn(file, l.number, name, "correct the path", "is not in this project"))
				}
			}
		}
	}
	return all
}

func (p *Project) isThere(name string) bool {
	if p.has(name) || p.hasFolder(name) {
		return true
	}
	written := strings.HasPrefix(name, "deploy/") || strings.HasPrefix(name, "scripts/") || strings.HasPrefix(name, ".github/")
	return !written && p.hasFolder(path.Dir(name)) || strings.Contains(name, "testdata/") && p.hasFolder(name[:strings.Index(name, "testdata/")+len("testdata")]) ||
		strings.HasPrefix(name, "test/") && p.hasFolder(path.Dir(path.Dir(name)))
}
