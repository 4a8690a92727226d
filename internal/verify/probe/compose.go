package probe

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/acton-go/acton-new/internal/features"
)

// Steps that have scripts.
const (
	StepProbe   = "probe"   // sends requests to the service
	StepMonitor = "monitor" // queries its monitoring
)

// Compose writes the scripts of a step for a set into dir and returns the files. A script contains the setups of all
// folders of the set in order, one probe of one folder, and a graceful stop of the service. For the step monitor, the
// traffic of all folders follows the setups.
func Compose(templates fs.FS, set features.Set, step, dir string) ([]string, error) {
	first := []string{features.SetupProbe}
	if step == StepMonitor {
		first = append(first, features.TrafficProbe)
	}
	var before txtar.Archive
	for _, name := range first {
		for _, folder := range set.Folders() {
			if !slices.Contains(folder.Probes, name) {
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
			if stepOf(name) != step {
				continue
			}
			all := txtar.Archive{Comment: before.Comment, Files: before.Files[:len(before.Files):len(before.Files)]}
			if err := appendScript(templates, folder.ProbePath(name), &all); err != nil {
				return nil, err
			}
			all.Comment = append(all.Comment, "\n# The service must stop gracefully.\nservice stop\n"...)
			file := filepath.Join(dir, folder.Name+"."+name+".txtar")
			if err := os.WriteFile(file, txtar.Format(&all), 0o600); err != nil {
				return nil, err
			}
			files = append(files, file)
		}
	}
	return files, nil
}

// stepOf returns the step of a script, or an empty string for setups and traffic.
func stepOf(name string) string {
	switch {
	case name == features.SetupProbe, name == features.TrafficProbe:
		return ""
	case strings.HasPrefix(name, features.MonitorPrefix):
		return StepMonitor
	}
	return StepProbe
}

// appendScript appends the commands and files of a script, with a comment that names the script.
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
