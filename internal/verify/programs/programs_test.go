package programs

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

var declaration = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

func TestListNamesExistingTests(t *testing.T) {
	declared := map[string]bool{}
	root := os.DirFS("../../..")
	for _, dir := range []string{"cmd", "internal"} {
		err := fs.WalkDir(root, dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			data, err := fs.ReadFile(root, path)
			for _, match := range declaration.FindAllSubmatch(data, -1) {
				declared[string(match[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range tests {
		if !declared[name] {
			t.Errorf("there is no test %s", name)
		}
	}
}
