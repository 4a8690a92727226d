package consistency

import (
	"slices"
	"strconv"
	"strings"
)

const portNext = "use the same port in the manifest and the setting"

// checkPorts requires every port in the manifests, the Dockerfile and Compose to lead to a listener of the service.
func checkPorts(p *Project) []Problem {
	var all []Problem
	add := func(f Problem) { all = append(all, f) }
	p.checkImagePorts(add)
	for _, c := range p.containers {
		if c.object == nil {
			p.checkComposePorts(c, add)
		} else if c.main {
			p.checkContainerPorts(c, add)
		}
	}
	for _, r := range p.roots {
		for _, o := range r.objects {
			switch o.kind() {
			case "Service":
				p.checkServicePorts(r, o, add)
			case "NetworkPolicy":
				p.checkPolicyPorts(r, o, add)
			case "ServiceMonitor":
				p.checkMonitorPorts(r, o, add)
			case "PodMonitor":
				p.checkPodMonitorPorts(r, o, add)
			case "Ingress", "HTTPRoute":
				p.checkRoutePorts(r, o, add)
			}
		}
	}
	return all
}

func (p *Project) checkImagePorts(add func(Problem)) {
	defaults := &container{env: map[string]variable{}}
	for _, expose := range p.dockerfile.of("EXPOSE") {
		for _, word := range expose.words() {
			port, _, _ := strings.Cut(word, "/")
			if number, err := strconv.Atoi(port); err == nil && !p.isListening(defaults, number) {
				add(problemInFile("Dockerfile", expose.line, "EXPOSE", portNext, "exposes %d, but the service listens on %s",
					number, p.listenerPorts(defaults)))
			}
		}
	}
}

func (p *Project) isListening(c *container, port int) bool {
	for _, number := range p.ports(c) {
		if number == port {
			return true
		}
	}
	return false
}

func (p *Project) checkComposePorts(c *container, add func(Problem)) {
	for mapping := range c.at("ports").each() {
		text := mapping.str()
		if mapping.isMapping() {
			text = mapping.at("target").str()
		}
		text, _, _ = strings.Cut(text, "/")
		inside, err := strconv.Atoi(text[strings.LastIndex(text, ":")+1:])
		if err == nil && !p.isListening(c, inside) {
			add(problemAt(mapping, c.title()+".ports", portNext, "publishes %d, but the service listens on %s", inside,
				p.listenerPorts(c)))
		}
	}
}

func (p *Project) checkContainerPorts(c *container, add func(Problem)) {
	ports := p.ports(c)
	for declared := range c.at("ports").each() {
		number, ok := declared.at("containerPort").int()
		if !ok {
			continue
		}
		name := declared.at("name").str()
		at := declared.at("containerPort")
		if section := p.listenerForPortName(name); section != "" {
			if want, known := ports[section]; known && want != number {
				_, from, _ := p.setting(c, section+".port")
				add(problemAt(at, c.title()+", port "+name, portNext, "is %d, but %s.port is %d (%s)", number, section, want, from))
			}
		} else if !p.isListening(c, number) {
			add(problemAt(at, c.title()+", port "+name, portNext, "is %d, but the service listens on %s", number,
				p.listenerPorts(c)))
		}
	}
}

// checkServicePorts checks the target ports of a Service.
func (p *Project) checkServicePorts(r *root, o *object, add func(Problem)) {
	for _, c := range p.serving(r, o.at("spec", "selector").texts()) {
		for port := range o.at("spec", "ports").each() {
			target := port.at("targetPort")
			if target == nil {
				target = port.at("port")
			}
			p.checkTarget(c, target, "Service "+o.name()+", port "+port.at("name").str(), add)
		}
	}
}

// checkTarget checks a pod port that is given by name or number.
func (p *Project) checkTarget(c *container, target *node, key string, add func(Problem)) {
	number, ok := c.resolve(target)
	switch {
	case !ok:
		add(problemAt(target, key, "use the name of a container port", "targets %s, but %s has no port of that name",
			target.str(), c.title()))
	case !p.isListening(c, number):
		if _, named := target.int(); named { // a named port is checked at the container
			add(problemAt(target, key, portNext, "targets %d, but the service listens on %s", number, p.listenerPorts(c)))
		}
	}
}

