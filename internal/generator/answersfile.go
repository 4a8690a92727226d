package generator

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/mod/semver"

	"github.com/acton-go/acton-new/internal/features"
)

// record is the format of RecordFile and of answers files. In an answers file every key is optional.
type record struct {
	Schema    int               `yaml:"schema"`
	Generator string            `yaml:"generator"`
	Name      string            `yaml:"name"`
	Module    string            `yaml:"module"`
	Branch    string            `yaml:"branch,omitempty"`
	Features  []string          `yaml:"features"`
	Values    map[string]string `yaml:"values"`
	Hash      string            `yaml:"hash"`
}

var recordKeys = []string{"schema", "generator", "name", "module", "branch", "features", "values", "hash"}

// ReadAnswers reads an answers file or the record of a project. It also returns the line of each answer, by key of the
// file or flag of the question. It rejects unknown and duplicate keys, and a newer schema: that error names the version of
// the generator to use. It does not validate the values; Resolve does.
func ReadAnswers(data []byte) (a Answers, lines map[string]int, err error) {
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return Answers{}, nil, nil
	case err != nil:
		return Answers{}, nil, syntaxError(err)
	}
	root := doc.Content[0]
	if isNull(root) {
		return Answers{}, nil, nil
	}
	if err := checkSchema(root); err != nil {
		return Answers{}, nil, err
	}
	if lines, err = checkRecord(root); err != nil {
		return Answers{}, nil, err
	}
	var r record
	if err := root.Decode(&r); err != nil {
		return Answers{}, nil, syntaxError(err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return Answers{}, nil, errors.New("more than one YAML document; keep one")
	}
	maps.DeleteFunc(r.Values, func(flag, _ string) bool { return lines[flag] == 0 }) // null is no answer
	if r.Hash != "" {
		r.Branch = cmp.Or(r.Branch, DefaultBranch) // a record omits it
	}
	return Answers{Name: r.Name, Module: r.Module, Branch: r.Branch, Features: r.Features, Values: r.Values}, lines, nil
}

var syntaxPattern = regexp.MustCompile(`^yaml: (line [0-9]+: )?`)

// syntaxError rewords an error of the YAML library. Its line may be the one before or after the mistake.
func syntaxError(err error) error {
	text := strings.ReplaceAll(err.Error(), "\n", " ")
	line := strings.Replace(strings.TrimPrefix(syntaxPattern.FindString(text), "yaml: "), "line", "near line", 1)
	return fmt.Errorf("%sinvalid YAML (%s); check the indentation, the quotes and the brackets", line, syntaxPattern.ReplaceAllString(text, ""))
}

// checkSchema rejects other versions of the format. It comes before other checks, which a newer format need not pass.
func checkSchema(root *yaml.Node) error {
	var head struct {
		Schema    int    `yaml:"schema"`
		Generator string `yaml:"generator"`
	}
	_ = root.Decode(&head) // checkRecord reports an error
	switch {
	case head.Schema > schema:
		if !semver.IsValid(head.Generator) {
			head.Generator = "latest"
		}
		return fmt.Errorf("schema %d is newer than %d, the newest that this generator reads; use go run %s@%s",
			head.Schema, schema, command, head.Generator)
	case head.Schema < 0:
		return fmt.Errorf("unknown schema %d; use %d", head.Schema, schema)
	}
	return nil
}

// checkRecord checks the keys and the kinds of their values, and returns the line of each answer. Errors name the line,
// the key and what to write.
func checkRecord(root *yaml.Node) (map[string]int, error) {
	lines := map[string]int{}
	err := eachKey(root, "", "write one key for each answer, such as name: billing-api", func(key, value *yaml.Node) error {
		if !slices.Contains(recordKeys, key.Value) {
			return unknownKeyError(key)
		}
		lines[key.Value] = key.Line
		switch key.Value {
		case "features":
			return checkList(value)
		case "values":
			return eachKey(value, "values: ", "write one key for each question, such as registry: ghcr.io/acme", func(flag, answer *yaml.Node) error {
				if isNull(answer) {
					return nil
				}
				lines[flag.Value] = flag.Line
				return checkScalar("values: "+flag.Value, answer)
			})
		case "schema":
			if value.Kind == yaml.ScalarNode && value.Tag != "!!int" && !isNull(value) {
				return fmt.Errorf("line %d: schema: %q is not a number; write %d without quotes", value.Line, value.Value, schema)
			}
		}
		return checkScalar(key.Value, value)
	})
	return lines, err
}

// eachKey calls check for each key of a mapping. It rejects other nodes, with an error that says what to write, and
// duplicate keys.
func eachKey(node *yaml.Node, where, want string, check func(key, value *yaml.Node) error) error {
	node = resolveAlias(node)
	if isNull(node) {
		return nil
	}
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: %s%s", node.Line, where, want)
	}
	first := map[string]int{}
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], resolveAlias(node.Content[i+1])
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			return fmt.Errorf("line %d: %sa key must be one word; %s", key.Line, where, want)
		}
		if line, ok := first[key.Value]; ok {
			return fmt.Errorf("line %d: %skey %q is also in line %d; keep one of them", key.Line, where, key.Value, line)
		}
		first[key.Value] = key.Line
		if err := check(key, value); err != nil {
			return err
		}
	}
	return nil
}

func unknownKeyError(key *yaml.Node) error {
	if s := features.Suggest(key.Value, recordKeys); s != "" {
		return fmt.Errorf("line %d: unknown key %q; did you mean %q?", key.Line, key.Value, s)
	}
	return fmt.Errorf("line %d: unknown key %q; write name, module, branch, features, or values with the answers to other questions below it",
		key.Line, key.Value)
}

func checkList(node *yaml.Node) error {
	const want = "write a list, such as [database, observability], or [] for none"
	if isNull(node) {
		return nil
	}
	if node.Kind != yaml.SequenceNode {
		return fmt.Errorf("line %d: features: %s", node.Line, want)
	}
	for _, item := range node.Content {
		if item := resolveAlias(item); item.Kind != yaml.ScalarNode || isNull(item) || item.Value == "none" {
			return fmt.Errorf("line %d: features: an entry is not a name; %s", item.Line, want)
		}
	}
	return nil
}

func checkScalar(key string, node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: %s: write one value, not a list or a mapping", node.Line, key)
	}
	return nil
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }

func resolveAlias(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}
