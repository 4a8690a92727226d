package config

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"go.yaml.in/yaml/v3"

	"git.example.org/shop/orders/v2/internal/readfile"
)

//go:embed profiles/*.yaml
var profiles embed.FS

// defaultFiles returns the settings files that need not exist, lowest layer first.
func defaultFiles() []string {
	const name = "orders/config.yaml"
	files := []string{"/etc/" + name}
	// The XDG specification says to ignore a relative XDG_CONFIG_HOME.
	if dir := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		files = append(files, filepath.Join(dir, name))
	} else if home := os.Getenv("HOME"); home != "" {
		files = append(files, filepath.Join(home, ".config", name))
	}
	return append(files, "config.yaml")
}

// readFile reads a settings file.
func (l *loader) readFile(path string, mustExist bool) layer {
	data, mode, err := readfile.Regular(path)
	if err != nil {
		absent := errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
		if mustExist || !absent {
			l.report(origin{name: path}, key{}, "%v", err)
		}
		return newLayer()
	}
	l.files = append(l.files, file{path: path, mode: mode})
	return l.readYAML(data, path)
}

// readProfile reads the embedded profile that the settings choose.
func (l *loader) readProfile() layer {
	const profileKey = "service.profile"
	name := l.values.String(profileKey)
	file := "profiles/" + name + ".yaml"
	data, err := profiles.ReadFile(file)
	if err != nil {
		l.reject(profileKey, "unknown profile %q; use development, staging or production", name)
		return newLayer()
	}
	return l.readYAML(data, file)
}

// readYAML reads a document of settings.
func (l *loader) readYAML(data []byte, file string) layer {
	read := newLayer()
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return read // the file is empty
	}
	if err != nil {
		l.report(origin{name: file}, key{}, "%v", err)
		return read
	}
	if !errors.Is(decoder.Decode(&second), io.EOF) {
		l.report(origin{name: file}, key{}, "must hold only one YAML document")
	}
	l.readSection(document.Content[0], "", file, read)
	return read
}

// readSection reads the keys of a YAML mapping. A section may be empty.
func (l *loader) readSection(node *yaml.Node, parent, file string, into layer) {
	if node.Kind != yaml.MappingNode {
		if node.ShortTag() != "!!null" {
			l.report(origin{file, node.Line}, key{}, "%s must be a section with keys", cmp.Or(strings.TrimSuffix(parent, "."), "the document"))
		}
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		path := parent + name.Value
		from := origin{file, name.Line}
		k, known := l.byPath[path]
		earlier, twice := into.origins[path]
		switch {
		case twice:
			l.report(from, k, "%s is set twice, first in line %d", path, earlier.line)
		case l.isSection(path):
			into.origins[path] = from // to find a section that occurs twice
			l.readSection(value, path+".", file, into)
		case known:
			l.readValue(value, k, from, into)
		default:
			l.report(from, key{}, "unknown key %s; docs/configuration.md lists all keys", path)
		}
	}
}

// readValue reads the value of one key. A null leaves the key unset.
func (l *loader) readValue(node *yaml.Node, k key, from origin, into layer) {
	var items []string
	switch {
	case node.ShortTag() == "!!null":
	case k.isSecret() && node.Value != "":
		l.report(from, k, "a secret must not be in a settings file; use the environment or %s", k.path+fileSuffix)
	case node.Kind == yaml.ScalarNode:
		into.set(k, node.Value, from)
	case node.Kind == yaml.SequenceNode && k.isList() && node.Decode(&items) == nil:
		into.values[k.path], into.origins[k.path] = items, from
	default:
		l.report(from, k, "must be %s", k.kindName())
	}
}
