package consistency

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	quotedWord = regexp.MustCompile("[`'\"]([a-z][a-z0-9]*(?:_[a-z0-9]+){2,})[`'\"{]")
	wordFiles  = map[string]bool{".md": true, ".js": true, ".sh": true}
)

// checkMetricNames requires metric names in documents and scripts to exist. It treats a quoted word as a metric name if
// it shares the first two parts with a metric of the service.
func checkMetricNames(p *Project) []Problem {
	families := map[string]bool{}
	for name := range p.golang.metrics {
		families[familyOf(name)] = true
	}
	var all []Problem
	for _, file := range p.paths {
		if !wordFiles[path.Ext(file)] {
			continue
		}
		for i, text := range strings.Split(string(p.files[file]), "\n") {
			for _, m := range quotedWord.FindAllStringSubmatch(text, -1) {
				if name := m[1]; families[familyOf(name)] && !p.isMetricWord(name) && !p.isSettingWord(name) {
					all = append(all, problemInFile(file, i+1, name, nearestOf(name, sortedKeys(p.golang.metrics), "correct the name"),
						"looks like a metric of the service, but the service exports no such metric"))
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

// isMetricWord reports whether a word is a metric, a metric without its suffix, or a label.
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

// isSettingWord reports whether a word is part of a settings key.
func (p *Project) isSettingWord(name string) bool {
	for key := range p.settings {
		if slices.Contains(strings.Split(key, "."), name) {
			return true
		}
	}
	return false
}
