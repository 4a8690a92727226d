package config

import (
	"reflect"

	"example.com/acme/sample-service/internal/readfile"
	"example.com/acme/sample-service/internal/secret"
)

// fileSuffix turns the key of a secret into the key for the file that holds it.
const fileSuffix = "_file"

func (k key) isSecret() bool { return k.kind == reflect.TypeFor[secret.Value]() }

// secretFile returns the key for the file that holds a secret. It has no field in Config.
func (k key) secretFile() key {
	file := newKey(k.path+fileSuffix, reflect.TypeFor[string]())
	file.doc = "File that holds " + k.path + "."
	return file
}

// readSecret sets the field of a secret to the content of its file, if a key names the file.
func (l *loader) readSecret(k key, field reflect.Value) {
	fileKey := l.byPath[k.path+fileSuffix]
	path := l.values.String(fileKey.path)
	if path == "" {
		return
	}
	from := l.origins[fileKey.path]
	data, mode, err := readfile.Regular(path)
	value := secret.FromFile(path, data)
	switch {
	case l.values.String(k.path) != "":
		l.report(from, fileKey, "cannot be combined with %s, set by %s; remove one of them", k.path, l.origins[k.path])
	case err != nil:
		l.report(from, fileKey, "%v", err)
	case !value.IsSet():
		l.report(from, fileKey, "%s is empty", path)
	default:
		field.Set(reflect.ValueOf(value))
		l.files = append(l.files, file{path: path, secret: fileKey, mode: mode})
		l.origins[k.path] = origin{name: path}
	}
}
