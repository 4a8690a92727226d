package consistency

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// checkEgress requires a network policy for every URL in an environment variable, if the pod has any egress policy. The
// policy must allow the port and, for a host within the cluster, the namespace.
func checkEgress(p *Project) []Problem {
	var all []Problem
	for _, c := range p.containers {
		if c.object == nil || !c.main {
			continue
		}
		policies := c.root.egress(c.object.podLabels())
		if len(policies) == 0 {
			continue // without an egress policy, everything is allowed
		}
		for _, name := range sortedKeys(c.env) {
			v := c.env[name]
			if !namesEndpoint(name) {
				continue
			}
			host, port, ok := address(v.value)
			if !v.known || !ok || slices.ContainsFunc(policies, func(o *object) bool { return allows(o, host, port) }) {
				continue
			}
			file, line := v.place()
			all = append(all, problemInFile(file, line, name, "add a NetworkPolicy for it",
				"connects to %s on port %d, but no NetworkPolicy allows that for %s", host, port, c.object.title()))
		}
	}
	return all
}

// namesEndpoint reports whether the name of a variable suggests that the service connects to its value.
func namesEndpoint(name string) bool {
	return slices.ContainsFunc([]string{"URL", "ENDPOINT", "ADDRESS", "SERVER", "PROXY"}, func(end string) bool { return strings.HasSuffix(name, end) })
}

// egress returns the egress policies of pods with these labels.
func (r *root) egress(labels map[string]string) []*object {
	var all []*object
	for _, o := range r.objects {
		if o.kind() == "NetworkPolicy" && slices.Contains(o.at("spec", "policyTypes").strs(),
			"Egress") && matchesSelector(o.at("spec", "podSelector"), labels) {
			all = append(all, o)
		}
	}
	return all
}

// matchesSelector reports whether a LabelSelector matches labels. An empty selector matches everything.
func matchesSelector(selector *node, labels map[string]string) bool {
	for key, value := range selector.at("matchLabels").texts() {
		if labels[key] != value {
			return false
		}
	}
	for e := range selector.at("matchExpressions").each() {
		value, exists := labels[e.at("key").str()]
		listed := slices.Contains(e.at("values").strs(), value)
		switch e.at("operator").str() {
		case "In":
			if !exists || !listed {
				return false
			}
		case "NotIn":
			if exists && listed {
				return false
			}
		case "Exists":
			if !exists {
				return false
			}
		case "DoesNotExist":
			if exists {
				return false
			}
		}
	}
	return true
}

// address returns the host and the port of a URL. Policies do not apply to loopback addresses, which are not ok.
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

// allows reports whether a policy allows connections to an address. A host within the cluster contains the namespace.
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
