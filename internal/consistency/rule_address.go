package consistency

import (
	"regexp"
	"strings"
)

const addresses = "docs/operate.md"

// checkAddresses requires docs/operate.md to list the hosts of every Ingress and HTTPRoute, and every namespace.
// Other documents link to that page, and on-call engineers look there first.
func checkAddresses(p *Project) []Problem {
	page := string(p.files[addresses])
	if strings.TrimSpace(page) == "" {
		return nil
	}
	var all []Problem
	want := func(at *node, key, name string) {
		whole := regexp.MustCompile(`(?:^|[^A-Za-z0-9.-])` + regexp.QuoteMeta(name) + `(?:$|[^A-Za-z0-9.-])`)
		if name != "" && !whole.MatchString(page) {
			all = append(all,
				problemAt(at, key, "add it to "+addresses, "is %s, which is not listed in %s", name, addresses))
		}
	}
	for _, r := range p.roots {
		for _, o := range r.objects {
			switch o.kind() {
			case "Ingress":
				for rule := range o.at("spec", "rules").each() {
					want(rule.at("host"), o.title()+", host", rule.at("host").str())
				}
			case "HTTPRoute":
				for host := range o.at("spec", "hostnames").each() {
					want(host, o.title()+", hostnames", host.str())
				}
			case "Deployment":
				if o.name() == p.Name {
					want(o.at("metadata", "namespace"), "namespace", o.at("metadata", "namespace").str())
				}
			}
		}
	}
	return all
}
