package config

import (
	"log/slog"
	"os"
	"slices"
)

// rule is something that production refuses. A waiver in service.allow_in_production disables the rule. A rule without a
// waiver always holds.
type rule struct {
	key     string
	waiver  string
	broken  bool
	problem string
}

// productionRules returns the rules of production. They hold at the start and at each reload.
func productionRules(c Config) []rule {
	return []rule{
		{"service.name", "", c.Service.Name == "", "must not be empty"},
		{"log.level", "debug-log", c.Log.Level < slog.LevelInfo, "debug logs contain request data"},
		{"log.format", "text-log", c.Log.Format == "text", "log collectors cannot parse text; use json"},
		{"metrics.pprof", "pprof", c.Metrics.Pprof, "profiles show process memory and slow the service down"},
		{"cors.allowed_origins", "permissive-cors", slices.Contains(c.CORS.AllowedOrigins, "*"), "* lets every web page call the API"},
		{"cors.allowed_headers", "permissive-cors", slices.Contains(c.CORS.AllowedHeaders, "*"), "* lets web pages send any header"},
		{"server.tls.cert_file", "", !c.Server.TLS.Secure(), "clients would reach the service without TLS; set a certificate, or server.tls.terminated_by_proxy"},
		//{{slot "config/production"}}
	}
}

// waivers returns the values that service.allow_in_production accepts.
func waivers() []string {
	var known []string
	for _, r := range productionRules(Config{}) {
		if r.waiver != "" && !slices.Contains(known, r.waiver) {
			known = append(known, r.waiver)
		}
	}
	return known
}

func (l *loader) checkProduction(c Config) {
	for _, r := range productionRules(c) {
		if !r.broken || slices.Contains(c.Service.AllowInProduction, r.waiver) {
			continue
		}
		reason := "refused in production: " + r.problem
		if r.waiver != "" {
			reason += "; to allow it, add " + r.waiver + " to service.allow_in_production"
		}
		l.reject(r.key, "%s", reason)
	}

	files := slices.Clone(l.files)
	if path := c.Server.TLS.KeyFile; path != "" {
		if info, err := os.Stat(path); err == nil { // the listener reports a missing file
			files = append(files, file{path: path, secret: l.byPath["server.tls.key_file"], mode: info.Mode()})
		}
	}
	// The group may read a secret, because Kubernetes gives the files of a Secret to the group of the pod.
	for _, f := range files {
		switch mode := f.mode.Perm(); {
		case f.secret.path == "" && mode&0o022 != 0:
			l.report(origin{name: f.path}, key{}, "refused in production: group or others may write the file (mode %04o); use mode %04o", mode, mode&^0o022)
		case f.secret.path != "" && mode&0o026 != 0:
			l.report(l.origins[f.secret.path], f.secret,
				"refused in production: others may read %s, or the group may write it (mode %04o); use mode %04o", f.path, mode, mode&^0o026)
		}
	}
}
