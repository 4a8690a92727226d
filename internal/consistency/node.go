package consistency

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// node is a YAML value with the file and line that it came from, even after a patch has moved it. A nil node is a
// missing value: methods that read accept it.
type node struct {
	file   string
	line   int
	scalar bool
	text   string // value of a scalar
	null   bool
	keys   []string // keys of a mapping, in order
	fields map[string]*node
	items  []*node // items of a sequence
	list   bool
}

// parseYAML returns the documents of a file without empty ones.
func parseYAML(file string, data []byte) ([]*node, error) {
	var documents []*node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return documents, err
		}
		if n := newNode(file, &doc, 0); n != nil && !n.null {
			documents = append(documents, n)
		}
	}
}

// maxDepth limits the nesting, as an alias can refer to itself.
const maxDepth = 100

func newNode(file string, y *yaml.Node, depth int) *node {
	if depth > maxDepth {
		return nil
	}
	n := &node{file: file, line: y.Line}
	switch y.Kind {
	case yaml.DocumentNode:
		if len(y.Content) == 0 {
			return nil
		}
		return newNode(file, y.Content[0], depth+1)
	case yaml.AliasNode:
		return newNode(file, y.Alias, depth+1)
	case yaml.MappingNode:
		n.fields = map[string]*node{}
		for i := 0; i+1 < len(y.Content); i += 2 {
			value := newNode(file, y.Content[i+1], depth+1)
			if value == nil {
				continue
			}
			if y.Content[i].Tag == "!!merge" {
				for _, key := range value.keys {
					if n.fields[key] == nil {
						n.set(key, value.fields[key])
					}
				}
				continue
			}
			value.line = y.Content[i].Line
			n.set(y.Content[i].Value, value)
		}
	case yaml.SequenceNode:
		n.list = true
		for _, item := range y.Content {
			if value := newNode(file, item, depth+1); value != nil {
				n.items = append(n.items, value)
			}
		}
	default:
		n.scalar, n.text, n.null = true, y.Value, y.Tag == "!!null"
	}
	return n
}

// newText returns a scalar at the location of another node.
func newText(at *node, text string) *node {
	return &node{file: at.file, line: at.line, scalar: true, text: text}
}

// newMapping returns an empty mapping at the location of another node.
func newMapping(at *node) *node {
	return &node{file: at.file, line: at.line, fields: map[string]*node{}}
}

func (n *node) isMapping() bool { return n != nil && n.fields != nil }

// at returns the node below the keys, or nil.
func (n *node) at(keys ...string) *node {
	for _, key := range keys {
		if n == nil {
			return nil
		}
		n = n.fields[key]
	}
	return n
}

// str returns the text of a scalar, or an empty string for other nodes.
func (n *node) str() string {
	if n == nil || n.null {
		return ""
	}
	return n.text
}

func (n *node) int() (int, bool) {
	if n == nil || !n.scalar {
		return 0, false
	}
	i, err := strconv.Atoi(n.text)
	return i, err == nil
}

func (n *node) isTrue() bool { return n.str() == "true" }

// each yields the items of a sequence.
func (n *node) each() iter.Seq[*node] {
	if n == nil {
		return slices.Values[[]*node](nil)
	}
	return slices.Values(n.items)
}

// strs returns the scalars of a sequence. For a scalar it returns the scalar.
func (n *node) strs() []string {
	if n == nil {
		return nil
	}
	if n.scalar {
		return []string{n.text}
	}
	var texts []string
	for _, item := range n.items {
		texts = append(texts, item.str())
	}
	return texts
}

// pairs yields the keys of a mapping with their values.
func (n *node) pairs() iter.Seq2[string, *node] {
	return func(yield func(string, *node) bool) {
		if n == nil {
			return
		}
		for _, key := range n.keys {
			if !yield(key, n.fields[key]) {
				return
			}
		}
	}
}

// texts returns a mapping of scalars, such as labels.
func (n *node) texts() map[string]string {
	texts := map[string]string{}
	for key, value := range n.pairs() {
		texts[key] = value.str()
	}
	return texts
}

func (n *node) set(key string, value *node) {
	if _, exists := n.fields[key]; !exists {
		n.keys = append(n.keys, key)
	}
	n.fields[key] = value
}

func (n *node) remove(key string) {
	delete(n.fields, key)
	n.keys = slices.DeleteFunc(n.keys, func(k string) bool { return k == key })
}

// ensure returns the mapping below the keys, and creates missing mappings.
func (n *node) ensure(keys ...string) *node {
	for _, key := range keys {
		if !n.fields[key].isMapping() {
			n.set(key, newMapping(n))
		}
		n = n.fields[key]
	}
	return n
}

func (n *node) clone() *node {
	if n == nil {
		return nil
	}
	c := *n
	c.keys = slices.Clone(n.keys)
	if n.fields != nil {
		c.fields = make(map[string]*node, len(n.fields))
		for key, value := range n.fields {
			c.fields[key] = value.clone()
		}
	}
	c.items = nil
	for _, item := range n.items {
		c.items = append(c.items, item.clone())
	}
	return &c
}

// walk calls do with every node, parents before children.
func (n *node) walk(do func(*node)) {
	if n == nil {
		return
	}
	do(n)
	for _, key := range n.keys {
		n.fields[key].walk(do)
	}
	for _, item := range n.items {
		item.walk(do)
	}
}

// place returns the file and line of a node.
func (n *node) place() (file string, line int) {
	if n == nil {
		return "", 0
	}
	return n.file, n.line
}

// all returns the items of a sequence.
func (n *node) all() []*node {
	if n == nil {
		return nil
	}
	return n.items
}

// nodes returns the values of a mapping.
func (n *node) nodes() map[string]*node {
	if n == nil {
		return nil
	}
	return n.fields
}
