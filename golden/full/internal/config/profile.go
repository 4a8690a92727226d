package config

import (
	"embed"
	"fmt"
	"strings"
)

// profileKey is the setting that chooses a profile.
const profileKey = "service.profile"

//go:embed profiles/*.yaml
var profileFiles embed.FS

// profileNames returns the profiles there are, in order.
func profileNames() []string {
	entries, err := profileFiles.ReadDir("profiles")
	if err != nil {
		return nil
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = strings.TrimSuffix(entry.Name(), ".yaml")
	}
	return names
}

// readProfile reads the profile that a setting names.
func (s *schema) readProfile(chosen setting) (map[string]setting, []*settingError) {
	name := chosen.value.String()
	data, err := profileFiles.ReadFile("profiles/" + name + ".yaml")
	if err != nil {
		names := profileNames()
		return nil, []*settingError{{
			origin: chosen.origin, key: profileKey, variable: s.byPath[profileKey].variable,
			problem: fmt.Sprintf("unknown profile %q%s (there are %s)", name, didYouMean(name, names), strings.Join(names, ", ")),
		}}
	}
	return s.readYAML(Origin{layer: layerProfile, name: name}, data)
}
