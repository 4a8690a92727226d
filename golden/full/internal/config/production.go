package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// rule is something that production refuses. A rule with a word is waived by
// that word in service.allow_in_production; without one it always holds.
type rule struct {
	key     string
	word    string
	broken  bool
	problem string
}

// productionRules is the one place that says what production refuses. It holds
// at the start and whenever settings are loaded again.
func productionRules(c Config) []rule {
	return []rule{
		{"service.name", "", c.Service.Name == "", "must not be empty"},
		{"log.level", "debug-log", c.Log.Level == "debug", "debug shows what passes through the service"},
		{"log.format", "text-log", c.Log.Format == "text", "text cannot be collected; use json"},
		{"metrics.pprof", "pprof", c.Metrics.Pprof, "profiles show memory and slow the service down"},
		{"cors.allowed_origins", "permissive-cors", slices.Contains(c.CORS.AllowedOrigins, "*"), "* lets every web page call the API"},
		{"cors.allowed_headers", "permissive-cors", slices.Contains(c.CORS.AllowedHeaders, "*"), "* lets web pages send any header"},
		{"server.tls.cert_file", "", !c.Server.TLS.Secure(), "needs a certificate, or server.tls.terminated_by_proxy"},
		{"database.url", "plaintext-database", c.Database.Plaintext(), "data and password can be read on their way; use sslmode=verify-full"},
		{"database.url", "unverified-database", c.Database.Unverified(), "anybody can take the place of the server; use sslmode=verify-full"},
	}
}

// waivers returns the words that service.allow_in_production knows.
func waivers() map[string]bool {
	words := make(map[string]bool)
	for _, r := range productionRules(Config{}) {
		if r.word != "" {
			words[r.word] = true
		}
	}
	return words
}

// refusedInProduction returns the rules that are broken and not waived.
func refusedInProduction(c Config) error {
	var errs []error
	for _, r := range productionRules(c) {
		switch {
		case !r.broken || r.word != "" && slices.Contains(c.Service.AllowInProduction, r.word):
		case r.word == "":
			errs = append(errs, fmt.Errorf("%s: refused in production: %s", r.key, r.problem))
		default:
			errs = append(errs, fmt.Errorf("%s: refused in production: %s; service.allow_in_production may name %s", r.key, r.problem, r.word))
		}
	}
	return errors.Join(errs...)
}

// The permissions that nobody may have. The group may read a private file,
// because Kubernetes gives a secret to the group of the pod.
const (
	settingsForbidden fs.FileMode = 0o022
	privateForbidden  fs.FileMode = 0o026
)

// openFiles returns the files whose permissions production refuses: settings
// that others could change, private keys and secrets that others could read.
func (r *result) openFiles(schema *schema, c Config) []*settingError {
	files := slices.Clone(r.files)
	if path := c.Server.TLS.KeyFile; path != "" {
		// A key that is not there is reported by whoever opens it.
		if info, err := os.Stat(path); err == nil {
			files = append(files, file{path: path, kind: secretFile, key: "server.tls.key_file", read: true, mode: info.Mode()})
		}
	}

	var problems []*settingError
	for _, f := range files {
		switch mode := f.mode.Perm(); {
		case !f.read:
		case f.kind == settingsFile && mode&settingsForbidden != 0:
			problems = append(problems, &settingError{
				origin:  Origin{layer: layerFile, name: f.path},
				problem: fmt.Sprintf("refused in production: group or others may write it (mode %04o, allowed %04o)", mode, mode&^settingsForbidden),
			})
		case f.kind == secretFile && mode&privateForbidden != 0:
			problems = append(problems, &settingError{
				origin: r.settings[f.key].origin, key: f.key, variable: schema.byPath[f.key].variable,
				problem: fmt.Sprintf("refused in production: %s may be read by others or written by the group (mode %04o, allowed %04o)", f.path, mode, mode&^privateForbidden),
			})
		}
	}
	return problems
}