// checkPolicyPorts checks the ingress ports of a NetworkPolicy. They are pod ports, not Service ports.
func (p *Project) checkPolicyPorts(r *root, o *object, add func(Problem)) {
	for _, c := range p.serving(r, o.at("spec", "podSelector", "matchLabels").texts()) {
		for rule := range o.at("spec", "ingress").each() {
			for port := range rule.at("ports").each() {
				if port.at("port") != nil {
					p.checkTarget(c, port.at("port"), "NetworkPolicy "+o.name()+", ingress", add)
				}
			}
		}
	}
}

func (p *Project) checkMonitorPorts(r *root, o *object, add func(Problem)) {
	selector := o.at("spec", "selector", "matchLabels").texts()
	for _, service := range r.objects {
		if service.kind() != "Service" || !selects(selector, service.at("metadata", "labels").texts()) {
			continue
		}
		for endpoint := range o.at("spec", "endpoints").each() {
			name, at := endpoint.at("port").str(), endpoint.at("port")
			if name == "" {
				continue
			}
			i := slices.IndexFunc(service.at("spec", "ports").all(), func(n *node) bool { return n.at("name").str() == name })
			if i < 0 {
				add(problemAt(at, "ServiceMonitor "+o.name()+", port", "use the name of a Service port",
					"is %s, but Service %s has no port of that name", name, service.name()))
				continue
			}
			target := service.at("spec", "ports").all()[i].at("targetPort")
			for _, c := range p.serving(r, service.at("spec", "selector").texts()) {
				if number, ok := c.resolve(target); ok {
					p.checkScrape(c, endpoint, at, number, "ServiceMonitor "+o.name(), add)
				}
			}
		}
	}
}

func (p *Project) checkPodMonitorPorts(r *root, o *object, add func(Problem)) {
	for _, c := range p.serving(r, o.at("spec", "selector", "matchLabels").texts()) {
		for endpoint := range o.at("spec", "podMetricsEndpoints").each() {
			at := endpoint.at("port")
			if number, ok := c.resolve(at); ok {
				p.checkScrape(c, endpoint, at, number, "PodMonitor "+o.name(), add)
			} else if at != nil {
				add(problemAt(at, "PodMonitor "+o.name()+", port", "use the name of a container port",
					"is %s, but %s has no port of that name", at.str(), c.title()))
			}
		}
	}
}

// checkScrape requires the scraped path to be served on the scraped port.
func (p *Project) checkScrape(c *container, endpoint, at *node, number int, key string, add func(Problem)) {
	route := endpoint.at("path").str()
	if route == "" {
		route = "/metrics"
	}
	section := p.listenerServing(route)
	if section == "" {
		if endpoint.at("path") != nil {
			at = endpoint.at("path")
		}
		add(problemAt(at, key+", path", "use a path that the service serves", "is %s, which the service does not serve",
			route))
		return
	}
	if want, ok := p.ports(c)[section]; ok && want != number {
		add(problemAt(at, key+", port", "scrape the port of "+section, "targets %d, but %s is served on %s.port, which is %d",
			number, route, section, want))
	}
}

// checkRoutePorts checks the backends of an Ingress or HTTPRoute.
func (p *Project) checkRoutePorts(r *root, o *object, add func(Problem)) {
	o.walk(func(n *node) {
		name, port := n.at("service", "name"), n.at("service", "port")
		if refs := n.at("backendRefs"); refs != nil {
			for ref := range refs.each() {
				p.checkBackend(r, o, ref.at("name"), ref.at("port"), add)
			}
		}
		if name == nil || port == nil {
			return
		}
		number := port.at("number")
		if number == nil {
			number = port.at("name")
		}
		p.checkBackend(r, o, name, number, add)
	})
}

func (p *Project) checkBackend(r *root, o *object, name, port *node, add func(Problem)) {
	key := o.kind() + " " + o.name() + ", backend"
	service := r.find("Service", name.str())
	if service == nil {
		add(problemAt(name, key, "use a Service of the overlay", "targets Service %s, which does not exist", name.str()))
		return
	}
	for declared := range service.at("spec", "ports").each() {
		if port.str() == declared.at("name").str() || port.str() == declared.at("port").str() {
			return
		}
	}
	add(problemAt(port, key, "use the name of a Service port", "targets port %s of Service %s, which has no such port",
		port.str(), name.str()))
}
