package consistency

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// projectPath matches a path that starts with a top-level folder, up to a variable or a glob.
var projectPath = regexp.MustCompile(`(?:^|[\s"'=:\[(])(?:\./)?((?:deploy|docs|scripts|test|internal|migrations|config|api|policies|\.github)/[A-Za-z0-9_./-]*)`)

// checkPaths requires the paths in workflows, the Makefile and scripts to exist. A missing file in an existing folder
// may be generated, except in folders that hold only committed files.
func checkPaths(p *Project) []Problem {
	var all []Problem
	for _, file := range slices.Concat([]string{"Makefile"}, p.workflows(), p.scripts()) {
		for _, l := range p.lines(file) {
			text := l.text
			if strings.HasPrefix(strings.TrimSpace(text), "#") {
				continue
			}
			for _, m := range projectPath.FindAllStringSubmatchIndex(text, -1) {
				name := text[m[2]:m[3]]
				if m[3] < len(text) && strings.ContainsRune("$*{<@", rune(text[m[3]])) {
					name = path.Dir(name + "x") // the folder before the variable
				}
				name = strings.TrimRight(path.Clean(name), ".")
				if !p.pathExists(name) {
					all = append(all, problemInFile(file, l.number, name, "correct the path", "does not exist"))
				}
			}
		}
	}
	return all
}

func (p *Project) pathExists(name string) bool {
	if p.has(name) || p.hasFolder(name) {
		return true
	}
	committed := strings.HasPrefix(name, "deploy/") || strings.HasPrefix(name, "scripts/") || strings.HasPrefix(name,
		".github/")
	return !committed && p.hasFolder(path.Dir(name)) || strings.Contains(name,
		"testdata/") && p.hasFolder(name[:strings.Index(name, "testdata/")+len("testdata")]) ||
		strings.HasPrefix(name, "test/") && p.hasFolder(path.Dir(path.Dir(name)))
}
