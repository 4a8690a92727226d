package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/acme/billing-api/internal/secret"
)

// prefix begins the name of every environment variable that is read.
const prefix = "BILLING_API_"

// separator stands between the levels of a key in the name of a variable. One
// underscore would not do: keys contain underscores themselves, and Kubernetes
// sets BILLING_API_PORT and its like for a Service of the same name.
const separator = "__"

// fileSuffix makes, from the key of a secret, the key of the file that holds it.
const fileSuffix = "_file"

var (
	secretType   = reflect.TypeFor[secret.Value]()
	durationType = reflect.TypeFor[time.Duration]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// key is one setting.
type key struct {
	path     string // server.tls.cert_file
	variable string // BILLING_API_SERVER__TLS__CERT_FILE
	fallback string // the default
	doc      string
	typ      reflect.Type
	index    []int  // the field, counted from the outermost struct; nil for the file of a secret
	secretOf string // for the file of a secret: the key of the secret
}

func (k key) isSecret() bool { return k.typ == secretType }

// section is a group of keys.
type section struct {
	path  string
	doc   string
	index []int
}

// schema is what a struct says about its settings.
type schema struct {
	keys     []key // in the order of the fields
	byPath   map[string]key
	sections []section // in the order of the fields, outer before inner
}

// newSchema reads the tags of a struct. Its errors are mistakes in the struct.
func newSchema(t reflect.Type) (*schema, error) {
	s := &schema{byPath: make(map[string]key)}
	if err := s.addFields(t, "", nil); err != nil {
		return nil, fmt.Errorf("settings of %s: %w", t, err)
	}
	return s, nil
}

func (s *schema) addFields(t reflect.Type, parent string, index []int) error {
	for i := range t.NumField() {
		field := t.Field(i)
		path := field.Tag.Get("yaml")
		if path == "" || strings.ToLower(path) != path || strings.ContainsAny(path, ".,- ") || strings.Contains(path, separator) {
			return fmt.Errorf("field %s of %s: yaml:%q is no key", field.Name, t, path)
		}
		if parent != "" {
			path = parent + "." + path
		}
		here := slices.Concat(index, []int{i})
		doc := field.Tag.Get("doc")
		if doc == "" && (parent == "" || !isSection(field.Type)) {
			return fmt.Errorf("%s: no doc", path)
		}

		if isSection(field.Type) {
			s.sections = append(s.sections, section{path: path, doc: doc, index: here})
			if err := s.addFields(field.Type, path, here); err != nil {
				return err
			}
			continue
		}
		if parent == "" {
			return fmt.Errorf("%s: a key must be in a section", path)
		}
		if !supported(field.Type) {
			return fmt.Errorf("%s: %s cannot be a setting", path, field.Type)
		}
		fallback := field.Tag.Get("default")
		k := key{path: path, variable: variableOf(path), fallback: fallback, doc: doc, typ: field.Type, index: here}
		if err := s.add(k); err != nil {
			return err
		}
		if k.isSecret() {
			file := key{path: path + fileSuffix, doc: "File that holds " + path + ".", typ: reflect.TypeFor[string](), secretOf: path}
			file.variable = variableOf(file.path)
			if err := s.add(file); err != nil {
				return err
			}
		}
	}
	return nil
}

// isSection reports whether fields of type t are settings of their own, rather
// than one setting.
func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != secretType && !readsItself(t)
}

func (s *schema) add(k key) error {
	if _, taken := s.byPath[k.path]; taken {
		return fmt.Errorf("%s: defined twice", k.path)
	}
	s.keys = append(s.keys, k)
	s.byPath[k.path] = k
	return nil
}

func (s *schema) hasSection(path string) bool {
	for _, section := range s.sections {
		if section.path == path {
			return true
		}
	}
	return false
}

// unknown describes a key that does not exist.
func (s *schema) unknown(path string) string {
	candidates := make([]string, 0, len(s.keys)+len(s.sections))
	for _, k := range s.keys {
		candidates = append(candidates, k.path)
	}
	for _, section := range s.sections {
		candidates = append(candidates, section.path)
	}
	return "unknown key" + didYouMean(path, candidates)
}

func variableOf(path string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(path, ".", separator))
}
