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

// served is from which minor release of Kubernetes on, and until before which, something is served.
type served struct {
	since   int
	removed int // 0 if never
}

// apiVersions returns the table by kind and API version.
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

// The release that is meant when a project names none, and the newest that the table knows.
const (
	usualKubernetes  = 34
	newestKubernetes = 37
)

var (
	kubernetesVersion = regexp.MustCompile(`^v?1\.(\d+)`)
	kubernetesKey     = regexp.MustCompile(`(?i)^(?:kubernetes|k8s)_?version$`)
)

// kubernetes returns the release that the project names in its Makefile or a workflow, and where.
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
		return usualKubernetes, "the usual one, as the project names none"
	}
	return minor, from
}

// checkAPIVersions wants manifests in versions that the cluster serves, and that no release takes away to which it will be
// upgraded. Kinds that it does not have by itself are not on
// the table, and not judged.
func checkAPIVersions(p *Project) []Finding {
	var all []Finding
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
				problem = "is no version that Kubernetes has or had"
			case s.removed > 0 && max(minor, newestKubernetes) >= s.removed:
				problem = fmt.Sprintf("is not served any more since Kubernetes 1.%d", s.removed)
			case minor < s.since:
				problem = fmt.Sprintf("is served only since Kubernetes 1.%d", s.since)
			}
			if problem != "" {
				all = append(all, found(at, kind+" "+document.at("metadata", "name").str(), "write "+strings.Join(current(versions, minor), " or "),
					"%s %s; the project is for 1.%d (%s)", at.str(), problem, minor, from))
			}
		}
	}
	return all
}

// sameGroup tells whether the group of an API version has the kind: Events and others are in several.
func sameGroup(apiVersion string, versions map[string]served) bool {
	group, _, named := strings.Cut(apiVersion, "/")
	for other := range versions {
		if rest, _, ok := strings.Cut(other, "/"); ok == named && (!ok || rest == group) {
			return true
		}
	}
	return false
}

// current returns the versions that a release serves.
func current(versions map[string]served, minor int) []string {
	var all []string
	for _, name := range sortedKeys(versions) {
		if s := versions[name]; s.since <= minor && (s.removed == 0 || newestKubernetes < s.removed) {
			all = append(all, name)
		}
	}
	return all
}
