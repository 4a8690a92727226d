package config

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
)

const (
	// prefix begins every environment variable of the service.
	prefix = "BILLING_API_"

	// separator separates the levels of a key in a variable. A single underscore does not work: keys contain
	// underscores, and Kubernetes sets BILLING_API_PORT for a Service of the same name.
	separator = "__"
)

// key is one setting.
type key struct {
	path         string // server.tls.cert_file
	variable     string // BILLING_API_SERVER__TLS__CERT_FILE
	defaultValue string
	doc          string
	kind         reflect.Type
	field        []int // index of the field in the outermost struct
}

func newKey(path string, kind reflect.Type) key {
	variable := prefix + strings.ToUpper(strings.ReplaceAll(path, ".", separator))
	return key{path: path, variable: variable, kind: kind}
}

func (k key) isList() bool { return k.kind.Kind() == reflect.Slice }

// keysOf reads the tags of a struct and of the structs in it.
func keysOf(t reflect.Type, parent string, index []int) []key {
	var keys []key
	for i := range t.NumField() {
		field := t.Field(i)
		k := newKey(parent+field.Tag.Get("yaml"), field.Type)
		k.field = slices.Concat(index, []int{i})
		k.defaultValue, k.doc = field.Tag.Get("default"), field.Tag.Get("doc")
		if k.isSecret() {
			keys = append(keys, k, k.secretFile())
			continue
		}
		if field.Type.Kind() == reflect.Struct {
			keys = append(keys, keysOf(field.Type, k.path+".", k.field)...)
			continue
		}
		keys = append(keys, k)
	}
	return keys
}

var kindNames = map[string]string{
	"bool":          "true or false",
	"int":           "a whole number",
	"int64":         "a whole number",
	"float64":       "a number",
	"time.Duration": "a duration such as 500ms, 15s or 2m",
	"slog.Level":    "one of debug, info, warn, error",
	"[]string":      "a list of values",
	"secret.Value":  "text",
}

// kindName describes the values that a key accepts.
func (k key) kindName() string { return cmp.Or(kindNames[k.kind.String()], "text") }
