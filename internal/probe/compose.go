package probe

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/acton-go/acton-new/internal/features"
)

// Compose writes the scripts of a set into dir and returns the files. Each is one probe of one folder, after the setups of
// all folders of the set in order, and before the end that every service must come to: it stops when asked.
func Compose(templates fs.FS, set features.Set, dir string) ([]string, error) {
	var before txtar.Archive
	for _, folder := range set.Folders() {
		for _, name := range folder.Probes {
			if name != features.SetupProbe {
				continue
			}
			if err := appendScript(templates, folder.ProbePath(name), &before); err != nil {
				return nil, err
			}
		}
	}
	var files []string
	for _, folder := range set.Folders() {
		for _, name := range folder.Probes {
			if name == features.SetupProbe {
				continue
			}
			all := txtar.Archive{Comment: before.Comment, Files: before.Files[:len(before.Files):len(before.Files)]}
			if err := appendScript(templates, folder.ProbePath(name), &all); err != nil {
				return nil, err
			}
			all.Comment = append(all.Comment, "\n# What runs stops when asked.\nservice stop\n"...)
			owner := strings.TrimPrefix(path.Base(folder.Path), "_")
			file := filepath.Join(dir, owner+"."+name+".txtar")
			if err := os.WriteFile(file, txtar.Format(&all), 0o600); err != nil {
				return nil, err
			}
			files = append(files, file)
		}
	}
	return files, nil
}

// appendScript adds the commands and the files of a script, and says where they come from.
func appendScript(templates fs.FS, name string, to *txtar.Archive) error {
	data, err := fs.ReadFile(templates, name)
	if err != nil {
		return err
	}
	script := txtar.Parse(data)
	to.Comment = fmt.Appendf(to.Comment, "# From templates/%s.\n%s\n", name, script.Comment)
	to.Files = append(to.Files, script.Files...)
	return nil
}
