package consistency

import (
	"path"
	"slices"
	"strings"
)

// checkOwners requires every pattern in CODEOWNERS to match a file and to have an owner.
func checkOwners(p *Project) []Problem {
	var all []Problem
	for _, file := range []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"} {
		for _, l := range p.lines(file) {
			fields := strings.Fields(l.text)
			if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
				continue
			}
			if len(fields) == 1 {
				all = append(all, problemInFile(file, l.number, fields[0], "add an owner", "has no owner"))
			}
			if !p.matchesAny(fields[0]) {
				all = append(all,
					problemInFile(file, l.number, fields[0], "correct the path, or remove the line", "matches no file"))
			}
		}
	}
	return all
}

// matchesAny reports whether a CODEOWNERS pattern matches a file.
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
