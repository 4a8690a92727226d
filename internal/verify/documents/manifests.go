package documents

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parses returns a syntax error in a JSON or YAML block. It does not check other languages.
func (b Block) parses() error {
	switch b.Lang {
	case "json":
		var value any
		if err := json.Unmarshal([]byte(b.Text), &value); err != nil {
			return fmt.Errorf("invalid JSON: %w", err)
		}
	case "yaml":
		if _, err := documentsOf(b.Text); err != nil {
			return fmt.Errorf("invalid YAML: %w", err)
		}
	}
	return nil
}

// documentsOf returns the documents of a YAML file.
func documentsOf(text string) ([]yaml.Node, error) {
	var all []yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, document)
	}
}

// objects returns the names of all objects in the manifests below deploy/, by kind. Namespaces that objects and
// kustomizations name also count.
func objects(files map[string]string) (map[string]map[string]bool, error) {
	all := map[string]map[string]bool{}
	add := func(kind, name string) {
		kind = strings.ToLower(kind)
		if all[kind] == nil {
			all[kind] = map[string]bool{}
		}
		all[kind][name] = true
	}
	for file, text := range files {
		if !strings.HasPrefix(file, "deploy/") || path.Ext(file) != ".yaml" {
			continue
		}
		documents, err := documentsOf(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, d := range documents {
			var object struct {
				Kind      string
				Namespace string
				Metadata  struct{ Name, Namespace string }
				Spec      struct {
					Target struct{ Name string } // the Secret that an ExternalSecret creates
				}
			}
			if d.Decode(&object) != nil {
				continue // not an object, such as a list of rules
			}
			for _, namespace := range []string{object.Namespace, object.Metadata.Namespace} {
				if namespace != "" {
					add("namespace", namespace)
				}
			}
			if object.Kind == "" || object.Metadata.Name == "" {
				continue
			}
			add(object.Kind, object.Metadata.Name)
			if object.Kind == "ExternalSecret" {
				add("secret", object.Spec.Target.Name)
			}
		}
	}
	return all, nil
}
