package consistency

import (
	"strconv"
	"time"
)

// checkProbes compares the probes of a pod with what the service serves: the path, on which listener, with TLS or not,
// and how long it may take to answer.
func checkProbes(p *Project) []Finding {
	var all []Finding
	for _, c := range p.containers {
		if c.object == nil || !c.main {
			continue
		}
		for _, kind := range []string{"startupProbe", "livenessProbe", "readinessProbe"} {
			if probe := c.at(kind); probe != nil {
				p.checkProbe(c, probe, c.title()+", "+kind, func(f Finding) { all = append(all, f) })
			}
		}
	}
	return all
}

func (p *Project) checkProbe(c *container, probe *node, key string, add func(Finding)) {
	if command := probe.at("exec", "command").strs(); len(command) > 1 {
		p.checkCommand(found(probe.at("exec"), key, "", ""), command[1:], add)
	}
	get := probe.at("httpGet")
	if get == nil {
		return
	}
	section := p.listenerWith(get.at("path").str())
	if section == "" {
		add(found(get.at("path"), key, "ask a path that is served, such as /health", "asks %s, which the service does not serve", get.at("path").str()))
		section = apiListener
	}
	number, ok := c.resolve(get.at("port"))
	want, known := p.ports(c)[section]
	switch {
	case !ok:
		add(found(get.at("port"), key, "name a port of the container", "asks port %s, but the container has none of that name", get.at("port").str()))
	case known && number != want && !declares(c, number):
		add(found(get.at("port"), key, portNext, "asks port %d, but %s is served on %s.port, which is %d", number, get.at("path").str(), section, want))
	case known && number != want && p.portIsOf(c, number) != "":
		add(found(get.at("port"), key, "ask the port of "+section, "asks port %d, which is %s.port, but %s is served on %s.port", number, p.portIsOf(c, number), get.at("path").str(), section))
	}
	p.checkScheme(c, get, section, key, add)
	p.checkProbeTimeout(c, probe, get.at("path").str(), key, add)
}

// declares tells whether a container has a port of that number, whose own finding there is then.
func declares(c *container, number int) bool {
	for declared := range c.at("ports").each() {
		if n, ok := declared.at("containerPort").int(); ok && n == number {
			return true
		}
	}
	return false
}

func (p *Project) portIsOf(c *container, number int) string {
	ports := p.ports(c)
	for _, section := range p.listeners() {
		if ports[section] == number {
			return section
		}
	}
	return ""
}

func (p *Project) checkScheme(c *container, get *node, section, key string, add func(Finding)) {
	certificate, from, known := p.setting(c, section+".tls.cert_file")
	if !known {
		return
	}
	encrypted, https := certificate != "", get.at("scheme").str() == "HTTPS"
	at := get.at("scheme")
	if at == nil {
		at = get
	}
	switch {
	case https && !encrypted:
		add(found(at, key, "ask by HTTP, or set "+section+".tls.cert_file", "asks by HTTPS, but the listener does not encrypt (%s.tls.cert_file is empty)", section))
	case !https && encrypted:
		add(found(at, key, "set scheme: HTTPS", "asks by HTTP, but the listener encrypts (%s)", from))
	}
}

// checkProbeTimeout wants the kubelet to wait for as long as the checks may take: else it never hears which one failed.
func (p *Project) checkProbeTimeout(c *container, probe *node, route, key string, add func(Finding)) {
	limit, _, known := p.setting(c, "health.check_timeout")
	checks, err := time.ParseDuration(limit)
	if !known || err != nil || p.listenerWith(route) != apiListener {
		return
	}
	seconds, at := 1, probe // what Kubernetes does without
	if n := probe.at("timeoutSeconds"); n != nil {
		if i, ok := n.int(); ok {
			seconds, at = i, n
		}
	}
	if time.Duration(seconds)*time.Second <= checks {
		add(found(at, key+".timeoutSeconds", "write more than health.check_timeout", "is %s, but the checks may take %s (health.check_timeout)",
			strconv.Itoa(seconds), checks))
	}
}
