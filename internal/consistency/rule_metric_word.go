package consistency

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	quotedWord = regexp.MustCompile("[`'\"]([a-z][a-z0-9]*(?:_[a-z0-9]+){2,})[`'\"{]")
	asksFor    = map[string]bool{".md": true, ".js": true, ".sh": true}
)

// checkMetricWords wants what documents and scripts call by the name of a metric of the service to be one. A word is taken
// for such a name when it begins with the same two parts as one.
func checkMetricWords(p *Project) []Finding {
	families := map[string]bool{}
	for name := range p.golang.metrics {
		families[familyOf(name)] = true
	}
	var all []Finding
	for _, file := range p.paths {
		if !asksFor[path.Ext(file)] {
			continue
		}
		for i, text := range strings.Split(string(p.files[file]), "\n") {
			for _, m := range quotedWord.FindAllStringSubmatch(text, -1) {
				if name := m[1]; families[familyOf(name)] && !p.isMetricWord(name) && !p.isSettingWord(name) {
					all = append(all, foundIn(file, i+1, name, nearestOf(name, sortedKeys(p.golang.metrics), "correct the name"), "looks like a metric of the service, which shows none of that name"))
				}
			}
		}
	}
	return all
}

// familyOf returns the first two parts of a name.
func familyOf(name string) string {
	parts := strings.SplitN(name, "_", 3)
	return strings.Join(parts[:min(2, len(parts))], "_")
}

// isMetricWord tells whether a word is a metric, the name that its series have in common, or a label.
func (p *Project) isMetricWord(name string) bool {
	if p.golang.metrics[name] != "" || p.golang.labels[name] {
		return true
	}
	for _, suffix := range []string{"_count", "_total"} {
		if p.golang.metrics[name+suffix] != "" {
			return true
		}
	}
	return false
}

// isSettingWord tells whether a word is a part of a key.
func (p *Project) isSettingWord(name string) bool {
	for key := range p.settings {
		if slices.Contains(strings.Split(key, "."), name) {
			return true
		}
	}
	return false
}
