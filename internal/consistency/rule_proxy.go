package consistency

import (
	"strconv"
	"strings"
	"time"
)

// proxyTimeouts are the annotations by which an Ingress controller limits how long it waits for an answer.
var proxyTimeouts = []string{
	"nginx.ingress.kubernetes.io/proxy-read-timeout",
	"nginx.ingress.kubernetes.io/proxy-send-timeout",
	"haproxy.org/timeout-server",
	"haproxy-ingress.github.io/timeout-server",
}

// checkProxy compares the timeouts in front of the service with its own: a proxy that gives up first answers 504 in the
// place of the service, which goes on working for nobody.
func checkProxy(p *Project) []Finding {
	var all []Finding
	for _, r := range p.roots {
		for _, o := range r.objects {
			compare := func(at *node, key string, limit time.Duration, service string) {
				target := r.find("Service", service)
				for _, c := range p.servingIn(r, target.selector()) {
					request, from, known := p.duration(c, "server.request_timeout")
					if known && limit > 0 && limit <= request {
						all = append(all, found(at, o.title()+", "+key, "write more than server.request_timeout",
							"gives up after %s, but the service answers within %s (%s)", limit, request, from))
					}
				}
			}
			switch o.kind() {
			case "Ingress":
				for _, name := range proxyTimeouts {
					if at := o.at("metadata", "annotations").at(name); at != nil {
						for _, service := range o.backends() {
							compare(at, name, seconds(at.str()), service)
						}
					}
				}
			case "HTTPRoute":
				for rule := range o.at("spec", "rules").each() {
					for ref := range rule.at("backendRefs").each() {
						for _, name := range []string{"request", "backendRequest"} {
							if at := rule.at("timeouts", name); at != nil {
								compare(at, "timeouts."+name, seconds(at.str()), ref.at("name").str())
							}
						}
					}
				}
			}
		}
	}
	return all
}

// seconds reads a duration, or a number of seconds.
func seconds(text string) time.Duration {
	if n, err := strconv.Atoi(text); err == nil {
		return time.Duration(n) * time.Second
	}
	d, _ := time.ParseDuration(strings.TrimSpace(text))
	return d
}

// selector of a Service.
func (o *object) selector() map[string]string { return o.at("spec", "selector").texts() }

// backends are the Services to which an Ingress leads.
func (o *object) backends() []string {
	var names []string
	o.walk(func(n *node) {
		if name := n.at("service", "name").str(); name != "" {
			names = append(names, name)
		}
	})
	return names
}
