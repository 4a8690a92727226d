package consistency

import (
	"path"
	"slices"
	"strings"
)

// The settings of a container have the same layers as in the service: default, profile, mounted file, environment
// variable, argument. Each layer overrides the previous ones.

// setting returns the value of a key in a container, and its source. The value of a Secret is not known.
func (p *Project) setting(c *container, key string) (value, from string, known bool) {
	if value, ok := c.argument("--set", key); ok {
		return value, "--set " + key, true
	}
	if v, ok := c.env[p.variable(key)]; ok && (v.value != "" || !v.known) {
		file, _ := v.place()
		return v.value, p.variable(key) + " in " + file, v.known
	}
	if n := p.mountedSettings(c)[key]; n != nil {
		return n.str(), key + " in " + n.file, true
	}
	if n := p.profiles[p.profileOf(c)][key]; n != nil {
		return n.str(), key + " in " + n.file, true
	}
	s, ok := p.settings[key]
	return s.Default, "the default of " + key, ok
}

// profileOf returns the profile of a container.
func (p *Project) profileOf(c *container) string {
	const key = "service.profile"
	if value, ok := c.argument("--profile", ""); ok {
		return value
	}
	if value, ok := c.argument("--set", key); ok {
		return value
	}
	if v, ok := c.env[p.variable(key)]; ok && v.known {
		return v.value
	}
	if n := p.mountedSettings(c)[key]; n != nil {
		return n.str()
	}
	return p.settings[key].Default
}

// argument returns the value of a flag. With a key, it returns the value of that key in a repeated KEY=VALUE flag.
func (c *container) argument(flag, key string) (string, bool) {
	if c.node == nil {
		return "", false
	}
	words := slices.Concat(c.at("command").strs(), c.at("args").strs())
	for i, word := range words {
		value, ok := strings.CutPrefix(word, flag+"=")
		if word == flag && i+1 < len(words) {
			value, ok = words[i+1], true
		}
		if ok && key != "" {
			value, ok = strings.CutPrefix(value, key+"=")
		}
		if ok {
			return value, true
		}
	}
	return "", false
}

// mountedSettings returns the settings in /etc/NAME/config.yaml, if a ConfigMap is mounted there.
func (p *Project) mountedSettings(c *container) map[string]*node {
	const file = "config.yaml"
	if c.object == nil {
		return nil
	}
	m, ok := c.mount("/etc/" + p.Name + "/" + file)
	if !ok {
		return nil
	}
	key := m.file
	reference := m.volume.at("configMap")
	for item := range reference.at("items").each() {
		if item.at("path").str() == m.file {
			key = item.at("key").str()
		}
	}
	text := c.root.find("ConfigMap", reference.at("name").str()).data().at(key)
	documents, err := parseYAML(path.Base(file), []byte(text.str()))
	if err != nil || text == nil {
		return nil
	}
	for _, d := range documents {
		d.walk(func(n *node) { n.file = text.file })
	}
	return flatten(documents)
}

// flatten returns the values of a settings file by dotted key.
func flatten(documents []*node) map[string]*node {
	values := map[string]*node{}
	var add func(n *node, key string)
	add = func(n *node, key string) {
		for name, value := range n.pairs() {
			if value.isMapping() {
				add(value, key+name+".")
			} else {
				values[key+name] = value
			}
		}
	}
	for _, document := range documents {
		add(document, "")
	}
	return values
}
