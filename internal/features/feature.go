// Package features knows what a feature is, which ones there are, and what a selection of them means.
//
// A feature is a folder of templates with a manifest, feature.yaml. Load reads every folder into a Catalog and checks
// that the folders fit together; Resolve turns the names somebody chose into a Set: everything that is required, one
// provider for each capability, and the folders to lay over each other, in order. Nothing here looks at the content of
// a template: that is the generator's part.
package features

// Feature is one folder of the catalog: what its manifest says, and what its folder holds.
type Feature struct {
	Name      string     // the folder's name, which is also the word on the command line
	Title     string     // two or three words, as the wizard shows it
	Summary   string     // one sentence: what the service gains
	Group     string     // the page of the wizard; empty when hidden
	Requires  []string   // features that are pulled in with this one
	Needs     []string   // capabilities that some chosen feature must provide
	Provides  []string   // capabilities that this feature provides
	Default   bool       // provides its capabilities when no chosen feature does
	Hidden    bool       // never chosen by name: a default provider, or the value of a choice
	Presets   []string   // presets that hold this feature, apart from full
	Questions []Question // what is asked when the feature is chosen
	Traces    []string   // words that must not occur in a project without the feature
	Files     []string   // paths below files/, sorted, as they are stored
	Slots     []string   // slots that the feature fills, sorted
	Probes    []string   // scripts below probes/ that ask the booted service for the feature, sorted, without extension
	Proofs    []string   // Go tests below proofs/, sorted: run with those of the project, but not rendered into it
}

// The kinds of a Question.
const (
	KindText   = "text"   // a line of text that takes the place of the question's sample
	KindNumber = "number" // a whole number that takes the place of the question's sample
	KindChoice = "choice" // one of several values, each a hidden feature named <flag>-<value>
)

// Question is one thing that is asked beside name, module and features. Each has a default, so none must be answered.
type Question struct {
	Flag    string   // the flag on the command line without dashes, and the key in an answers file
	Title   string   // the question in a few words
	Help    string   // one sentence more
	Kind    string   // KindText, KindNumber or KindChoice
	Default string   // the answer when none is given; in a text the sample words stand for the real ones
	Sample  string   // text and number: the literal in the templates that the answer replaces
	Pattern string   // text: a regular expression that the whole answer must match; empty accepts any
	Min     int      // number: the smallest answer
	Max     int      // number: the largest answer
	Choices []Choice // choice: what can be answered, in the order to show
	Feature string   // who asks: a feature's name, empty for the base
}

// Choice is one possible answer to a question of KindChoice.
type Choice struct {
	Value string // as written on the command line
	Title string // as the wizard shows it
	Help  string // what speaks for it, in one sentence
}

// Group is a page of the wizard: the visible features with the same group, by name.
type Group struct {
	Name     string
	Features []Feature
}

// Preset is a named selection.
type Preset struct {
	Name     string
	Features []string // sorted
}
