package consistency

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// listeners returns the settings sections with an address and a port, such as server and metrics.
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

// apiListener is the section of the listener for requests and probes.
const apiListener = "server"

// listenerForPortName returns the section that the name of a port suggests, or an empty string.
func (p *Project) listenerForPortName(name string) string {
	switch name {
	case "http", "https", "api", "web":
		return apiListener
	}
	if slices.Contains(p.listeners(), name) {
		return name
	}
	return ""
}

// ports returns the port of each listener in a container, by section.
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

// port returns the number of a named container port.
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

// listenerPorts formats the ports of all listeners for a message.
func (p *Project) listenerPorts(c *container) string {
	var all []string
	ports := p.ports(c)
	for _, section := range p.listeners() {
		if port, ok := ports[section]; ok {
			all = append(all, section+".port "+strconv.Itoa(port))
		}
	}
	return strings.Join(all, ", ")
}

// serving returns the containers of a root that run the server in pods that the selector matches.
func (p *Project) serving(r *root, selector map[string]string) []*container {
	var all []*container
	for _, c := range p.containers {
		if c.root == r && c.main && selects(selector, c.object.podLabels()) {
			all = append(all, c)
		}
	}
	return all
}

// listenerServing returns the section of the listener that serves a path, or an empty string. Paths that the same
// package as /metrics serves are on the metrics listener.
func (p *Project) listenerServing(route string) string {
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
