package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// layer is a place that settings come from. A higher one overrides a lower one.
type layer int

const (
	layerDefault layer = iota
	layerProfile
	layerFile
	layerEnvironment
	layerFlag
)

// Origin is where a value was set.
type Origin struct {
	layer        layer
	name         string // of the profile, file, variable or flag
	line, column int    // in a file or profile
}

// String returns the origin in a form that editors and people find:
// file:line:column, or the name of the variable, flag or profile.
func (o Origin) String() string {
	text := o.name
	switch o.layer {
	case layerDefault:
		return "default"
	case layerProfile:
		text = "profile " + text
	case layerFile, layerEnvironment, layerFlag:
	}
	if o.line > 0 {
		text += fmt.Sprintf(":%d", o.line)
		if o.column > 0 {
			text += fmt.Sprintf(":%d", o.column)
		}
	}
	return text
}

// compareOrigins orders by layer, then by place.
func compareOrigins(a, b Origin) int {
	return cmp.Or(
		cmp.Compare(a.layer, b.layer),
		cmp.Compare(a.name, b.name),
		cmp.Compare(a.line, b.line),
		cmp.Compare(a.column, b.column),
	)
}

// settingError is one thing that is wrong with the settings.
type settingError struct {
	origin   Origin
	key      string // empty if the problem is that of a whole file
	variable string // that would set the key, empty for an unknown key
	problem  string
}

func (e *settingError) Error() string {
	var b strings.Builder
	b.WriteString(e.origin.String())
	if e.key != "" {
		b.WriteString(": " + e.key)
	}
	b.WriteString(": " + e.problem)
	if e.variable != "" && e.variable != e.origin.name {
		b.WriteString(" (environment: " + e.variable + ")")
	}
	return b.String()
}

// joinSorted returns all problems as one error, a line each, in the order of
// their places.
func joinSorted(problems []*settingError) error {
	slices.SortStableFunc(problems, func(a, b *settingError) int {
		return cmp.Or(compareOrigins(a.origin, b.origin), cmp.Compare(a.key, b.key), cmp.Compare(a.problem, b.problem))
	})
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = p
	}
	return errors.Join(errs...)
}
