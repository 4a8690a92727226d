package consistency

import (
	"path"
	"slices"
	"strings"
)

// checkSecrets checks where secrets come from. A setting that names a file needs a volume with that file. A reference
// to a Secret or ConfigMap needs the object. Outside of development, each section with secrets needs one.
func checkSecrets(p *Project) []Problem {
	var all []Problem
	add := func(f Problem) { all = append(all, f) }
	for _, c := range p.containers {
		if c.object == nil {
			continue
		}
		p.checkFiles(c, add)
		checkReferences(c, add)
		p.checkSupplied(c, add)
	}
	return all
}

// mounted is the source of a file in a container.
type mounted struct {
	volume *node
	file   string // path within the volume
}

// mount returns the volume that holds a file. Of nested mounts it returns the innermost.
func (c *container) mount(file string) (mounted, bool) {
	var best mounted
	longest := -1
	for m := range c.at("volumeMounts").each() {
		at := path.Clean(m.at("mountPath").str())
		below, inside := strings.CutPrefix(file, at+"/")
		if sub := m.at("subPath").str(); file == at && sub != "" {
			below, inside = sub, true
		}
		if !inside || len(at) <= longest {
			continue
		}
		for v := range c.pod.at("volumes").each() {
			if v.at("name").str() == m.at("name").str() {
				best, longest = mounted{v, below}, len(at)
			}
		}
	}
	return best, longest >= 0
}

// checkFiles checks the settings that name a secret or certificate file.
func (p *Project) checkFiles(c *container, add func(Problem)) {
	for _, name := range sortedKeys(c.env) {
		v, key := c.env[name], p.variables[name]
		if !strings.HasSuffix(key, "_file") || !v.known || !path.IsAbs(v.value) {
			continue
		}
		if p.settings[key].FileOf == "" && !c.main {
			continue // only the server opens certificates; every command opens secret files
		}
		m, ok := c.mount(v.value)
		if !ok {
			add(problemAt(v.node, name, "mount a volume there, or correct the path", "is %s, but %s mounts no volume there",
				v.value, c.title()))
			continue
		}
		if keys, ok := c.root.keysOf(m.volume); ok && !keys[m.file] {
			add(problemAt(v.node, name, "use a key of the Secret", "is %s, but volume %s contains %s", v.value,
				m.volume.at("name").str(), strings.Join(sortedKeys(keys), ", ")))
		}
	}
}

// keysOf returns the files of a volume. It returns false if the project does not define all of them.
func (r *root) keysOf(volume *node) (map[string]bool, bool) {
	sources := []*node{volume}
	for source := range volume.at("projected", "sources").each() {
		sources = append(sources, source)
	}
	files := map[string]bool{}
	for _, source := range sources {
		for _, kind := range []struct{ key, name string }{{"secret", "secretName"}, {"secret", "name"}, {"configMap", "name"}} {
			reference := source.at(kind.key)
			name := reference.at(kind.name).str()
			if name == "" {
				continue
			}
			if items := reference.at("items"); items != nil {
				for item := range items.each() {
					files[item.at("path").str()] = true
				}
				continue
			}
			keys := r.secretKeys(name)
			if kind.key == "configMap" {
				keys = r.find("ConfigMap", name).data().nodes()
			}
			if len(keys) == 0 || r.secretSource(name).at("spec", "dataFrom") != nil {
				return nil, false
			}
			for key := range keys {
				files[key] = true
			}
		}
	}
	return files, len(files) > 0
}

// checkReferences checks that the Secrets, ConfigMaps and service account of a container exist.
func checkReferences(c *container, add func(Problem)) {
	missing := func(kind string, name *node, optional bool) {
		if name.str() == "" || optional {
			return
		}
		exists := c.root.find(kind, name.str()) != nil
		if kind == "Secret" {
			exists = c.root.secretSource(name.str()) != nil
		}
		if !exists {
			add(problemAt(name, c.object.title(), "add it, or correct the name", "refers to %s %s, which does not exist", kind,
				name.str()))
		}
	}
	for from := range c.at("envFrom").each() {
		missing("Secret", from.at("secretRef", "name"), from.at("secretRef", "optional").isTrue())
		missing("ConfigMap", from.at("configMapRef", "name"), from.at("configMapRef", "optional").isTrue())
	}
	for entry := range c.at("env").each() {
		for _, ref := range []struct{ key, kind string }{{"secretKeyRef", "Secret"}, {"configMapKeyRef", "ConfigMap"}} {
			from := entry.at("valueFrom", ref.key)
			optional := from.at("optional").isTrue()
			missing(ref.kind, from.at("name"), optional)
			checkKey(c, ref.kind, entry, from, optional, add)
		}
	}
	for v := range c.pod.at("volumes").each() {
		missing("Secret", v.at("secret", "secretName"), v.at("secret", "optional").isTrue())
		missing("ConfigMap", v.at("configMap", "name"), v.at("configMap", "optional").isTrue())
		for source := range v.at("projected", "sources").each() {
			missing("Secret", source.at("secret", "name"), source.at("secret", "optional").isTrue())
			missing("ConfigMap", source.at("configMap", "name"), source.at("configMap", "optional").isTrue())
		}
	}
	// If the manifests have no service accounts, the platform team creates them.
	accounts := slices.ContainsFunc(c.root.objects, func(o *object) bool { return o.kind() == "ServiceAccount" })
	missing("ServiceAccount", c.pod.at("serviceAccountName"), !accounts || c.pod.at("serviceAccountName").str() == "default")
}

// checkKey checks that a Secret or ConfigMap has a key.
func checkKey(c *container, kind string, entry, from *node, optional bool, add func(Problem)) {
	name, key := from.at("name").str(), from.at("key").str()
	if name == "" || optional {
		return
	}
	keys := c.root.secretKeys(name)
	if kind == "ConfigMap" {
		keys = c.root.find("ConfigMap", name).data().nodes()
	} else if c.root.secretSource(name).at("spec", "dataFrom") != nil {
		return
	}
	if len(keys) > 0 && keys[key] == nil {
		add(problemAt(from.at("key"), entry.at("name").str(), "use one of its keys", "uses key %s of %s %s, which has %s",
			key, kind, name, strings.Join(sortedKeys(keys), ", ")))
	}
}

// checkSupplied requires at least one secret for every settings section that has secrets, unless the profile is
// development. One secret per section is enough: a URL makes a separate password unnecessary.
func (p *Project) checkSupplied(c *container, add func(Problem)) {
	if p.profileOf(c) == "development" {
		return
	}
	sections := map[string][]string{}
	for _, key := range sortedKeys(p.settings) {
		if p.settings[key].Secret {
			section, _, _ := strings.Cut(key, ".")
			sections[section] = append(sections[section], key)
		}
	}
	for _, section := range sortedKeys(sections) {
		supplied := false
		var names []string
		for _, key := range sections[section] {
			for _, k := range []string{key, key + "_file"} {
				names = append(names, p.variable(k))
				if _, ok := c.env[p.variable(k)]; ok {
					supplied = true
				}
			}
		}
		if !supplied {
			add(problemAt(c.node, c.title(), "set one of "+strings.Join(names, ", "),
				"has no secret for %s, which the service needs outside of development", section))
		}
	}
}
