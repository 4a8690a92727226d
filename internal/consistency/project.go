package consistency

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/acton-go/acton-new/internal/settings"
)

// Project is the parsed content of a project's files.
type Project struct {
	Name   string // name of the service: its folder below cmd
	Module string

	prefix         string // prefix of environment variables, without the trailing underscore
	goVersion      string // Go version in go.mod
	files          map[string][]byte
	paths          []string // paths of the files, sorted
	folders        []string
	yaml           map[string][]*node
	syntaxErrors   []Problem
	settings       map[string]settings.Setting // settings by key, without sections
	variables      map[string]string           // settings keys by environment variable
	profiles       map[string]map[string]*node // values by profile and key
	kustomizations map[string]*kustomization   // by folder
	roots          []*root
	containers     []*container
	dockerfile     *dockerfile
	makefile       *makefile
	golang         *golang
	monitoring     *monitoring
}

// maxFile is the size limit of files to read. Larger files are generated.
const maxFile = 1 << 20

// skipped are folders with files that are not part of the project.
var skipped = map[string]bool{".git": true, "bin": true, "vendor": true, "node_modules": true}

// Load reads a project from a directory or from memory.
func Load(fsys fs.FS) (*Project, error) {
	p := &Project{files: map[string][]byte{}, yaml: map[string][]*node{}}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if skipped[d.Name()] {
				return fs.SkipDir
			}
			p.folders = append(p.folders, name)
			if d.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if info, err := d.Info(); err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		if !bytes.ContainsRune(data, 0) {
			p.files[name] = data
			p.paths = append(p.paths, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("consistency: %w", err)
	}
	slices.Sort(p.paths)
	if err := p.readModule(); err != nil {
		return nil, err
	}
	if err := p.readSettings(); err != nil {
		return nil, err
	}
	p.readYAML()
	p.readProfiles()
	p.readKustomizations()
	p.readContainers()
	p.dockerfile = readDockerfile(p.files["Dockerfile"])
	p.makefile = readMakefile(p.files["Makefile"])
	p.golang = p.readGo()
	p.monitoring = p.readMonitoring()
	return p, nil
}

var (
	majorVersion = regexp.MustCompile(`/v\d+$`)
	recordedName = regexp.MustCompile(`(?m)^name: (\S+)$`)
)

func (p *Project) readModule() error {
	data, ok := p.files["go.mod"]
	if !ok {
		return errors.New("consistency: go.mod not found; use the root directory of a service")
	}
	mod, err := modfile.ParseLax("go.mod", data, nil)
	if err != nil {
		return fmt.Errorf("consistency: %w", err)
	}
	if mod.Module == nil {
		return errors.New("consistency: go.mod has no module directive; use the root directory of a service")
	}
	p.Module = mod.Module.Mod.Path
	if mod.Go != nil {
		p.goVersion = mod.Go.Version
	}
	var commands []string
	for _, file := range p.paths {
		if rest, ok := strings.CutPrefix(file, "cmd/"); ok && path.Base(file) == "main.go" && strings.Count(rest, "/") == 1 {
			commands = append(commands, path.Dir(rest))
		}
	}
	if len(commands) == 0 {
		return errors.New("consistency: cmd/NAME/main.go not found; use the root directory of a service")
	}
	p.Name = commands[0]
	// A team may add commands. The service has the name in .acton-new.yaml, or the last part of the module path.
	names := []string{path.Base(majorVersion.ReplaceAllString(p.Module, ""))}
	if m := recordedName.FindSubmatch(p.files[".acton-new.yaml"]); m != nil {
		names = append(names, string(m[1]))
	}
	for _, name := range names {
		if slices.Contains(commands, name) {
			p.Name = name
		}
	}
	return nil
}

var prefixConstant = regexp.MustCompile(`(?m)^const prefix = "([A-Z0-9_]+)_"$`)

func (p *Project) readSettings() error {
	sections, err := settings.Read(p.Module, func(yield func(string, []byte) bool) {
		for _, file := range p.paths {
			if !yield(file, p.files[file]) {
				return
			}
		}
	})
	if err != nil {
		return fmt.Errorf("consistency: %w", err)
	}
	p.prefix = strings.ToUpper(strings.ReplaceAll(p.Name, "-", "_"))
	for _, file := range p.in(path.Dir(settings.Root), ".go") {
		if m := prefixConstant.FindSubmatch(p.files[file]); m != nil {
			p.prefix = string(m[1])
		}
	}
	p.settings, p.variables = map[string]settings.Setting{}, map[string]string{}
	settings.Each(sections, func(s settings.Setting) {
		p.settings[s.Path] = s
		p.variables[p.variable(s.Path)] = s.Path
	})
	return nil
}

// variable returns the environment variable of a settings key.
func (p *Project) variable(key string) string { return settings.Variable(p.prefix, key) }

// in returns the files with an extension directly in a folder.
func (p *Project) in(dir, ext string) []string {
	var found []string
	for _, file := range p.paths {
		if path.Dir(file) == dir && path.Ext(file) == ext {
			found = append(found, file)
		}
	}
	return found
}

// below returns the files with an extension anywhere below a folder.
func (p *Project) below(dir string, exts ...string) []string {
	var found []string
	for _, file := range p.paths {
		if strings.HasPrefix(file, dir+"/") && slices.Contains(exts, path.Ext(file)) {
			found = append(found, file)
		}
	}
	return found
}

func (p *Project) has(file string) bool { _, ok := p.files[file]; return ok }

func (p *Project) hasFolder(dir string) bool { return slices.Contains(p.folders, dir) }

func (p *Project) readYAML() {
	for _, file := range p.paths {
		switch path.Ext(file) {
		case ".yaml", ".yml", ".json":
		default:
			if path.Base(file) != "Kustomization" {
				continue
			}
		}
		data := p.files[file]
		if path.Ext(file) == ".json" { // JSON is YAML, except for tabs
			data = bytes.ReplaceAll(data, []byte("\t"), []byte(" "))
		}
		documents, err := parseYAML(file, data)
		if err != nil {
			p.syntaxErrors = append(p.syntaxErrors,
				problemInFile(file, lineOfError(err), "syntax", "fix the syntax", "cannot be parsed: %v", err))
		}
		p.yaml[file] = documents
	}
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

func lineOfError(err error) int {
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		return 0
	}
	line := 0
	_, _ = fmt.Sscan(m[1], &line)
	return line
}

// readProfiles reads the settings of each profile.
func (p *Project) readProfiles() {
	p.profiles = map[string]map[string]*node{}
	for _, file := range p.in(path.Join(path.Dir(settings.Root), "profiles"), ".yaml") {
		p.profiles[strings.TrimSuffix(path.Base(file), ".yaml")] = flatten(p.yaml[file])
	}
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
