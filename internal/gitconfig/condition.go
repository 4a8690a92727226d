package gitconfig

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// applies reports whether the condition of a conditional include holds: gitdir, gitdir/i, onbranch or
// hasconfig:remote.*.url. Others never hold.
func (r *reader) applies(condition, file string) bool {
	kind, pattern, _ := strings.Cut(condition, ":")
	switch kind {
	case "gitdir", "gitdir/i":
		pattern = r.gitDirPattern(pattern, file)
		for _, dir := range r.gitDirs {
			if matches(pattern, dir, kind == "gitdir/i") {
				return true
			}
		}
	case "onbranch":
		return r.branch != "" && matches(open(pattern), r.branch, false)
	case "hasconfig":
		pattern, isURL := strings.CutPrefix(pattern, "remote.*.url:")
		return isURL && slices.ContainsFunc(r.remotes, func(url string) bool { return matches(pattern, url, false) })
	}
	return false
}

// gitDirPattern completes a pattern for the path of a repository: ~/ is the home directory, ./ that of the file. Without
// either, the pattern matches below any directory. A slash at the end matches everything below.
func (r *reader) gitDirPattern(pattern, file string) string {
	home, isHome := strings.CutPrefix(pattern, "~/")
	local, isLocal := strings.CutPrefix(pattern, "./")
	switch {
	case isHome:
		pattern = filepath.ToSlash(r.home) + "/" + home
	case isLocal:
		pattern = filepath.ToSlash(filepath.Dir(file)) + "/" + local
	case !filepath.IsAbs(filepath.FromSlash(pattern)):
		pattern = "**/" + pattern
	}
	return open(pattern)
}

// open adds ** to a pattern with a slash at its end.
func open(pattern string) string {
	if strings.HasSuffix(pattern, "/") {
		return pattern + "**"
	}
	return pattern
}

var globs = regexp.MustCompile(`/\*\*/|^\*\*/|/\*\*$|\*|\?|\[[^\]]+\]`)

// matches reports whether the whole text matches a pattern of git: * and ? match no slash, ** matches directories.
func matches(pattern, text string, ignoreCase bool) bool {
	var b strings.Builder
	if ignoreCase {
		b.WriteString("(?i)")
	}
	b.WriteString("^")
	done := 0
	for _, at := range globs.FindAllStringIndex(pattern, -1) {
		b.WriteString(regexp.QuoteMeta(pattern[done:at[0]]))
		switch glob := pattern[at[0]:at[1]]; glob {
		case "/**/":
			b.WriteString("/(?:.*/)?")
		case "**/":
			b.WriteString("(?:.*/)?")
		case "/**":
			b.WriteString("/.*")
		case "*":
			b.WriteString("[^/]*")
		case "?":
			b.WriteString("[^/]")
		default:
			b.WriteString(strings.Replace(glob, "[!", "[^", 1))
		}
		done = at[1]
	}
	b.WriteString(regexp.QuoteMeta(pattern[done:]) + "$")
	re, err := regexp.Compile(b.String())
	return err == nil && re.MatchString(text)
}
