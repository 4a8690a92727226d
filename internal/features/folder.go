package features

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
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
	harnessFolder  = "harness"                  // how internal/verify and .ci run the server of a feature
	withFolder     = "with"                     // below a feature: what applies only together with other features
	ruleTests      = "deploy/monitoring/tests/" // unit tests of alerts among the proofs
)

// The names of special probes.
const (
	SetupProbe    = "setup"    // runs before all other probes, and prepares what the service needs to start
	TrafficProbe  = "traffic"  // runs before the monitoring probes, and triggers every series in rules and dashboards
	MonitorPrefix = "monitor-" // name prefix of the monitoring probes
)

const probeExtension = ".txtar"

// loadFeature reads the folder of a feature or of the base. An unexpected name is an error: otherwise a misspelt folder
// would be silently ignored.
func loadFeature(fsys fs.FS, folder, name string) (Feature, error) {
	if err := checkEntries(fsys, folder, manifestFile, filesFolder, slotsFolder, probesFolder, proofsFolder, harnessFolder, withFolder); err != nil {
		return Feature{}, err
	}
	manifestPath := path.Join(folder, manifestFile)
	data, err := fs.ReadFile(fsys, manifestPath)
	if err != nil {
		return Feature{}, err
	}
	m, err := readManifest(manifestPath, data)
	if err != nil {
		return Feature{}, err
	}
	if err := checkHarness(fsys, path.Join(folder, harnessFolder)); err != nil {
		return Feature{}, err
	}
	return loadContent(fsys, folder, m.feature(name))
}

// checkHarness rejects misspelt names in the folder of a harness, if there is one.
func checkHarness(fsys fs.FS, folder string) error {
	if _, err := fs.Stat(fsys, folder); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return checkEntries(fsys, folder, "server", "tools", "check", "load", "image")
}

// loadPairs reads the folders below with/ of a feature.
func loadPairs(fsys fs.FS, folder, name string) ([]Pair, error) {
	parent := path.Join(folder, withFolder)
	entries, err := fs.ReadDir(fsys, parent)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var pairs []Pair
	for _, e := range entries {
		dir := path.Join(parent, e.Name())
		if !e.IsDir() {
			return nil, fmt.Errorf("%s: not a folder; name it after the other feature", dir)
		}
		if err := checkEntries(fsys, dir, manifestFile, filesFolder, slotsFolder, probesFolder, proofsFolder); err != nil {
			return nil, err
		}
		var m manifest
		manifestPath := path.Join(dir, manifestFile)
		data, err := fs.ReadFile(fsys, manifestPath)
		if err == nil {
			m, err = readManifest(manifestPath, data)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // the manifest is optional
			return nil, err
		}
		names := append(strings.Split(e.Name(), "+"), name)
		slices.Sort(names)
		f := m.feature(strings.Join(names, "+"))
		if !validForPair(f) {
			return nil, fmt.Errorf("%s: it can set only title, summary, traces and questions", manifestPath)
		}
		if f, err = loadContent(fsys, dir, f); err != nil {
			return nil, err
		}
		pairs = append(pairs, Pair{
			Name: f.Name, Path: dir, Features: names, Questions: f.Questions, Traces: f.Traces, Files: f.Files, Slots: f.Slots, Probes: f.Probes, Proofs: f.Proofs,
		})
	}
	return pairs, nil
}

func checkEntries(fsys fs.FS, folder string, known ...string) error {
	entries, err := fs.ReadDir(fsys, folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !slices.Contains(known, e.Name()) {
			return fmt.Errorf("%s: unexpected %q; it can contain only %s", folder, e.Name(), strings.Join(known, ", "))
		}
	}
	return nil
}

// loadContent lists the content of a folder.
func loadContent(fsys fs.FS, folder string, f Feature) (Feature, error) {
	var err error
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

// validForPair reports whether the manifest sets only what a pair can have.
func validForPair(f Feature) bool {
	return f.Group == "" && f.Requires == nil && f.After == nil && f.Needs == nil && f.Provides == nil && !f.Default && !f.Hidden &&
		f.Presets == nil && f.Owns == nil
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
