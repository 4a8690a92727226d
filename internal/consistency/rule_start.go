package consistency

import "strings"

// checkStart wants a container to be given settings with which the service starts: a profile that there is, and in
// production what production insists on.
func checkStart(p *Project) []Finding {
	var all []Finding
	for _, c := range p.containers {
		profile := p.profileOf(c)
		at := c.node
		if v, ok := c.env[p.variable("service.profile")]; ok {
			at = v.node
		}
		if p.profiles[profile] == nil && len(p.profiles) > 0 {
			all = append(all, found(at, p.variable("service.profile"), "use one of "+strings.Join(sortedKeys(p.profiles), ", "), "is %q, for which there is no profile", profile))
		}
		if profile != "production" {
			continue
		}
		certificate, _, known := p.setting(c, "server.tls.cert_file")
		proxy, _, _ := p.setting(c, "server.tls.terminated_by_proxy")
		_, there := p.settings["server.tls.terminated_by_proxy"]
		if there && known && certificate == "" && proxy != "true" {
			all = append(all, found(at, c.title(), "give it a certificate, or set "+p.variable("server.tls.terminated_by_proxy"),
				"runs with the profile production, which refuses to start without TLS"))
		}
		if certificate != "" && proxy == "true" {
			all = append(all, found(at, c.title(), "choose one of them", "has a certificate and server.tls.terminated_by_proxy, which contradict each other: the service refuses to start"))
		}
	}
	return all
}
