package variants

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// embedPatterns takes a line of go:embed apart. What cannot be unquoted stays as it is and will match nothing.
func embedPatterns(line string) []string {
	var patterns []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		if quoted, err := strconv.QuotedPrefix(line); err == nil {
			if pattern, err := strconv.Unquote(quoted); err == nil {
				patterns = append(patterns, pattern)
				line = line[len(quoted):]
				continue
			}
		}
		pattern, rest, _ := strings.Cut(line, " ")
		patterns, line = append(patterns, pattern), rest
	}
	return patterns
}

// embeds returns what is wrong with the patterns of a package in one version.
func (v *version) embeds(p *pkg) []Fault {
	var faults []Fault
	for _, unit := range p.units {
		for _, s := range unit {
			for _, pattern := range s.embeds {
				if err := v.embeddable(p.dir, pattern); err != nil {
					faults = append(faults, Fault{Check: "go:embed", File: s.path, Message: fmt.Sprintf("pattern %s: %v", pattern, err)})
				}
			}
		}
	}
	return faults
}

// embeddable tells whether a pattern matches files that the version has, as the go command would.
func (v *version) embeddable(dir, pattern string) error {
	glob, all := strings.CutPrefix(pattern, "all:")
	if _, err := path.Match(glob, ""); err != nil || glob != path.Clean(glob) || strings.HasPrefix(glob, "..") || path.IsAbs(glob) {
		return fmt.Errorf("invalid pattern syntax")
	}
	prefix := ""
	if dir != "" {
		prefix = dir + "/"
	}
	depth := strings.Count(glob, "/") + 1
	matched := map[string]bool{} // each match, and whether something in it can be embedded
	for _, file := range v.files {
		rest, ok := strings.CutPrefix(file, prefix)
		if !ok || v.ofAnotherModule(file) {
			continue
		}
		parts := strings.Split(rest, "/")
		if glob == "." {
			matched[glob] = matched[glob] || all || !hidden(parts)
			continue
		}
		if len(parts) < depth {
			continue
		}
		at := path.Join(parts[:depth]...)
		if ok, _ := path.Match(glob, at); ok {
			matched[at] = matched[at] || all || !hidden(parts[depth:])
		}
	}
	if len(matched) == 0 {
		return fmt.Errorf("no matching files found")
	}
	for _, at := range sortedKeys(matched) {
		if !matched[at] {
			return fmt.Errorf("cannot embed directory %s: contains no embeddable files", at)
		}
	}
	return nil
}

// ofAnotherModule tells whether a folder above the file, other than the root, has a go.mod.
func (v *version) ofAnotherModule(file string) bool {
	for dir := path.Dir(file); dir != "."; dir = path.Dir(dir) {
		if _, found := slices.BinarySearch(v.files, dir+"/go.mod"); found {
			return true
		}
	}
	return false
}

// hidden tells whether a directory that is embedded leaves out what is at this path in it.
func hidden(parts []string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.HasPrefix(p, ".") || strings.HasPrefix(p, "_") })
}
