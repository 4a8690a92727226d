package consistency

import (
	"strconv"
	"strings"
	"time"
)

// proxyTimeouts are the annotations for the response timeout of Ingress controllers.
var proxyTimeouts = []string{
	"nginx.ingress.kubernetes.io/proxy-read-timeout",
	"nginx.ingress.kubernetes.io/proxy-send-timeout",
	"haproxy.org/timeout-server",
	"haproxy-ingress.github.io/timeout-server",
}

// checkProxy compares proxy timeouts with the request timeout of the service. A proxy that times out first answers 504,
// while the service continues to work on the request.
func checkProxy(p *Project) []Problem {
	var all []Problem
	for _, r := range p.roots {
		for _, o := range r.objects {
			compare := func(at *node, key string, limit time.Duration, service string) {
				target := r.find("Service", service)
				for _, c := range p.serving(r, target.selector()) {
					request, from, known := p.duration(c, "server.request_timeout")
					if known && limit > 0 && limit <= request {
						all = append(all, problemAt(at, o.title()+", "+key, "use more than server.request_timeout",
							"is %s, but the service can take %s to answer (%s)", limit, request, from))
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

// seconds parses a duration, or a number of seconds.
func seconds(text string) time.Duration {
	if n, err := strconv.Atoi(text); err == nil {
		return time.Duration(n) * time.Second
	}
	d, _ := time.ParseDuration(strings.TrimSpace(text))
	return d
}

// selector returns the selector of a Service.
func (o *object) selector() map[string]string { return o.at("spec", "selector").texts() }

// backends returns the names of the Services behind an Ingress.
func (o *object) backends() []string {
	var names []string
	o.walk(func(n *node) {
		if name := n.at("service", "name").str(); name != "" {
			names = append(names, name)
		}
	})
	return names
}
