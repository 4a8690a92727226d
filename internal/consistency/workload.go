package consistency

import (
	"iter"
	"path"
	"regexp"
	"strings"
)

// podTemplate returns the template of the pods that an object makes, or nil.
func (o *object) podTemplate() *node {
	switch o.kind() {
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job":
		return o.at("spec", "template")
	case "CronJob":
		return o.at("spec", "jobTemplate", "spec", "template")
	}
	return nil
}

func (o *object) podSpec() *node {
	if o.kind() == "Pod" {
		return o.at("spec")
	}
	return o.podTemplate().at("spec")
}

// podLabels are those of the pods that an object makes.
func (o *object) podLabels() map[string]string {
	if o.kind() == "Pod" {
		return o.at("metadata", "labels").texts()
	}
	return o.podTemplate().at("metadata", "labels").texts()
}

// containersOf returns the containers of a pod, those that run before it included.
func containersOf(pod *node) []*node {
	var all []*node
	for _, key := range []string{"initContainers", "containers"} {
		for c := range pod.at(key).each() {
			all = append(all, c)
		}
	}
	return all
}

// image is the reference of a container image.
type image struct{ repository, tag, digest string }

func parseImage(text string) image {
	var i image
	text, i.digest, _ = strings.Cut(text, "@")
	if colon := strings.LastIndex(text, ":"); colon > strings.LastIndex(text, "/") {
		text, i.tag = text[:colon], text[colon+1:]
	}
	i.repository = text
	return i
}

func (i image) String() string {
	text := i.repository
	if i.tag != "" {
		text += ":" + i.tag
	}
	if i.digest != "" {
		text += "@" + i.digest
	}
	return text
}

// container is something that runs the image of the service: in a pod, or by Compose.
type container struct {
	*node
	root   *root   // nil by Compose
	object *object // nil by Compose
	pod    *node   // nil by Compose
	name   string  // by Compose
	main   bool    // serves, rather than running once before it or beside it
	env    map[string]variable
}

// variable is one of the environment.
type variable struct {
	*node
	value string
	known bool // false for what a Secret or the cluster holds
}

// readContainers finds every container that runs the service.
func (p *Project) readContainers() {
	for _, r := range p.roots {
		for _, o := range r.objects {
			pod := o.podSpec()
			for c := range pod.at("initContainers").each() {
				if p.runsService(c) {
					p.containers = append(p.containers, &container{node: c, root: r, object: o, pod: pod, env: r.environment(c)})
				}
			}
			for c := range pod.at("containers").each() {
				if p.runsService(c) {
					serves := o.kind() != "Job" && o.kind() != "CronJob"
					p.containers = append(p.containers, &container{node: c, root: r, object: o, pod: pod, main: serves, env: r.environment(c)})
				}
			}
		}
	}
	for name, c := range p.composed() {
		if c.at("build") != nil || path.Base(parseImage(c.at("image").str()).repository) == p.Name {
			p.containers = append(p.containers, &container{node: c, name: name, main: c.at("command") == nil, env: composeEnvironment(c)})
		}
	}
}

// title names a container in a finding.
func (c *container) title() string {
	if c.object == nil {
		return "service " + c.name
	}
	return c.object.title() + ", container " + c.at("name").str()
}

func (p *Project) runsService(c *node) bool {
	return c.at("name").str() == p.Name || path.Base(parseImage(c.at("image").str()).repository) == p.Name
}

// composed yields the services of the compose files.
func (p *Project) composed() iter.Seq2[string, *node] {
	return func(yield func(string, *node) bool) {
		for _, file := range composeFiles {
			for _, document := range p.yaml[file] {
				for name, service := range document.at("services").pairs() {
					if !yield(name, service) {
						return
					}
				}
			}
		}
	}
}

var composeFiles = []string{"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml", "compose.override.yaml"}

