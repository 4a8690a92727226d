package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"go.yaml.in/yaml/v3"
)

// folder is the one that holds config.yaml in /etc and in the XDG directory.
const folder = "billing-api"

// fileKind tells how secret the content of a file is.
type fileKind int

const (
	settingsFile fileKind = iota
	secretFile
)

// file is one that was looked for.
type file struct {
	path string
	kind fileKind
	key  string // of a secret file
	read bool   // it existed
	mode fs.FileMode
}

// candidates returns the files that may hold settings, lowest first. The same
// file is not listed twice.
func (s Sources) candidates() []string {
	var paths []string
	if s.SystemDir != "" {
		paths = append(paths, filepath.Join(s.SystemDir, folder, "config.yaml"))
	}
	if dir := s.userDir(); dir != "" {
		paths = append(paths, filepath.Join(dir, folder, "config.yaml"))
	}
	if s.WorkDir != "" {
		paths = append(paths, filepath.Join(s.WorkDir, "config.yaml"))
	}
	if s.File != "" {
		paths = append(paths, s.File)
	}

	var distinct, seen []string
	for _, path := range slices.Backward(paths) {
		absolute, err := filepath.Abs(path)
		if err != nil {
			absolute = path
		}
		if !slices.Contains(seen, absolute) {
			seen = append(seen, absolute)
			distinct = append(distinct, path)
		}
	}
	slices.Reverse(distinct)
	return distinct
}

// userDir returns the base directory for the settings of a user. It is not
// [os.UserConfigDir], which differs between systems. A relative
// XDG_CONFIG_HOME is to be ignored, says the XDG specification.
func (s Sources) userDir() string {
	if dir := s.getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return dir
	}
	if home := s.getenv("HOME"); home != "" {
		return filepath.Join(home, ".config")
	}
	return ""
}

// readFile returns the content of a file and its mode. Both come from the same
// open file, so that a file that is replaced meanwhile cannot mix them up.
func readFile(path string) (data []byte, mode fs.FileMode, err error) {
	f, err := os.Open(path) //nolint:gosec // reading the files that the operator names is the purpose
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, errors.New("not a regular file")
	}
	data, err = io.ReadAll(f)
	return data, info.Mode(), err
}

// absent reports whether an error means that there is no such file, rather
// than one that cannot be read.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// reader collects what a YAML document sets, and what is wrong with it.
type reader struct {
	schema   *schema
	origin   Origin // of the document
	settings map[string]setting
	problems []*settingError
}

// readYAML reads a document of settings. The values that are right are
// returned even if others are wrong.
func (s *schema) readYAML(origin Origin, data []byte) (map[string]setting, []*settingError) {
	r := &reader{schema: s, origin: origin, settings: make(map[string]setting)}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return r.settings, nil
	case err != nil:
		r.syntax(err)
		return r.settings, r.problems
	}
	r.root(document.Content)

	var second yaml.Node
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		r.syntax(err)
	default:
		r.report(&second, "", "only one document is allowed")
	}
	return r.settings, r.problems
}

func (r *reader) root(content []*yaml.Node) {
	for _, node := range content {
		if node.Kind == yaml.MappingNode {
			r.mapping(node, "")
		} else if !isNull(node) {
			r.report(node, "", "must be a group of keys, not "+describe(node))
		}
	}
}

func (r *reader) mapping(node *yaml.Node, parent string) {
	seen := make(map[string]int)
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		if name.Kind != yaml.ScalarNode {
			r.report(name, parent, "a key must be text, not "+describe(name))
			continue
		}
		path := name.Value
		if parent != "" {
			path = parent + "." + path
		}
		if line, ok := seen[name.Value]; ok {
			r.report(name, path, fmt.Sprintf("duplicate key, first set in line %d", line))
			continue
		}
		seen[name.Value] = name.Line

		k, isKey := r.schema.byPath[path]
		switch {
		case strings.Contains(name.Value, "."):
			r.report(name, path, "unknown key; write a.b as b, indented below a")
		case r.schema.hasSection(path):
			r.section(value, path)
		case isKey:
			r.value(k, value)
		default:
			r.report(name, path, r.schema.unknown(path))
		}
	}
}

// section reads a group of keys. An empty one is allowed: everything in it may
// be commented out.
func (r *reader) section(node *yaml.Node, path string) {
	switch {
	case node.Kind == yaml.MappingNode:
		r.mapping(node, path)
	case !isNull(node):
		r.report(node, path, "must be a group of keys, not "+describe(node))
	}
}

func (r *reader) value(k key, node *yaml.Node) {
	value, err := parseNode(k.typ, node)
	switch {
	case err != nil:
		r.report(err.node, k.path, err.err.Error())
	case k.isSecret() && node.Value != "" && r.origin.layer == layerFile:
		r.report(node, k.path, "a secret must not be in a settings file; use the environment or "+k.path+fileSuffix)
	default:
		r.settings[k.path] = setting{value: value, origin: r.at(node)}
	}
}

func (r *reader) at(node *yaml.Node) Origin {
	origin := r.origin
	origin.line, origin.column = node.Line, node.Column
	return origin
}

func (r *reader) report(node *yaml.Node, path, problem string) {
	r.problems = append(r.problems, &settingError{
		origin: r.at(node), key: path, variable: r.schema.byPath[path].variable, problem: problem,
	})
}

// yamlLine finds the line in an error of the YAML parser, which has no field for it.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+)(?:, column (\d+))?: )?`)

func (r *reader) syntax(err error) {
	origin, text := r.origin, err.Error()
	if found := yamlLine.FindStringSubmatch(text); found != nil {
		origin.line, _ = strconv.Atoi(found[1])
		origin.column, _ = strconv.Atoi(found[2])
		text = strings.TrimPrefix(text, found[0])
	}
	r.problems = append(r.problems, &settingError{origin: origin, problem: "not valid YAML: " + text})
}

func isNull(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null"
}
