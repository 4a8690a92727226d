package config

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"git.example.org/shop/orders/v2/internal/secret"
)

// supported reports whether a field of type t can be a setting: text, a
// boolean, a number, a duration, a secret, whatever reads itself from text, or
// a list of these.
func supported(t reflect.Type) bool {
	if t.Kind() == reflect.Slice && !readsItself(t) {
		return t.Elem().Kind() != reflect.Slice && t.Elem() != secretType && supported(t.Elem())
	}
	plain := []reflect.Kind{reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64}
	return slices.Contains(plain, t.Kind()) || t == secretType || readsItself(t)
}

func readsItself(t reflect.Type) bool { return reflect.PointerTo(t).Implements(textType) }

func isList(t reflect.Type) bool { return t.Kind() == reflect.Slice && !readsItself(t) }

// parse reads a value as a variable, a flag or a default gives it. A list is
// separated by commas.
func parse(t reflect.Type, text string) (reflect.Value, error) {
	if !isList(t) {
		return parseScalar(t, text)
	}
	list := reflect.MakeSlice(t, 0, 0)
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		value, err := parseScalar(t.Elem(), item)
		if err != nil {
			return reflect.Value{}, err
		}
		list = reflect.Append(list, value)
	}
	return list, nil
}

// parseScalar reads a single value. Its errors quote the text: it is never
// asked to fail on a secret.
func parseScalar(t reflect.Type, text string) (reflect.Value, error) {
	value := reflect.New(t).Elem()
	switch t {
	case secretType:
		value.Set(reflect.ValueOf(secret.New(text)))
		return value, nil
	case durationType:
		d, err := time.ParseDuration(text)
		if err != nil {
			return value, fmt.Errorf("%q is not a duration such as 500ms, 15s or 2m", text)
		}
		value.SetInt(int64(d))
		return value, nil
	}
	if target, ok := value.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return value, target.UnmarshalText([]byte(text))
	}
	switch t.Kind() {
	case reflect.String:
		value.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return value, fmt.Errorf("%q is neither true nor false", text)
		}
		value.SetBool(b)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 0, t.Bits())
		if err != nil {
			return value, fmt.Errorf("%q is not a whole number", text)
		}
		value.SetInt(n)
	default:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return value, fmt.Errorf("%q is not a number", text)
		}
		value.SetFloat(f)
	}
	return value, nil
}

// nodeError is a value of the wrong type, and where in the file it stands.
type nodeError struct {
	node *yaml.Node
	err  error
}

// parseNode reads a value as a YAML file gives it. In a file the type must be
// right as well as the text: port: "8080" is a string, hence an error.
func parseNode(t reflect.Type, node *yaml.Node) (reflect.Value, *nodeError) {
	if !isList(t) {
		return parseScalarNode(t, node)
	}
	if node.Kind != yaml.SequenceNode {
		return reflect.Value{}, &nodeError{node, fmt.Errorf("must be a list, not %s", describe(node))}
	}
	list := reflect.MakeSlice(t, 0, len(node.Content))
	for _, item := range node.Content {
		value, err := parseScalarNode(t.Elem(), item)
		if err != nil {
			return reflect.Value{}, err
		}
		list = reflect.Append(list, value)
	}
	return list, nil
}

func parseScalarNode(t reflect.Type, node *yaml.Node) (reflect.Value, *nodeError) {
	if node.Kind != yaml.ScalarNode || !fits(t, node.ShortTag()) {
		return reflect.Value{}, &nodeError{node, fmt.Errorf("must be %s, not %s", typeName(t), describe(node))}
	}
	value, err := parseScalar(t, node.Value)
	if err != nil {
		return reflect.Value{}, &nodeError{node, err}
	}
	return value, nil
}

// fits reports whether a value with a YAML tag may become a t. Text may look
// like anything: a version 1.2 needs no quotes.
func fits(t reflect.Type, tag string) bool {
	switch typeName(t) {
	case "true or false":
		return tag == "!!bool"
	case "a whole number":
		return tag == "!!int"
	case "a number":
		return tag == "!!int" || tag == "!!float"
	}
	return slices.Contains([]string{"!!str", "!!int", "!!float", "!!bool", "!!timestamp"}, tag)
}

// typeName says what is expected, for errors.
func typeName(t reflect.Type) string {
	switch {
	case t == durationType:
		return "a duration"
	case readsItself(t):
		return "text"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64:
		return "a whole number"
	case t.Kind() == reflect.Float64:
		return "a number"
	}
	return "text"
}

// describe says what was found, for errors. It never shows the value, which
// may be a secret in the wrong place.
func describe(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a group of keys"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	default:
	}
	switch node.ShortTag() {
	case "!!null":
		return "empty"
	case "!!str":
		return "text"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	}
	return node.ShortTag()
}
