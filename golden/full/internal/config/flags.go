package config

import "strings"

// readFlags reads --profile and --set. The last of several --set for a key counts.
func (s *schema) readFlags(profile string, set []string) (map[string]setting, []*settingError) {
	settings := make(map[string]setting)
	var problems []*settingError
	assign := func(flag, path, text string) {
		origin := Origin{layer: layerFlag, name: flag}
		k, ok := s.byPath[path]
		switch {
		case !ok:
			problems = append(problems, &settingError{origin: origin, key: path, problem: s.unknown(path)})
			return
		case k.isSecret():
			problems = append(problems, &settingError{
				origin: origin, key: path, variable: k.variable,
				problem: "a secret must not be on the command line, which every user of the machine can read; use " + path + fileSuffix,
			})
			return
		}
		value, err := parse(k.typ, text)
		if err != nil {
			problems = append(problems, &settingError{origin: origin, key: path, variable: k.variable, problem: err.Error()})
			return
		}
		settings[path] = setting{value: value, origin: origin}
	}

	for _, assignment := range set {
		path, text, ok := strings.Cut(assignment, "=")
		if !ok {
			problems = append(problems, &settingError{origin: Origin{layer: layerFlag, name: "--set"}, key: path, problem: "must be KEY=VALUE"})
			continue
		}
		assign("--set", path, text)
	}
	if profile != "" {
		assign("--profile", profileKey, profile)
	}
	return settings, problems
}
