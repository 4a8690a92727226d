package consistency

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

const environments = "docs/environments.md"

// checkAddresses wants the one page with all addresses to have those under which an Ingress or a route serves, and the
// namespaces: other pages link there, and who is on call looks there first.
func checkAddresses(p *Project) []Finding {
	page := string(p.files[environments])
	if page == "" {
		return nil
	}
	var all []Finding
	want := func(at *node, key, name string) {
		if name != "" && !strings.Contains(page, name) {
			all = append(all, found(at, key, "write it in "+environments, "is %s, of which %s says nothing", name, environments))
		}
	}
	for _, r := range p.roots {
		for _, o := range r.objects {
			switch o.kind() {
			case "Ingress":
				for rule := range o.at("spec", "rules").each() {
					want(rule.at("host"), o.title()+", host", rule.at("host").str())
				}
			case "HTTPRoute":
				for host := range o.at("spec", "hostnames").each() {
					want(host, o.title()+", hostnames", host.str())
				}
			case "Deployment":
				if o.name() == p.Name {
					want(o.at("metadata", "namespace"), "namespace", o.at("metadata", "namespace").str())
				}
			}
		}
	}
	return all
}

var (
	kubectlObject    = regexp.MustCompile(`\b(deployment|service|svc|cronjob|hpa|horizontalpodautoscaler|pdb|configmap|secret)s?/([a-z0-9][a-z0-9-]*)`)
	kubectlNamespace = regexp.MustCompile(`(?:--namespace[= ]|kubectl -n |\bnamespace=)"?([a-z0-9][a-z0-9-]*)`)
	promJob          = regexp.MustCompile(`\bjob=\\?"([^"\\$]+)\\?"`)
)

// kubectlKinds are the words for kinds on the command line.
var kubectlKinds = map[string]string{
	"deployment": "Deployment", "service": "Service", "svc": "Service", "cronjob": "CronJob",
	"hpa": "HorizontalPodAutoscaler", "horizontalpodautoscaler": "HorizontalPodAutoscaler", "pdb": "PodDisruptionBudget",
	"configmap": "ConfigMap", "secret": "Secret",
}

// checkCommands compares what the pipeline, the Makefile and scripts call objects, namespaces and jobs with what they are
// called.
func checkCommands(p *Project) []Finding {
	if len(p.roots) == 0 {
		return nil
	}
	objects, namespaces, jobs := map[string]bool{}, map[string]bool{}, p.jobs()
	for _, r := range p.roots {
		for _, o := range r.objects {
			objects[o.kind()+" "+o.name()] = true
			if name := o.secretName(); name != "" {
				objects["Secret "+name] = true
			}
			if namespace := o.at("metadata", "namespace").str(); namespace != "" {
				namespaces[namespace] = true
			}
		}
	}
	var all []Finding
	for _, file := range slices.Concat([]string{"Makefile"}, p.workflows(), p.scripts()) {
		for _, l := range p.lines(file) {
			if strings.HasPrefix(strings.TrimSpace(l.text), "#") {
				continue
			}
			for _, m := range kubectlObject.FindAllStringSubmatchIndex(l.text, -1) {
				kind, name := kubectlKinds[l.text[m[2]:m[3]]], l.text[m[4]:m[5]]
				if !objects[kind+" "+name] && !goesOn(l.text, m[5]) && strings.Contains(l.text, "kubectl") {
					all = append(all, foundIn(file, l.number, l.text[m[0]:m[1]], "write the name of one that is there", "no manifest has %s %s", kind, name))
				}
			}
			for _, m := range kubectlNamespace.FindAllStringSubmatchIndex(l.text, -1) {
				name := l.text[m[2]:m[3]]
				known := namespaces[name]
				if goesOn(l.text, m[3]) {
					known = slices.ContainsFunc(sortedKeys(namespaces), func(n string) bool { return strings.HasPrefix(n, name) })
				}
				if !known {
					all = append(all, foundIn(file, l.number, "namespace "+name, "use one of "+strings.Join(sortedKeys(namespaces), ", "), "no overlay has this namespace"))
				}
			}
			for _, m := range promJob.FindAllStringSubmatch(l.text, -1) {
				if len(jobs) > 0 && !jobs[m[1]] {
					all = append(all, foundIn(file, l.number, "job "+m[1], "write "+strings.Join(sortedKeys(jobs), " or "), "Prometheus calls the service after its Service"))
				}
			}
		}
	}
	return all
}

// goesOn tells whether a name is continued by a variable.
func goesOn(text string, at int) bool { return at < len(text) && text[at] == '$' }

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
				if name := m[1]; families[familyOf(name)] && !p.isMetricWord(name) {
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
