package features

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// manifest is the format of feature.yaml. Unknown keys, duplicate keys and values of the wrong type are errors, because
// a misspelt key would silently drop a part of the feature.
type manifest struct {
	Title     string             `yaml:"title"`
	Summary   string             `yaml:"summary"`
	Group     string             `yaml:"group"`
	Requires  []string           `yaml:"requires"`
	After     []string           `yaml:"after"`
	Needs     []string           `yaml:"needs"`
	Provides  []string           `yaml:"provides"`
	Default   bool               `yaml:"default"`
	Hidden    bool               `yaml:"hidden"`
	Presets   []string           `yaml:"presets"`
	Questions []manifestQuestion `yaml:"questions"`
	Traces    []string           `yaml:"traces"`
	Owns      []string           `yaml:"owns"`
}

type manifestQuestion struct {
	Flag    string           `yaml:"flag"`
	Title   string           `yaml:"title"`
	Help    string           `yaml:"help"`
	Kind    string           `yaml:"kind"`
	Default string           `yaml:"default"`
	Sample  string           `yaml:"sample"`
	Pattern string           `yaml:"pattern"`
	Form    string           `yaml:"form"`
	Except  []string         `yaml:"except"`
	Example bool             `yaml:"example"`
	Values  []string         `yaml:"values"`
	Min     int              `yaml:"min"`
	Max     int              `yaml:"max"`
	Choices []manifestChoice `yaml:"choices"`
}

type manifestChoice struct {
	Value string `yaml:"value"`
	Title string `yaml:"title"`
	Help  string `yaml:"help"`
}

// readManifest decodes one manifest. The error contains the file, the line and the key.
func readManifest(path string, data []byte) (manifest, error) {
	var m manifest
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&m); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the manifest is empty; set at least title and summary")
		}
		return manifest{}, fmt.Errorf("%s: %w", path, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return manifest{}, fmt.Errorf("%s: more than one YAML document; keep one", path)
	}
	return m, nil
}

func (m manifest) feature(name string) Feature {
	f := Feature{
		Name: name, Title: m.Title, Summary: m.Summary, Group: m.Group,
		Requires: m.Requires, After: m.After, Needs: m.Needs, Provides: m.Provides,
		Default: m.Default, Hidden: m.Hidden, Presets: m.Presets, Traces: m.Traces, Owns: m.Owns,
	}
	for _, q := range m.Questions {
		question := Question{
			Flag: q.Flag, Title: q.Title, Help: q.Help, Kind: q.Kind, Default: q.Default,
			Sample: q.Sample, Pattern: q.Pattern, Form: q.Form, Except: q.Except, Example: q.Example, Values: q.Values, Min: q.Min, Max: q.Max, Feature: name,
		}
		for _, c := range q.Choices {
			question.Choices = append(question.Choices, Choice(c))
		}
		f.Questions = append(f.Questions, question)
	}
	return f
}
