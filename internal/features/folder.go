package features

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Where things stand below the root of the templates.
const (
	baseFolder     = "_base"
	featuresFolder = "_features"
	manifestFile   = "feature.yaml"
	filesFolder    = "files"
	slotsFolder    = "slots"
	probesFolder   = "probes"
	proofsFolder   = "proofs"
)

// SetupProbe is the script of a folder that runs before every other one of a set with that folder: it says what a service
// of the set needs before it can start.
const SetupProbe = "setup"

// TrafficProbe is the script of a folder that runs, after the setups, before those of the step monitor: what a service must
// have been asked for everything to be there that rules and dashboards name. MonitorProbes begin with this prefix.
const (
	TrafficProbe  = "traffic"
	MonitorPrefix = "monitor-"
)

const probeExtension = ".txtar"

// loadFolder reads the manifest of one folder and lists what the folder holds. Anything beside feature.yaml, files, slots,
// probes and proofs is an error: a folder that is misspelt would silently bring nothing.
func loadFolder(fsys fs.FS, folder, name string) (Feature, error) {
	entries, err := fs.ReadDir(fsys, folder)
	if err != nil {
		return Feature{}, err
	}
	for _, e := range entries {
		switch e.Name() {
		case manifestFile, filesFolder, slotsFolder, probesFolder, proofsFolder:
		default:
			return Feature{}, fmt.Errorf("%s: unexpected %q: a feature is %s, %s, %s, %s and %s",
				folder, e.Name(), manifestFile, filesFolder, slotsFolder, probesFolder, proofsFolder)
		}
	}

	manifestPath := path.Join(folder, manifestFile)
	data, err := fs.ReadFile(fsys, manifestPath)
	pair := strings.Contains(name, "+")
	var m manifest
	switch {
	case pair && errors.Is(err, fs.ErrNotExist): // a pair has nothing that it must say
	case err != nil:
		return Feature{}, err
	default:
		if m, err = readManifest(manifestPath, data); err != nil {
			return Feature{}, err
		}
	}
	f := m.feature(name)
	if pair && !onlyTraces(f) {
		return Feature{}, fmt.Errorf("%s: a folder for several features can only set title, summary and traces", manifestPath)
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
		if !strings.HasSuffix(proof, "_test.go") {
			return Feature{}, fmt.Errorf("%s/%s/%s: a proof is a Go test file", folder, proofsFolder, proof)
		}
	}
	return f, nil
}

// listProbes returns the names of the scripts in dir, sorted. They stand side by side, so that nothing else is taken for one.
func listProbes(fsys fs.FS, dir string) ([]string, error) {
	files, err := list(fsys, dir)
	if err != nil {
		return nil, err
	}
	var probes []string
	for _, file := range files {
		name, ok := strings.CutSuffix(file, probeExtension)
		if !ok || !wordPattern.MatchString(name) {
			return nil, fmt.Errorf("%s/%s: a probe is a lower-case word with %s", dir, file, probeExtension)
		}
		probes = append(probes, name)
	}
	return probes, nil
}

func onlyTraces(f Feature) bool {
	return f.Group == "" && f.Requires == nil && f.Needs == nil && f.Provides == nil && !f.Default && !f.Hidden &&
		f.Presets == nil && f.Questions == nil
}

// list returns the regular files below dir, relative to it and sorted; none when dir does not exist.
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
