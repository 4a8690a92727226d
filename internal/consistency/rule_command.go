package consistency

import (
	"regexp"
	"slices"
	"strings"
)

var (
	kubectlObject    = regexp.MustCompile(`\b(deployment|service|svc|cronjob|hpa|horizontalpodautoscaler|pdb|configmap|secret)s?/([a-z0-9][a-z0-9-]*)`)
	kubectlNamespace = regexp.MustCompile(`(?:--namespace[= ]|kubectl -n |\bnamespace=)"?([a-z0-9][a-z0-9-]*)`)
	promJob          = regexp.MustCompile(`\bjob=\\?"([^"\\$]+)\\?"`)
)

// kubectlKinds maps resource names on the kubectl command line to kinds.
var kubectlKinds = map[string]string{
	"deployment": "Deployment", "service": "Service", "svc": "Service", "cronjob": "CronJob",
	"hpa": "HorizontalPodAutoscaler", "horizontalpodautoscaler": "HorizontalPodAutoscaler", "pdb": "PodDisruptionBudget",
	"configmap": "ConfigMap", "secret": "Secret",
}

// checkCommands requires the objects, namespaces and Prometheus jobs that workflows, the Makefile and scripts name to
// exist.
func checkCommands(p *Project) []Problem {
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
	var all []Problem
	for _, file := range slices.Concat([]string{"Makefile"}, p.workflows(), p.scripts()) {
		for _, l := range p.lines(file) {
			if strings.HasPrefix(strings.TrimSpace(l.text), "#") {
				continue
			}
			for _, m := range kubectlObject.FindAllStringSubmatchIndex(l.text, -1) {
				kind, name := kubectlKinds[l.text[m[2]:m[3]]], l.text[m[4]:m[5]]
				if !objects[kind+" "+name] && p.belongsToService(name) && !followedByVariable(l.text,
					m[5]) && strings.Contains(l.text, "kubectl") {
					all = append(all, problemInFile(file, l.number, l.text[m[0]:m[1]], "use the name of an existing object",
						"no manifest has %s %s", kind, name))
				}
			}
			for _, m := range kubectlNamespace.FindAllStringSubmatchIndex(l.text, -1) {
				name := l.text[m[2]:m[3]]
				known := namespaces[name]
				if followedByVariable(l.text, m[3]) {
					known = slices.ContainsFunc(sortedKeys(namespaces), func(n string) bool { return strings.HasPrefix(n, name) })
				}
				if !known && p.belongsToService(name) {
					all = append(all, problemInFile(file, l.number, "namespace "+name,
						"use one of "+strings.Join(sortedKeys(namespaces), ", "), "no overlay has this namespace"))
				}
			}
			for _, m := range promJob.FindAllStringSubmatch(l.text, -1) {
				if len(jobs) > 0 && !jobs[m[1]] && p.belongsToService(m[1]) {
					all = append(all, problemInFile(file, l.number, "job "+m[1], "use "+strings.Join(sortedKeys(jobs), " or "),
						"is not a job: Prometheus names the job after the Service"))
				}
			}
		}
	}
	return all
}

// followedByVariable reports whether a variable continues the name that ends at an index.
func followedByVariable(text string, at int) bool { return at < len(text) && text[at] == '$' }

// belongsToService reports whether a name starts with at least half of the service's name. Other names belong to
// objects that are not in this project.
func (p *Project) belongsToService(name string) bool {
	same := 0
	for same < min(len(name), len(p.Name)) && name[same] == p.Name[same] {
		same++
	}
	return same >= max(2, len(p.Name)/2)
}
