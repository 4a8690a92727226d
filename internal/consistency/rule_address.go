package consistency

import (
	"regexp"
	"strings"
)

const environments = "docs/environments.md"

// checkAddresses wants the one page with all addresses to have those under which an Ingress or a route serves, and the
// namespaces: other pages link there, and who is on call looks there first.
func checkAddresses(p *Project) []Finding {
	page := string(p.files[environments])
	if strings.TrimSpace(page) == "" {
		return nil
	}
	var all []Finding
	want := func(at *node, key, name string) {
		whole := regexp.MustCompile(`(?:^|[^A-Za-z0-9.-])` + regexp.QuoteMeta(name) + `(?:$|[^A-Za-z0-9.-])`)
		if name != "" && !whole.MatchString(page) {
			all = append(all, found(at, key, "write it in "+environments, "is %s, of which %s says nothing", name, environments))
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
