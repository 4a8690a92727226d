package consistency

import (
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed apiversions.txt
var apiVersionsText string

// served is the range of Kubernetes minor releases that serve an API version.
type served struct {
	since   int
	removed int // the first release without it; 0 if none
}

// apiVersions returns the parsed table, keyed by kind and API version.
var apiVersions = sync.OnceValue(func() map[string]map[string]served {
	table := map[string]map[string]served{}
	for line := range strings.Lines(apiVersionsText) {
		f := strings.Fields(line)
		if strings.HasPrefix(line, "#") || len(f) != 4 {
			continue
		}
		var s served
		s.since, _ = strconv.Atoi(f[2])
		s.removed, _ = strconv.Atoi(f[3])
		if table[f[1]] == nil {
			table[f[1]] = map[string]served{}
		}
		table[f[1]][f[0]] = s
	}
	return table
})

// defaultKubernetes is the minor release to check against if the project does not name one. newestKubernetes is the
// newest one in the table.
const (
	defaultKubernetes = 34
	newestKubernetes  = 37
)

var (
	kubernetesVersion = regexp.MustCompile(`^v?1\.(\d+)`)
	kubernetesKey     = regexp.MustCompile(`(?i)^(?:kubernetes|k8s)_?version$`)
)

// kubernetes returns the minor release that the Makefile or a workflow names, and where it is named.
func (p *Project) kubernetes() (minor int, from string) {
	for _, name := range sortedKeys(p.makefile.variables) {
		if m := kubernetesVersion.FindStringSubmatch(p.makefile.variables[name]); m != nil && kubernetesKey.MatchString(name) {
			minor, _ = strconv.Atoi(m[1])
			return minor, name + " in Makefile"
		}
	}
	for _, file := range p.workflows() {
		for _, document := range p.yaml[file] {
			document.walk(func(n *node) {
				for key, value := range n.pairs() {
					if m := kubernetesVersion.FindStringSubmatch(value.str()); m != nil && kubernetesKey.MatchString(strings.ReplaceAll(key, "-", "_")) && minor == 0 {
						minor, _ = strconv.Atoi(m[1])
						from = key + " in " + file
					}
				}
			})
		}
	}
	if minor == 0 {
		return defaultKubernetes, "the default: the project names no release"
	}
	return minor, from
}

// checkAPIVersions requires API versions that the project's Kubernetes release serves and that no later known release
// removes. It skips custom resources, which are not in the table.
func checkAPIVersions(p *Project) []Problem {
	var all []Problem
	minor, from := p.kubernetes()
	for _, file := range p.below("deploy", ".yaml", ".yml") {
		if slices.Contains(kustomizationNames, path.Base(file)) {
			continue
		}
		for _, document := range p.yaml[file] {
			at, kind := document.at("apiVersion"), document.at("kind").str()
			versions := apiVersions()[kind]
			s, known := versions[at.str()]
			if at == nil || versions == nil || !known && !sameGroup(at.str(), versions) {
				continue
			}
			problem := ""
			switch {
			case !known:
				problem = "is an API version that Kubernetes never had"
			case s.removed > 0 && max(minor, newestKubernetes) >= s.removed:
				problem = fmt.Sprintf("was removed in Kubernetes 1.%d", s.removed)
			case minor < s.since:
				problem = fmt.Sprintf("was added in Kubernetes 1.%d", s.since)
			}
			if problem != "" {
				all = append(all, problemAt(at, kind+" "+document.at("metadata", "name").str(),
					"use "+strings.Join(servedVersions(versions, minor), " or "),
					"%s %s; the project targets 1.%d (%s)", at.str(), problem, minor, from))
			}
		}
	}
	return all
}

// sameGroup reports whether the group of an API version has the kind. Some kinds, such as Event, are in several groups.
func sameGroup(apiVersion string, versions map[string]served) bool {
	group, _, named := strings.Cut(apiVersion, "/")
	for other := range versions {
		if rest, _, ok := strings.Cut(other, "/"); ok == named && (!ok || rest == group) {
			return true
		}
	}
	return false
}

// servedVersions returns the versions that a release serves and that no known release removes.
func servedVersions(versions map[string]served, minor int) []string {
	var all []string
	for _, name := range sortedKeys(versions) {
		if s := versions[name]; s.since <= minor && (s.removed == 0 || newestKubernetes < s.removed) {
			all = append(all, name)
		}
	}
	return all
}
