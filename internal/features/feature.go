// Package features reads the catalog of features and resolves selections of them.
//
// A feature is a folder of templates with a manifest, feature.yaml. Load reads every folder into a Catalog and
// validates it. Resolve turns selected names into a Set: the features with their requirements, one provider for each
// capability, and the overlay folders in order. The package does not read the content of templates; the generator does.
package features

import "slices"

// Feature is one folder of the catalog: its manifest and a list of its content.
type Feature struct {
	Name      string     // name of the folder, and name on the command line
	Title     string     // two or three words for the wizard
	Summary   string     // one sentence: what the feature adds to the service
	Group     string     // page of the wizard; empty for a hidden feature
	Requires  []string   // features that this feature adds to a selection
	After     []string   // features whose fragments come before those of this one, if they are in the set
	Needs     []string   // capabilities that a feature in the set must provide
	Provides  []string   // capabilities that this feature provides
	Default   bool       // provides its capabilities if no other feature in the set does
	Hidden    bool       // cannot be selected by name: a default provider, or the value of a choice
	Presets   []string   // presets that contain this feature, except full
	Questions []Question // questions of the feature
	Traces    []string   // words that must not occur in a project without the feature
	Owns      []string   // paths in the project below which only a set with this feature has files
	Files     []string   // paths below files/, sorted, before dots are restored
	Slots     []string   // slots that the feature fills, sorted
	Probes    []string   // scripts below probes/ that test the booted service, sorted, without extension
	Proofs    []string   // Go tests and alert tests below proofs/, sorted; run with the project's tests, but not part of it
}

// predecessors returns the features that come before this one in every set that has them.
func (f Feature) predecessors() []string { return slices.Concat(f.Requires, f.After) }

// The kinds of a Question.
const (
	KindText   = "text"   // a line of text that replaces the sample of the question
	KindNumber = "number" // a whole number that replaces the sample of the question
	KindNoun   = "noun"   // a noun that replaces the sample resource in all its spellings, optionally with its plural
	KindChoice = "choice" // one of several values, each with a hidden feature named <flag>-<value>
)

// ValueNone is the value of a choice that brings nothing.
const ValueNone = "none"

// Question is a question in addition to name, module and features. Every question has a default.
type Question struct {
	Flag    string   // flag on the command line without dashes, and key in an answers file
	Title   string   // the question in a few words
	Help    string   // one more sentence
	Kind    string   // KindText, KindNumber, KindNoun or KindChoice
	Default string   // the generator replaces sample words in the default of a text
	Sample  string   // text and number: the literal in the templates that the answer replaces
	Pattern string   // text: a regular expression that the whole answer must match; empty accepts any text
	Form    string   // text with a pattern: what to write, as the object of "write"; errors say it instead of the pattern
	Except  []string // text with a pattern: answers that match it and are invalid
	Example bool     // text: the default is an example, which the team replaces
	Values  []string // text: the only valid answers, in display order; empty accepts any text
	Min     int      // number: minimum
	Max     int      // number: maximum
	Choices []Choice // choice: the values, in display order
	Feature string   // name of the feature or pair that asks; empty for the base
}

// Choice is one value of a question of KindChoice.
type Choice struct {
	Value string // value on the command line
	Title string // label in the wizard
	Help  string // one sentence: when to choose this value
}

// Group is a page of the wizard: the visible features of one group, sorted by name.
type Group struct {
	Name     string
	Features []Feature
}

// Preset is a named selection.
type Preset struct {
	Name     string
	Features []string          // sorted
	Choices  map[string]string // by flag; other choices have their defaults
}
