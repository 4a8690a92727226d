package config

import (
	"regexp"
	"strings"
)

// getenv returns a variable that is not a setting.
func (s Sources) getenv(name string) string {
	for _, entry := range s.Environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

// readEnvironment reads the variables of the service. An empty one is unset:
// that is what a manifest with an optional value makes of it.
func (s *schema) readEnvironment(environ []string) (map[string]setting, []*settingError) {
	byVariable := make(map[string]key, len(s.keys))
	bySingle := make(map[string]key, len(s.keys))
	names := make([]string, 0, len(s.keys))
	for _, k := range s.keys {
		byVariable[k.variable] = k
		bySingle[strings.ReplaceAll(k.variable, separator, "_")] = k
		names = append(names, strings.TrimPrefix(k.variable, prefix))
	}

	settings := make(map[string]setting)
	var problems []*settingError
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		rest, ours := strings.CutPrefix(name, prefix)
		if !ours || text == "" {
			continue
		}
		origin := Origin{layer: layerEnvironment, name: name}
		if k, ok := byVariable[name]; ok {
			value, err := parse(k.typ, text)
			if err != nil {
				problems = append(problems, &settingError{origin: origin, key: k.path, variable: name, problem: err.Error()})
				continue
			}
			settings[k.path] = setting{value: value, origin: origin}
			continue
		}
		if strings.Contains(rest, separator) {
			problem := "unknown variable"
			if name, ok := closest(strings.ToUpper(rest), names); ok {
				problem += "; did you mean " + prefix + name + "?"
			}
			problems = append(problems, &settingError{origin: origin, problem: problem})
			continue
		}
		if k, ok := bySingle[name]; ok && !isServiceLink(rest, text) {
			problems = append(problems, &settingError{
				origin: origin, key: k.path, variable: name,
				problem: "unknown variable; the levels of a key are separated by two underscores: " + k.variable,
			})
		}
	}
	return settings, problems
}

// serviceLink matches the names, after the prefix, of the variables that
// Kubernetes sets in every container for each Service of the namespace, as far
// as their values do not tell.
var serviceLink = regexp.MustCompile(`(^|_)SERVICE_HOST$|(^|_)SERVICE_PORT(_[A-Z0-9_]+)?$|(^|_)PORT_\d+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR)$`)

// isServiceLink reports whether Kubernetes, rather than a person, set a variable.
func isServiceLink(rest, value string) bool {
	for _, scheme := range []string{"tcp://", "udp://", "sctp://"} {
		if strings.HasPrefix(value, scheme) {
			return true
		}
	}
	return serviceLink.MatchString(rest)
}
