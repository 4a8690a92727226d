package generator

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/templates"
)

// assignment matches a line that replaces the value of a variable, a field or an element.
var assignment = regexp.MustCompile(`^([\w.]+(?:\["[^"]+"\])?) = (.*)$`)

// Several features fill the slots of tests and settings. A fragment that replaced a list would delete the part of another feature.
func TestFragmentsOfTestsAppendToLists(t *testing.T) {
	for _, pattern := range []string{"_features/*/slots", "_features/*/with/*/slots"} {
		folders, err := fs.Glob(templates.All, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, folder := range folders {
			for _, slot := range []string{"app/test-settings", "e2e/settings", "config/fixture", "httpapi/test-routes"} {
				data, err := fs.ReadFile(templates.All, path.Join(folder, slot))
				if err != nil {
					continue // the feature does not fill it
				}
				for line := range strings.Lines(string(data)) {
					found := assignment.FindStringSubmatch(strings.TrimSpace(line))
					if found == nil || strings.HasPrefix(found[2], "append("+found[1]+",") {
						continue
					}
					key := path.Base(path.Dir(folder)) + "."
					if !strings.HasPrefix(found[1], `all["`+key) {
						t.Errorf("%s/%s: %s replaces what other features set; append to it", folder, slot, found[1])
					}
				}
			}
		}
	}
}
