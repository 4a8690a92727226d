package consistency

import (
	"strconv"
	"time"
)

// checkProbes compares the path, port, scheme and timeout of every probe with what the service serves.
func checkProbes(p *Project) []Problem {
	var all []Problem
	for _, c := range p.containers {
		if c.object == nil || !c.main {
			continue
		}
		for _, kind := range []string{"startupProbe", "livenessProbe", "readinessProbe"} {
			if probe := c.at(kind); probe != nil {
				p.checkProbe(c, probe, c.title()+", "+kind, func(f Problem) { all = append(all, f) })
			}
		}
	}
	return all
}

func (p *Project) checkProbe(c *container, probe *node, key string, add func(Problem)) {
	if command := probe.at("exec", "command").strs(); len(command) > 1 {
		p.checkCommand(problemAt(probe.at("exec"), key, "", ""), command[1:], add)
	}
	get := probe.at("httpGet")
	if get == nil {
		return
	}
	section := p.listenerServing(get.at("path").str())
	if section == "" {
		add(problemAt(get.at("path"), key, "request a path that the service serves, such as /health",
			"requests %s, which the service does not serve", get.at("path").str()))
		section = apiListener
	}
	number, ok := c.resolve(get.at("port"))
	want, known := p.ports(c)[section]
	switch {
	case !ok:
		add(problemAt(get.at("port"), key, "use the name of a container port",
			"requests port %s, but the container has no port of that name", get.at("port").str()))
	case known && number != want && !declaresPort(c, number):
		add(problemAt(get.at("port"), key, portNext, "requests port %d, but %s is served on %s.port, which is %d", number,
			get.at("path").str(), section, want))
	case known && number != want && p.listenerOnPort(c, number) != "":
		add(problemAt(get.at("port"), key, "request the port of "+section,
			"requests port %d, which is %s.port, but %s is served on %s.port", number, p.listenerOnPort(c,
				number), get.at("path").str(), section))
	}
	p.checkScheme(c, get, section, key, add)
	p.checkProbeTimeout(c, probe, get.at("path").str(), key, add)
}

// declaresPort reports whether a container declares a port. checkContainerPorts then reports a wrong number.
func declaresPort(c *container, number int) bool {
	for declared := range c.at("ports").each() {
		if n, ok := declared.at("containerPort").int(); ok && n == number {
			return true
		}
	}
	return false
}

func (p *Project) listenerOnPort(c *container, number int) string {
	ports := p.ports(c)
	for _, section := range p.listeners() {
		if ports[section] == number {
			return section
		}
	}
	return ""
}

func (p *Project) checkScheme(c *container, get *node, section, key string, add func(Problem)) {
	certificate, from, known := p.setting(c, section+".tls.cert_file")
	if !known {
		return
	}
	tls, https := certificate != "", get.at("scheme").str() == "HTTPS"
	at := get.at("scheme")
	if at == nil {
		at = get
	}
	switch {
	case https && !tls:
		add(problemAt(at, key, "use HTTP, or set "+section+".tls.cert_file",
			"uses HTTPS, but the listener has no TLS (%s.tls.cert_file is empty)", section))
	case !https && tls:
		add(problemAt(at, key, "set scheme: HTTPS", "uses HTTP, but the listener uses TLS (%s)", from))
	}
}

// checkProbeTimeout requires the probe timeout to be longer than the health checks. If the kubelet times out first, the
// response that names the failed check is lost.
func (p *Project) checkProbeTimeout(c *container, probe *node, route, key string, add func(Problem)) {
	limit, _, known := p.setting(c, "health.check_timeout")
	checks, err := time.ParseDuration(limit)
	if !known || err != nil || p.listenerServing(route) != apiListener {
		return
	}
	seconds, at := 1, probe // the default of Kubernetes
	if n := probe.at("timeoutSeconds"); n != nil {
		if i, ok := n.int(); ok {
			seconds, at = i, n
		}
	}
	if time.Duration(seconds)*time.Second <= checks {
		add(problemAt(at, key+".timeoutSeconds", "use more than health.check_timeout",
			"is %s, but health checks can take %s (health.check_timeout)",
			strconv.Itoa(seconds), checks))
	}
}
