package consistency

import (
	"iter"
	"path"
	"regexp"
	"strings"
)

// podTemplate returns the pod template of an object, or nil.
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

// podLabels returns the labels of the pods of an object.
func (o *object) podLabels() map[string]string {
	if o.kind() == "Pod" {
		return o.at("metadata", "labels").texts()
	}
	return o.podTemplate().at("metadata", "labels").texts()
}

// containersOf returns the init containers and containers of a pod.
func containersOf(pod *node) []*node {
	var all []*node
	for _, key := range []string{"initContainers", "containers"} {
		for c := range pod.at(key).each() {
			all = append(all, c)
		}
	}
	return all
}

// image is a container image reference.
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

// container is a container that runs the service, in a pod or in Compose.
type container struct {
	*node
	root   *root   // nil for Compose
	object *object // nil for Compose
	pod    *node   // nil for Compose
	name   string  // only for Compose
	main   bool    // runs the server, not a job or an init container
	env    map[string]variable
}

// variable is an environment variable.
type variable struct {
	*node
	value string
	known bool // false if a Secret or the cluster provides the value
}

// readContainers finds the containers that run the service.
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
	for name, c := range p.composeServices() {
		if c.at("build") != nil || path.Base(parseImage(c.at("image").str()).repository) == p.Name {
			p.containers = append(p.containers, &container{node: c, name: name, main: c.at("command") == nil, env: composeEnvironment(c)})
		}
	}
}

// title returns the name of a container for messages.
func (c *container) title() string {
	if c.object == nil {
		return "service " + c.name
	}
	return c.object.title() + ", container " + c.at("name").str()
}

func (p *Project) runsService(c *node) bool {
	return c.at("name").str() == p.Name || path.Base(parseImage(c.at("image").str()).repository) == p.Name
}

// composeServices yields the services of the Compose files.
func (p *Project) composeServices() iter.Seq2[string, *node] {
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

// environment resolves the environment variables of a container as the kubelet does.
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

// expand replaces $(NAME) with the value of an earlier variable.
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

// data returns the data of a ConfigMap.
func (o *object) data() *node { return o.at("data") }

// secretKeys returns the keys of a Secret, from the Secret, ExternalSecret or Certificate that defines it.
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

// secretName returns the name of the Secret that an object creates, or an empty string.
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

// secretSource returns the object that creates a Secret, or nil.
func (r *root) secretSource(name string) *object {
	for _, o := range r.objects {
		if name != "" && o.secretName() == name {
			return o
		}
	}
	return nil
}

// composeEnvironment reads both syntaxes of environment in Compose. A value with a shell variable is not known.
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

// selects reports whether a selector matches labels. An empty selector matches nothing.
func selects(selector, labels map[string]string) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return len(selector) > 0
}
