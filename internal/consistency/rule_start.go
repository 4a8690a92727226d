package consistency

import "strings"

// checkStart reports settings that the service rejects at startup: an unknown profile, or a production profile without
// TLS.
func checkStart(p *Project) []Problem {
	var all []Problem
	for _, c := range p.containers {
		profile := p.profileOf(c)
		at := c.node
		if v, ok := c.env[p.variable("service.profile")]; ok {
			at = v.node
		}
		if p.profiles[profile] == nil && len(p.profiles) > 0 {
			all = append(all, problemAt(at, p.variable("service.profile"),
				"use one of "+strings.Join(sortedKeys(p.profiles), ", "), "is %q, which is not a profile", profile))
		}
		if profile != "production" {
			continue
		}
		certificate, _, known := p.setting(c, "server.tls.cert_file")
		proxy, _, _ := p.setting(c, "server.tls.terminated_by_proxy")
		_, exists := p.settings["server.tls.terminated_by_proxy"]
		if exists && known && certificate == "" && proxy != "true" {
			all = append(all,
				problemAt(at, c.title(), "set server.tls.cert_file, or set "+p.variable("server.tls.terminated_by_proxy"),
					"uses the profile production, which refuses to start without TLS"))
		}
		if certificate != "" && proxy == "true" {
			all = append(all, problemAt(at, c.title(), "remove one of them",
				"sets both server.tls.cert_file and server.tls.terminated_by_proxy: the service refuses to start"))
		}
	}
	return all
}