// environment resolves the variables of a container as the kubelet does.
func (r *root) environment(c *node) map[string]variable {
	env := map[string]variable{}
	for from := range c.at("envFrom").each() {
		prefix := from.at("prefix").str()
		if name := from.at("configMapRef", "name").str(); name != "" {
			for key, value := range r.find("ConfigMap", name).data().pairs() {
				env[prefix+key] = variable{value, value.str(), true}
			}
		}
		if name := from.at("secretRef", "name").str(); name != "" {
			for key, at := range r.secretKeys(name) {
				env[prefix+key] = variable{node: at}
			}
		}
	}
	for entry := range c.at("env").each() {
		v := variable{node: entry}
		switch from := entry.at("valueFrom"); {
		case entry.at("value") != nil:
			v.value, v.known = entry.at("value").str(), true
		case from.at("configMapKeyRef") != nil:
			ref := from.at("configMapKeyRef")
			if value := r.find("ConfigMap", ref.at("name").str()).data().at(ref.at("key").str()); value != nil {
				v.value, v.known = value.str(), true
			}
		case from.at("resourceFieldRef") != nil:
			v.value, v.known = resourceField(c, from.at("resourceFieldRef"))
		}
		if v.known {
			v.value = expand(v.value, env)
		}
		env[entry.at("name").str()] = v
	}
	return env
}

var reference = regexp.MustCompile(`\$\(([A-Za-z_][A-Za-z0-9_]*)\)`)

// expand replaces $(NAME) by an earlier variable.
func expand(text string, env map[string]variable) string {
	return reference.ReplaceAllStringFunc(text, func(m string) string {
		if v, ok := env[m[2:len(m)-1]]; ok && v.known {
			return v.value
		}
		return m
	})
}

// find returns the object of a kind and name, or nil.
func (r *root) find(kind, name string) *object {
	if r == nil {
		return nil
	}
	for _, o := range r.objects {
		if o.kind() == kind && o.name() == name {
			return o
		}
	}
	return nil
}

// data of a ConfigMap.
func (o *object) data() *node { return o.at("data") }

// secretKeys returns the keys of a Secret as far as the project tells them: of the Secret itself, or of what makes it.
func (r *root) secretKeys(name string) map[string]*node {
	keys := map[string]*node{}
	if o := r.find("Secret", name); o != nil {
		for _, part := range []string{"data", "stringData"} {
			for key, at := range o.at(part).pairs() {
				keys[key] = at
			}
		}
	}
	for _, o := range r.objects {
		switch {
		case o.kind() == "ExternalSecret" && o.secretName() == name:
			for entry := range o.at("spec", "data").each() {
				keys[entry.at("secretKey").str()] = entry
			}
			for key, at := range o.at("spec", "target", "template", "data").pairs() {
				keys[key] = at
			}
		case o.kind() == "Certificate" && o.secretName() == name:
			for _, key := range []string{"tls.crt", "tls.key", "ca.crt"} {
				keys[key] = o.node
			}
		}
	}
	return keys
}

// secretName is the Secret that an object makes, or nothing.
func (o *object) secretName() string {
	switch o.kind() {
	case "Secret":
		return o.name()
	case "ExternalSecret":
		if name := o.at("spec", "target", "name").str(); name != "" {
			return name
		}
		return o.name()
	case "Certificate":
		return o.at("spec", "secretName").str()
	case "SealedSecret":
		return o.name()
	}
	return ""
}

// makesSecret returns what makes a Secret of that name.
func (r *root) makesSecret(name string) *object {
	for _, o := range r.objects {
		if name != "" && o.secretName() == name {
			return o
		}
	}
	return nil
}

// composeEnvironment reads both forms that Compose has. A reference to the shell's environment is not known.
func composeEnvironment(c *node) map[string]variable {
	env := map[string]variable{}
	add := func(name, value string, at *node) {
		known := !strings.Contains(value, "${")
		if !known {
			value = ""
		}
		env[name] = variable{at, value, known}
	}
	for name, value := range c.at("environment").pairs() {
		add(name, value.str(), value)
	}
	for entry := range c.at("environment").each() {
		name, value, _ := strings.Cut(entry.str(), "=")
		add(name, value, entry)
	}
	return env
}

// selects tells whether labels are selected.
func selects(selector, labels map[string]string) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return len(selector) > 0
}
