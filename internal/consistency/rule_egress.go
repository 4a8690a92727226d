package consistency

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// checkEgress wants what a pod is told to call to be what it may call: where a policy refuses what is not allowed, each
// address in a variable needs one that allows its port, and the namespace if it is in this cluster.
func checkEgress(p *Project) []Finding {
	var all []Finding
	for _, c := range p.containers {
		if c.object == nil || !c.main {
			continue
		}
		policies := c.root.egress(c.object.podLabels())
		if len(policies) == 0 {
			continue // nothing is refused
		}
		for _, name := range sortedKeys(c.env) {
			v := c.env[name]
			if !isCalled(name) {
				continue
			}
			host, port, ok := address(v.value)
			if !v.known || !ok || slices.ContainsFunc(policies, func(o *object) bool { return allows(o, host, port) }) {
				continue
			}
			file, line := v.place()
			all = append(all, foundIn(file, line, name, "add a NetworkPolicy for it", "calls %s on port %d, but no NetworkPolicy allows that to %s", host, port, c.object.title()))
		}
	}
	return all
}

// isCalled tells whether a variable says what is called, rather than who calls or what is shown to people.
func isCalled(name string) bool {
	return slices.ContainsFunc([]string{"URL", "ENDPOINT", "ADDRESS", "SERVER", "PROXY"}, func(end string) bool { return strings.HasSuffix(name, end) })
}

// egress returns the policies that say where pods with such labels may connect to.
func (r *root) egress(labels map[string]string) []*object {
	var all []*object
	for _, o := range r.objects {
		if o.kind() == "NetworkPolicy" && slices.Contains(o.at("spec", "policyTypes").strs(), "Egress") && selectsBy(o.at("spec", "podSelector"), labels) {
			all = append(all, o)
		}
	}
	return all
}

// selectsBy tells whether a selector of the API selects labels. An empty one selects everything.
func selectsBy(selector *node, labels map[string]string) bool {
	for key, value := range selector.at("matchLabels").texts() {
		if labels[key] != value {
			return false
		}
	}
	for e := range selector.at("matchExpressions").each() {
		value, there := labels[e.at("key").str()]
		listed := slices.Contains(e.at("values").strs(), value)
		switch e.at("operator").str() {
		case "In":
			if !there || !listed {
				return false
			}
		case "NotIn":
			if there && listed {
				return false
			}
		case "Exists":
			if !there {
				return false
			}
		case "DoesNotExist":
			if there {
				return false
			}
		}
	}
	return true
}

// address reads the host and the port of a URL. An address on the pod itself passes no policy.
func address(text string) (host string, port int, ok bool) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme == "" {
		return "", 0, false
	}
	host = u.Hostname()
	if host == "localhost" || strings.HasPrefix(host, "127.") || host == "::1" {
		return "", 0, false
	}
	port, err = strconv.Atoi(u.Port())
	if err != nil {
		port = map[string]int{"http": 80, "https": 443, "postgres": 5432, "redis": 6379, "nats": 4222}[u.Scheme]
	}
	return host, port, port > 0
}

// allows tells whether a policy lets through to an address. A name within the cluster tells the namespace.
func allows(policy *object, host string, port int) bool {
	namespace := ""
	if parts := strings.Split(host, "."); len(parts) >= 3 && parts[2] == "svc" {
		namespace = parts[1]
	}
	for rule := range policy.at("spec", "egress").each() {
		ports := rule.at("ports").all()
		open := len(ports) == 0 || slices.ContainsFunc(ports, func(n *node) bool { number, ok := n.at("port").int(); return !ok || number == port })
		peers := rule.at("to").all()
		reached := len(peers) == 0 || slices.ContainsFunc(peers, func(n *node) bool {
			name := n.at("namespaceSelector", "matchLabels", "kubernetes.io/metadata.name").str()
			if namespace == "" {
				return n.at("ipBlock") != nil || name == ""
			}
			return n.at("ipBlock") != nil || name == "" && n.at("namespaceSelector") != nil || name == namespace
		})
		if open && reached {
			return true
		}
	}
	return false
}
