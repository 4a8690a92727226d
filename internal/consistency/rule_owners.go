package consistency

import (
	"path"
	"slices"
	"strings"
)

// checkOwners wants the paths in CODEOWNERS to be there: one that is not protects nothing.
func checkOwners(p *Project) []Finding {
	var all []Finding
	for _, file := range []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"} {
		for _, l := range p.lines(file) {
			fields := strings.Fields(l.text)
			if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
				continue
			}
			if len(fields) == 1 {
				all = append(all, foundIn(file, l.number, fields[0], "name who owns it", "has no owner"))
			}
			if !p.matchesAny(fields[0]) {
				all = append(all, foundIn(file, l.number, fields[0], "correct the path, or remove the line", "matches no file of this project"))
			}
		}
	}
	return all
}

// matchesAny tells whether a pattern of CODEOWNERS matches a file.
func (p *Project) matchesAny(pattern string) bool {
	anchored := strings.HasPrefix(pattern, "/") || strings.Contains(strings.TrimSuffix(pattern, "/"), "/")
	pattern = strings.Trim(pattern, "/")
	if pattern == "*" || pattern == "**" {
		return true
	}
	pattern = strings.TrimSuffix(strings.TrimSuffix(pattern, "/**"), "/*")
	for _, file := range slices.Concat(p.paths, p.folders) {
		for dir := file; dir != "."; dir = path.Dir(dir) {
			name := dir
			if !anchored {
				name = path.Base(dir)
			}
			if ok, err := path.Match(pattern, name); ok && err == nil {
				return true
			}
		}
	}
	return false
}
