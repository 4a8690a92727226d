package typecheck

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// embedPatterns splits the arguments of a go:embed directive. A pattern with invalid quotes is kept and matches
// nothing.
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

// embeds returns the faults of the go:embed patterns of a package in this version.
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

// embeddable returns an error unless a pattern matches files of this version, with the rules of the go command.
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
	matched := map[string]bool{} // matches; true if they contain embeddable files
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

// ofAnotherModule reports whether a folder above the file, other than the root, has a go.mod.
func (v *version) ofAnotherModule(file string) bool {
	for dir := path.Dir(file); dir != "."; dir = path.Dir(dir) {
		if _, found := slices.BinarySearch(v.files, dir+"/go.mod"); found {
			return true
		}
	}
	return false
}

// hidden reports whether embedding a directory skips the file at this path in it.
func hidden(parts []string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.HasPrefix(p, ".") || strings.HasPrefix(p, "_") })
}
