package config

import (
	"reflect"
	"strings"
	"testing"
)

// Whatever stands in a file, a variable and a flag, loading gives either a
// configuration or an error, and never shows a secret that is in place.
func FuzzLoad(f *testing.F) {
	f.Add("server:\n  port: 8080\n", "ORDERS_SERVER__PORT=8081", "log.level=warn", "development")
	f.Add("part: {text: *a, wholes: [1, [2]], inner: {wholes: []}}", "ORDERS_PART__DELAY=1", "part.ratio=.inf", "")
	f.Add("a: &a [*a]\n---\n? {b: c}\n: !!binary x\n", "ORDERS_PART_TEXT=tcp://", "=", "production")
	f.Add("<<: {part: 1}\npart:\n  <<: *x\n\t", "ORDERS___=x", "part.secret=x", "staging")
	f.Fuzz(func(t *testing.T, document, variable, assignment, profile string) {
		for _, of := range []reflect.Type{reflect.TypeFor[Config](), reflect.TypeFor[everything]()} {
			schema, err := newSchema(of)
			if err != nil {
				t.Fatal(err)
			}
			sources := Sources{Environ: []string{"ORDERS_PART__SECRET=correct-horse", variable}, Set: []string{assignment}, Profile: profile}
			if _, found := schema.byPath["part.secret_file"]; found && strings.Contains(strings.ToLower(variable+assignment), "secret_file") {
				return // it may name any file of this machine
			}
			r, problems := load(schema, sources, reflect.New(of).Elem())
			_, more := schema.readYAML(Origin{layer: layerFile, name: "config.yaml"}, []byte(document))
			problems = append(problems, more...)
			if err := joinSorted(problems); err != nil && strings.Contains(err.Error(), "correct-horse") {
				t.Errorf("the error shows the secret: %v", err)
			}
			if len(problems) > 0 {
				continue
			}
			for _, k := range schema.keys {
				if text := format(r.settings[k.path].value); strings.Contains(text, "correct-horse") {
					t.Errorf("%s shows the secret: %s", k.path, text)
				}
			}
		}
	})
}
