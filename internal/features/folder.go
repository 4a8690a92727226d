package features

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// The layout of the templates, relative to their root.
const (
	baseFolder     = "_base"
	featuresFolder = "_features"
	manifestFile   = "feature.yaml"
	filesFolder    = "files"
	slotsFolder    = "slots"
	probesFolder   = "probes"
	proofsFolder   = "proofs"
	ruleTests      = "deploy/monitoring/tests/" // unit tests of alerts among the proofs
)

// The names of special probes.
const (
	SetupProbe    = "setup"    // runs before all other probes, and prepares what the service needs to start
	TrafficProbe  = "traffic"  // runs before the monitoring probes, and triggers every series in rules and dashboards
	MonitorPrefix = "monitor-" // name prefix of the monitoring probes
)

const probeExtension = ".txtar"

// loadFolder reads the manifest of one folder and lists the content of the folder. An unexpected name is an error:
// otherwise a misspelt folder would be silently ignored.
func loadFolder(fsys fs.FS, folder, name string) (Feature, error) {
	entries, err := fs.ReadDir(fsys, folder)
	if err != nil {
		return Feature{}, err
	}
	for _, e := range entries {
		switch e.Name() {
		case manifestFile, filesFolder, slotsFolder, probesFolder, proofsFolder:
		default:
			return Feature{}, fmt.Errorf("%s: unexpected %q; a feature can contain only %s, %s, %s, %s and %s",
				folder, e.Name(), manifestFile, filesFolder, slotsFolder, probesFolder, proofsFolder)
		}
	}

	manifestPath := path.Join(folder, manifestFile)
	data, err := fs.ReadFile(fsys, manifestPath)
	pair := strings.Contains(name, "+")
	var m manifest
	switch {
	case pair && errors.Is(err, fs.ErrNotExist): // the manifest of a pair is optional
	case err != nil:
		return Feature{}, err
	default:
		if m, err = readManifest(manifestPath, data); err != nil {
			return Feature{}, err
		}
	}
	f := m.feature(name)
	if pair && !onlyTraces(f) {
		return Feature{}, fmt.Errorf("%s: the manifest of a pair can set only title, summary and traces", manifestPath)
	}
	if f.Files, err = list(fsys, path.Join(folder, filesFolder)); err != nil {
		return Feature{}, err
	}
	if f.Slots, err = list(fsys, path.Join(folder, slotsFolder)); err != nil {
		return Feature{}, err
	}
	if f.Probes, err = listProbes(fsys, path.Join(folder, probesFolder)); err != nil {
		return Feature{}, err
	}
	if f.Proofs, err = list(fsys, path.Join(folder, proofsFolder)); err != nil {
		return Feature{}, err
	}
	for _, proof := range f.Proofs {
		if !strings.HasSuffix(proof, "_test.go") && !strings.HasPrefix(proof, ruleTests) {
			return Feature{}, fmt.Errorf("%s/%s/%s: a proof must be a Go test file, or be in %s; rename it to *_test.go",
				folder, proofsFolder, proof, ruleTests)
		}
	}
	return f, nil
}

// listProbes returns the names of the scripts in dir, sorted. Any other file or subfolder is an error.
func listProbes(fsys fs.FS, dir string) ([]string, error) {
	files, err := list(fsys, dir)
	if err != nil {
		return nil, err
	}
	var probes []string
	for _, file := range files {
		name, ok := strings.CutSuffix(file, probeExtension)
		if !ok || !wordPattern.MatchString(name) {
			return nil, fmt.Errorf("%s/%s: a probe must have a lower-case name and the extension %s", dir, file, probeExtension)
		}
		probes = append(probes, name)
	}
	return probes, nil
}

func onlyTraces(f Feature) bool {
	return f.Group == "" && f.Requires == nil && f.Needs == nil && f.Provides == nil && !f.Default && !f.Hidden &&
		f.Presets == nil && f.Questions == nil
}

// list returns the regular files below dir, relative to dir and sorted. If dir does not exist, the list is empty.
func list(fsys fs.FS, dir string) ([]string, error) {
	var paths []string
	err := fs.WalkDir(fsys, dir, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && p == dir && errors.Is(err, fs.ErrNotExist):
			return fs.SkipAll
		case err != nil:
			return err
		case d.IsDir():
			return nil
		case !d.Type().IsRegular():
			return fmt.Errorf("%s: not a regular file", p)
		}
		paths = append(paths, strings.TrimPrefix(p, dir+"/"))
		return nil
	})
	return paths, err
}
