package generator

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/acton-go/acton-new/internal/lock"
)

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,38}[a-z0-9]$`)

// reservedNames maps names with a special meaning to the reason why they are invalid. The templates use the name of the
// sample service.
var reservedNames = map[string]string{
	"testdata": "the go command ignores directories with that name",
	"vendor":   "the go command reads vendored modules from a directory with that name",
	"internal": "the go command restricts imports from a directory with that name",
	"true":     yamlWord, "false": yamlWord, "yes": yamlWord, "no": yamlWord, "on": yamlWord, "off": yamlWord, "null": yamlWord,
	"con": device, "prn": device, "aux": device, "nul": device,
	sampleName: "the templates use that name",
}

const (
	yamlWord = "YAML reads that word as a boolean or null"
	device   = "Windows reserves that name for a device"
)

var devicePattern = regexp.MustCompile(`^(com|lpt)[0-9]$`)

// CheckName validates the name of a service, which is also the name of its directory, its command, its image and its
// Kubernetes objects. The error contains an example.
func CheckName(name string) error {
	const example = "for example billing-api"
	reason, reserved := reservedNames[name]
	if devicePattern.MatchString(name) {
		reason, reserved = device, true
	}
	switch {
	case name == "":
		return errors.New("name: missing; " + example)
	case len(name) < 2 || len(name) > 40:
		return fmt.Errorf("name %q: must have 2 to 40 characters; %s", name, example)
	case !namePattern.MatchString(name):
		return fmt.Errorf("name %q: must contain only lower-case letters, digits and hyphens, begin with a letter, "+
			"and not end with a hyphen; %s", name, example)
	case strings.Contains(name, "--"):
		return fmt.Errorf("name %q: cannot contain two hyphens in a row; %s", name, example)
	case reserved:
		return fmt.Errorf("name %q: %s; %s", name, reason, example)
	}
	return nil
}

// CheckModule validates the module path of a service. The error contains an example.
func CheckModule(path string) error {
	const example = "for example github.com/acme/billing-api"
	if path == "" {
		return errors.New("module: missing; " + example)
	}
	if err := module.CheckPath(path); err != nil {
		var invalid *module.InvalidPathError
		if errors.As(err, &invalid) && invalid.Err != nil {
			err = invalid.Err
		}
		return fmt.Errorf("module %q: %w; %s", path, err, example)
	}
	if slices.Contains(strings.Split(path, "/"), "vendor") {
		return fmt.Errorf("module %q: cannot contain the path element vendor; %s", path, example)
	}
	if lock.Recorded().ContainsModule(path) {
		return fmt.Errorf("module %q: the service depends on a module with that path; %s", path, example)
	}
	return nil
}
