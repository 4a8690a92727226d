package consistency

import (
	"path"
	"slices"
	"strings"
)

// checkSecrets follows each secret to where it is made: a setting that names a file needs a volume with that file, a
// reference to a Secret or ConfigMap needs the object, and a profile that refuses to start without a secret needs it.
func checkSecrets(p *Project) []Finding {
	var all []Finding
	add := func(f Finding) { all = append(all, f) }
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

// mounted is where a file of a container comes from.
type mounted struct {
	volume *node
	below  string // the path within the volume
}

// mount returns the volume that holds a path, the innermost if one is mounted in another.
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

// checkFiles looks at the settings that name a file: of a secret, or a certificate.
func (p *Project) checkFiles(c *container, add func(Finding)) {
	for _, name := range sortedKeys(c.env) {
		v, key := c.env[name], p.variables[name]
		if !strings.HasSuffix(key, "_file") || !v.known || !path.IsAbs(v.value) {
			continue
		}
		if p.settings[key].FileOf == "" && !c.main {
			continue // a certificate is opened by who listens, a secret by every command that loads the settings
		}
		m, ok := c.mount(v.value)
		if !ok {
			add(found(v.node, name, "mount a volume there, or correct the path", "names %s, but %s mounts no volume there", v.value, c.title()))
			continue
		}
		if keys, ok := c.root.keysOf(m.volume); ok && !keys[m.below] {
			add(found(v.node, name, "use a key of the Secret", "names %s, but volume %s holds %s", v.value, m.volume.at("name").str(), strings.Join(sortedKeys(keys), ", ")))
		}
	}
}

// keysOf returns the files of a volume, if the project tells them all.
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
			if len(keys) == 0 || r.makesSecret(name).at("spec", "dataFrom") != nil {
				return nil, false
			}
			for key := range keys {
				files[key] = true
			}
		}
	}
	return files, len(files) > 0
}

// checkReferences looks at the Secrets and ConfigMaps that a container and its pod refer to.
func checkReferences(c *container, add func(Finding)) {
	missing := func(kind string, name *node, optional bool) {
		if name.str() == "" || optional {
			return
		}
		there := c.root.find(kind, name.str()) != nil
		if kind == "Secret" {
			there = c.root.makesSecret(name.str()) != nil
		}
		if !there {
			add(found(name, c.object.title(), "add it, or correct the name", "refers to %s %s, which nothing makes", kind, name.str()))
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
	// Without any account in the manifests, they are made by who runs the cluster.
	accounts := slices.ContainsFunc(c.root.objects, func(o *object) bool { return o.kind() == "ServiceAccount" })
	missing("ServiceAccount", c.pod.at("serviceAccountName"), !accounts || c.pod.at("serviceAccountName").str() == "default")
}

// checkKey looks at one key of a Secret or ConfigMap.
func checkKey(c *container, kind string, entry, from *node, optional bool, add func(Finding)) {
	name, key := from.at("name").str(), from.at("key").str()
	if name == "" || optional {
		return
	}
	keys := c.root.secretKeys(name)
	if kind == "ConfigMap" {
		keys = c.root.find("ConfigMap", name).data().nodes()
	} else if c.root.makesSecret(name).at("spec", "dataFrom") != nil {
		return
	}
	if len(keys) > 0 && keys[key] == nil {
		add(found(from.at("key"), entry.at("name").str(), "use a key that it has", "takes key %s of %s %s, which has %s", key, kind, name, strings.Join(sortedKeys(keys), ", ")))
	}
}

// checkSupplied wants a container that is not for development to get each secret of a part of the service that it uses:
// one of its keys, by itself or by a file. A secret of another way to say the same, such as a password beside a URL, is
// not missed: one of a section will do.
func (p *Project) checkSupplied(c *container, add func(Finding)) {
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
			add(found(c.node, c.title(), "set one of "+strings.Join(names, ", "), "gets no secret of %s, without which the service does not work outside of development", section))
		}
	}
}
