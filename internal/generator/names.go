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

// reservedNames are names that some tool reads as something else: the go command skips or guards the directory, YAML
// reads a boolean or null, Windows opens a device. The sample's name is how the templates call the service.
var reservedNames = map[string]string{
	"testdata": "the go command skips that directory", "vendor": "the go command treats that directory in its own way",
	"internal": "the go command guards that directory",
	"true":     yamlWord, "false": yamlWord, "yes": yamlWord, "no": yamlWord, "on": yamlWord, "off": yamlWord, "null": yamlWord,
	"con": device, "prn": device, "aux": device, "nul": device,
	sampleName: "that is the name in the templates",
}

const (
	yamlWord = "YAML reads that word as a boolean or null"
	device   = "that is a device on Windows"
)

var devicePattern = regexp.MustCompile(`^(com|lpt)[0-9]$`)

// CheckName tells whether name can be the name of a service: of its directory, its command, its image and its
// Kubernetes objects. The error says what is wrong and gives a name that can.
func CheckName(name string) error {
	const example = "for example billing-api"
	reason, reserved := reservedNames[name]
	if devicePattern.MatchString(name) {
		reason, reserved = device, true
	}
	switch {
	case name == "":
		return errors.New("name: is missing; " + example)
	case len(name) < 2 || len(name) > 40:
		return fmt.Errorf("name %q: must have 2 to 40 characters; %s", name, example)
	case !namePattern.MatchString(name):
		return fmt.Errorf("name %q: must begin with a letter and hold only lower-case letters, digits and hyphens, "+
			"not a hyphen at the end; %s", name, example)
	case strings.Contains(name, "--"):
		return fmt.Errorf("name %q: cannot have two hyphens in a row; %s", name, example)
	case reserved:
		return fmt.Errorf("name %q: %s; %s", name, reason, example)
	}
	return nil
}

// CheckModule tells whether path can be the module path of a service. The error says what is wrong and gives a path that
// can.
func CheckModule(path string) error {
	const example = "for example github.com/acme/billing-api"
	if path == "" {
		return errors.New("module: is missing; " + example)
	}
	if err := module.CheckPath(path); err != nil {
		var invalid *module.InvalidPathError
		if errors.As(err, &invalid) && invalid.Err != nil {
			err = invalid.Err
		}
		return fmt.Errorf("module %q: %w; %s", path, err, example)
	}
	if slices.Contains(strings.Split(path, "/"), "vendor") {
		return fmt.Errorf("module %q: cannot have a part called vendor; %s", path, example)
	}
	if lock.Recorded().Names(path) {
		return fmt.Errorf("module %q: is a module that the service depends on; %s", path, example)
	}
	return nil
}
