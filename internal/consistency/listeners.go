package consistency

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// A listener is a section with an address and a port of its own, such as server and metrics.
func (p *Project) listeners() []string {
	var sections []string
	for key := range p.settings {
		if section, ok := strings.CutSuffix(key, ".port"); ok {
			if _, ok := p.settings[section+".bind"]; ok {
				sections = append(sections, section)
			}
		}
	}
	slices.Sort(sections)
	return sections
}

// apiListener is the section of the listener that answers requests and probes.
const apiListener = "server"

// listenerOf returns the section for a port's name, as far as the name tells.
func (p *Project) listenerOf(name string) string {
	switch name {
	case "http", "https", "api", "web":
		return apiListener
	}
	if slices.Contains(p.listeners(), name) {
		return name
	}
	return ""
}

// ports returns on which port each listener is in a container.
func (p *Project) ports(c *container) map[string]int {
	ports := map[string]int{}
	for _, section := range p.listeners() {
		if text, _, known := p.setting(c, section+".port"); known {
			if port, err := strconv.Atoi(text); err == nil {
				ports[section] = port
			}
		}
	}
	return ports
}

// port is one of a container, by its name in the manifest.
func (c *container) port(name string) (int, bool) {
	for declared := range c.at("ports").each() {
		if declared.at("name").str() == name {
			return declared.at("containerPort").int()
		}
	}
	return 0, false
}

// resolve returns the number of a port that is given by name or number.
func (c *container) resolve(port *node) (number int, ok bool) {
	if number, ok := port.int(); ok {
		return number, true
	}
	return c.port(port.str())
}

// listening names the listeners, for a finding.
func (p *Project) listening(c *container) string {
	var all []string
	ports := p.ports(c)
	for _, section := range p.listeners() {
		if port, ok := ports[section]; ok {
			all = append(all, section+".port "+strconv.Itoa(port))
		}
	}
	return strings.Join(all, ", ")
}

// servingIn returns the containers of a root that serve, of the pods with such labels.
func (p *Project) servingIn(r *root, selector map[string]string) []*container {
	var all []*container
	for _, c := range p.containers {
		if c.root == r && c.main && selects(selector, c.object.podLabels()) {
			all = append(all, c)
		}
	}
	return all
}

// listenerWith returns the listener that serves a path, as far as the source tells: metrics are apart from the rest.
func (p *Project) listenerWith(route string) string {
	file, ok := p.golang.routes[route]
	if !ok {
		return ""
	}
	metrics := p.golang.routes["/metrics"]
	if route == "/metrics" || path.Dir(file) == path.Dir(metrics) {
		if slices.Contains(p.listeners(), "metrics") {
			return "metrics"
		}
	}
	return apiListener
}
