package features

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// small returns the catalog in the testdata of the generator. It has six features, a pair, a capability, a choice and a
// preset.
func small(t testing.TB) *Catalog {
	t.Helper()
	c, err := Load(os.DirFS("../generator/testdata/catalog"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const validBase = "title: Base\nsummary: A base.\n"

func feature(lines ...string) string {
	return "title: T\nsummary: S.\n" + strings.Join(lines, "\n") + "\n"
}

// catalogOf returns a catalog with these manifests. Each feature also has a file.
func catalogOf(base string, manifests map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{"_base/feature.yaml": {Data: []byte(base)}, "_base/files/README.md": {}}
	for name, text := range manifests {
		name = strings.Replace(name, "+", "/with/", 1)
		if text != "" {
			fsys["_features/"+name+"/feature.yaml"] = &fstest.MapFile{Data: []byte(text)}
		}
		fsys["_features/"+name+"/files/"+strings.ReplaceAll(name, "/", "-")] = &fstest.MapFile{}
	}
	return fsys
}

func TestLoadRejectsInvalidCatalog(t *testing.T) {
	question := func(text string) string { return validBase + "questions:\n  - " + text + "\n" }
	tests := map[string]struct {
		base      string
		manifests map[string]string
		want      string
	}{
		"unknown key":         {validBase + "titel: x\n", nil, "_base/feature.yaml: yaml: unmarshal errors:\n  line 3: field titel not found"},
		"key twice":           {validBase + "title: x\n", nil, `mapping key "title" already defined`},
		"wrong kind":          {validBase, map[string]string{"a": feature("group: g", "requires: b")}, "_features/a/feature.yaml: yaml: unmarshal errors:\n  line 4: cannot unmarshal !!str"},
		"empty manifest":      {"", nil, "the manifest is empty"},
		"two documents":       {validBase + "---\ntitle: x\n", nil, "more than one YAML document"},
		"no manifest":         {validBase, map[string]string{"a": ""}, "_features/a/feature.yaml: file does not exist"},
		"no title":            {"summary: x\n", nil, "title is missing"},
		"no group":            {validBase, map[string]string{"a": feature()}, `group "" must be`},
		"bad name":            {validBase, map[string]string{"A_b": feature("group: g")}, "lower-case letters"},
		"hidden in a preset":  {validBase, map[string]string{"a": feature("hidden: true", "presets: [p]")}, "cannot have a group or presets"},
		"unknown requirement": {validBase, map[string]string{"clock": feature("group: g"), "b": feature("group: g", "requires: [clok]")}, `requires: unknown feature "clok"; did you mean "clock"?`},
		"cycle":               {validBase, map[string]string{"a": feature("group: g", "requires: [b]"), "b": feature("group: g", "requires: [a]")}, "comes after itself"},
		"after a cycle":       {validBase, map[string]string{"a": feature("group: g", "after: [b]"), "b": feature("group: g", "requires: [a]")}, "comes after itself"},
		"after unknown":       {validBase, map[string]string{"clock": feature("group: g"), "b": feature("group: g", "after: [clok]")}, `after: unknown feature "clok"; did you mean "clock"?`},
		"itself":              {validBase, map[string]string{"a": feature("group: g", "requires: [a]")}, "comes after itself"},
		"required twice":      {validBase, map[string]string{"a": feature("group: g"), "b": feature("group: g", "requires: [a, a]")}, `"a" occurs twice`},
		"no default provider": {validBase + "needs: [store]\n", map[string]string{"a": feature("group: g", "provides: [store]")}, `"store" has no default provider`},
		"two defaults":        {validBase, map[string]string{"a": feature("hidden: true", "provides: [s]", "default: true"), "b": feature("hidden: true", "provides: [s]", "default: true")}, `already has the default provider "a"`},
		"default of nothing":  {validBase, map[string]string{"a": feature("group: g", "default: true")}, "default requires provides"},
		"pair of unknown":     {validBase, map[string]string{"a": feature("group: g"), "a+b": ""}, `_features/a/with/b: unknown feature "b"`},
		"pair twice":          {validBase, map[string]string{"a": feature("group: g"), "b": feature("group: g"), "a+b": "", "b+a": ""}, "_features/a/with/b is for the same features; keep one"},
		"pair with itself":    {validBase, map[string]string{"a": feature("group: g"), "a+a": ""}, "must be that of another feature"},
		"pair that requires":  {validBase, map[string]string{"a": feature("group: g"), "b": feature("group: g"), "a+b": feature("requires: [a]")}, "can set only"},
		"owner of nothing":    {validBase, map[string]string{"a": feature("hidden: true", "owns: [b/]")}, `owns: no template has the path "b/"`},
		"visible owner":       {validBase, map[string]string{"a": feature("group: g", "owns: [a]")}, "owns: allowed only in a hidden feature"},
		"pair that owns":      {validBase, map[string]string{"a": feature("group: g"), "b": feature("group: g"), "a+b": feature("owns: [a]")}, "can set only"},
		"question of a pair": {question("{flag: url, title: T, kind: text, default: x, sample: abcdef}"),
			map[string]string{"a": feature("group: g"), "b": feature("group: g"), "a+b": feature("questions: [{flag: url, title: T, kind: text, default: x, sample: ghijkl}]")},
			"_base/feature.yaml already has a question with this flag"},
		"short trace":           {validBase, map[string]string{"a": feature("group: g", "traces: [x]")}, "too short"},
		"reserved preset":       {validBase, map[string]string{"a": feature("group: g", "presets: [full]")}, "is predefined"},
		"base that provides":    {validBase + "provides: [x]\n", nil, "the base can set only"},
		"unknown kind":          {question("{flag: port, title: T, kind: numbr, default: x}"), nil, `kind "numbr"`},
		"reserved flag":         {question("{flag: dir, title: T, kind: text, default: x, sample: abcdef}"), nil, "not a flag of the command"},
		"short sample":          {question("{flag: port, title: T, kind: number, default: 1, sample: 1, max: 9}"), nil, "too short to be unique"},
		"bad default":           {question("{flag: port, title: T, kind: number, default: 99, sample: 4711, max: 9}"), nil, `default: "99" is not a whole number from 0 to 9`},
		"bad pattern":           {question("{flag: url, title: T, kind: text, default: x, sample: abcdef, pattern: '(', form: an x}"), nil, "pattern:"},
		"pattern without form":  {question("{flag: url, title: T, kind: text, default: x, sample: abcdef, pattern: x}"), nil, "a pattern with a form"},
		"pattern and values":    {question("{flag: url, title: T, kind: text, default: x, sample: abcdef, pattern: x, form: an x, values: [x]}"), nil, "a pattern with a form"},
		"values of a number":    {question("{flag: url, title: T, kind: number, default: \"3\", sample: \"1234\", min: 1, max: 9, values: [\"3\"]}"), nil, "no other kind has them"},
		"choice without folder": {question("{flag: img, title: T, kind: choice, default: a, choices: [{value: a}, {value: b}]}"), map[string]string{"img-a": feature("hidden: true")}, `value "b": add the hidden feature img-b`},
		"visible choice":        {question("{flag: img, title: T, kind: choice, default: a, choices: [{value: a}, {value: b}]}"), map[string]string{"img-a": feature("hidden: true"), "img-b": feature("group: g")}, `value "b": add the hidden feature img-b`},
		"question twice":        {question("{flag: url, title: T, kind: text, default: x, sample: abcdef}"), map[string]string{"a": feature("group: g", "questions: [{flag: url, title: T, kind: text, default: x, sample: ghijkl}]")}, "_base/feature.yaml already has a question with this flag"},
		"sample twice":          {question("{flag: url, title: T, kind: text, default: x, sample: abcdef}"), map[string]string{"a": feature("group: g", "questions: [{flag: uri, title: T, kind: text, default: x, sample: abcdef}]")}, `sample "abcdef": question "url" already uses it`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Load(catalogOf(test.base, test.manifests))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestLoadRejectsUnexpectedFolderContent(t *testing.T) {
	fsys := catalogOf(validBase, nil)
	fsys["_base/slot/app/open"] = &fstest.MapFile{}
	if _, err := Load(fsys); err == nil || !strings.Contains(err.Error(), `unexpected "slot"`) {
		t.Errorf("got %v", err)
	}
	fsys = catalogOf(validBase, nil)
	fsys["_base/harness/sever"] = &fstest.MapFile{}
	if _, err := Load(fsys); err == nil || !strings.Contains(err.Error(), `unexpected "sever"`) {
		t.Errorf("got %v", err)
	}
	fsys = catalogOf(validBase, nil)
	fsys["_features/notes.txt"] = &fstest.MapFile{}
	if _, err := Load(fsys); err == nil || !strings.Contains(err.Error(), "not a folder") {
		t.Errorf("got %v", err)
	}
	fsys = catalogOf(validBase, map[string]string{"a": feature("group: g")})
	delete(fsys, "_features/a/files/a")
	if _, err := Load(fsys); err == nil || !strings.Contains(err.Error(), "the feature is empty") {
		t.Errorf("got %v", err)
	}
	if _, err := Load(fstest.MapFS{}); err == nil {
		t.Error("got no error for a catalog without a base")
	}
}

func TestLoadListsProbesAndRejectsOtherFiles(t *testing.T) {
	fsys := catalogOf(validBase, map[string]string{"a": feature("group: g"), "b": feature("group: g"), "a+b": feature()})
	for _, p := range []string{"_base/probes/boots", "_features/a/probes/works", "_features/a/probes/setup", "_features/a/with/b/probes/both"} {
		fsys[p+".txtar"] = &fstest.MapFile{}
	}
	c, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	set, err := c.Resolve(Selection{Features: []string{"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, folder := range set.Folders() {
		for _, probe := range folder.Probes {
			paths = append(paths, folder.ProbePath(probe))
		}
	}
	want := []string{
		"_base/probes/boots.txtar", "_features/a/probes/setup.txtar", "_features/a/probes/works.txtar", "_features/a/with/b/probes/both.txtar",
	}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("probes (-want +got):\n%s", diff)
	}
	for _, wrong := range []string{"boots.txt", "deeper/boots.txtar", "Boots.txtar"} {
		fsys["_base/probes/"+wrong] = &fstest.MapFile{}
		if _, err := Load(fsys); err == nil || !strings.Contains(err.Error(), "a probe must have a lower-case name") {
			t.Errorf("%s: got %v", wrong, err)
		}
		delete(fsys, "_base/probes/"+wrong)
	}
}

func TestLoadReportsAllErrors(t *testing.T) {
	_, err := Load(catalogOf("title: x\n", map[string]string{"a": feature(), "b": feature("group: g", "requires: [c]")}))
	for _, want := range []string{"summary is missing", `group ""`, `unknown feature "c"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want also %q", err, want)
		}
	}
}

func TestGroupsAndPresetsComeFromManifests(t *testing.T) {
	c := small(t)
	var groups []string
	for _, g := range c.Groups() {
		for _, f := range g.Features {
			groups = append(groups, g.Name+"/"+f.Name)
		}
	}
	if diff := cmp.Diff([]string{"basics/alarm", "basics/clock", "basics/zone", "data/disk"}, groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	want := []Preset{
		{Name: "minimal"},
		{Name: "lasting", Features: []string{"alarm", "disk"}},
		{Name: "full", Features: []string{"alarm", "clock", "disk", "zone"}},
	}
	if diff := cmp.Diff(want, c.Presets()); diff != "" {
		t.Errorf("presets (-want +got):\n%s", diff)
	}
	if _, err := c.Preset("lastin"); err == nil || !strings.Contains(err.Error(), `did you mean "lasting"?`) {
		t.Errorf("got %v", err)
	}
}

func TestRequiredReplacesHiddenFeaturesWithTheirRequirements(t *testing.T) {
	c, err := Load(catalogOf(validBase, map[string]string{
		"cache":  feature("group: data", "requires: [client, clock]"),
		"client": feature("hidden: true", "requires: [pool]"),
		"clock":  feature("group: data"),
		"pool":   feature("group: data"),
	}))
	if err != nil {
		t.Fatal(err)
	}
	f, _ := c.Lookup("cache")
	if diff := cmp.Diff([]string{"clock", "pool"}, c.Required(f)); diff != "" {
		t.Errorf("required (-want +got):\n%s", diff)
	}
}

func TestQuestionsIncludeThoseOfRequiredFeatures(t *testing.T) {
	var flags []string
	c := small(t)
	set, err := c.Resolve(Selection{Features: []string{"zone"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range set.Questions() {
		flags = append(flags, q.Feature+":"+q.Flag)
	}
	if diff := cmp.Diff([]string{":paint", ":handbook-url", ":greetings", "zone:zone"}, flags); diff != "" {
		t.Errorf("questions (-want +got):\n%s", diff)
	}
}

func TestCheckValidatesAnswers(t *testing.T) {
	text := Question{Flag: "u", Kind: KindText, Default: "https://x", Pattern: "https?://[^ ].+", Form: "an address with https://"}
	listed := Question{Flag: "l", Kind: KindText, Default: "0.5", Values: []string{"0.25", "0.5"}}
	number := Question{Flag: "n", Kind: KindNumber, Default: "3", Min: 1, Max: 10}
	clients := Question{Flag: "e", Kind: KindChoice, Choices: []Choice{{Value: "external"}, {Value: "cluster-only"}}}
	choice := Question{Flag: "c", Kind: KindChoice, Choices: []Choice{{Value: "red"}, {Value: "blue"}}}
	tests := []struct {
		q     Question
		value string
		want  string // empty: accepted
	}{
		{text, "https://x/y#z", ""},
		{text, "", "empty; for example"},
		{text, "ftp://x", `"ftp://x" is not valid; write an address with https://; for example https://x`},
		{listed, "0.5", ""},
		{listed, "0.3", `"0.3" is not valid; choose from 0.25, 0.5`},
		{text, "https://x\ty", "cannot contain"},
		{text, `https://"x`, "cannot contain"},
		{text, "https://x: y", "cannot contain"},
		{text, "https://x ", "cannot end"},
		{text, "-https://x", "write an address"},
		{Question{Flag: "t", Kind: KindText, Default: "x"}, "-x", "must begin"},
		{text, "https://" + strings.Repeat("x", 200), "longer than"},
		{number, "10", ""},
		{number, "11", "from 1 to 10; for example 3"},
		{number, "0x1", "not a whole number"},
		{number, "07", "not a whole number"},
		{choice, "blue", ""},
		{choice, "bleu", `did you mean "blue"?`},
		{choice, "", "choose from red, blue"},
		{clients, "internal", `unknown value "internal"; choose from external, cluster-only`},
		{clients, "extern", `did you mean "external"? All values: external, cluster-only`},
	}
	for _, test := range tests {
		err := test.q.Check(test.value)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s %q: %v", test.q.Flag, test.value, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "--"+test.q.Flag+": ")):
			t.Errorf("%s %q: got %v, want %q", test.q.Flag, test.value, err, test.want)
		}
	}
}

func TestSuggestReturnsSimilarNameOrNone(t *testing.T) {
	known := []string{"auth", "authz", "cache", "database", "events", "observability", "rate-limit"}
	tests := map[string]string{
		"databse": "database", "Database": "database", "data": "database", "obs": "observability", "ratelimit": "rate-limit",
		"catch": "", "adtabase": "database", "xatabase": "", "auht": "auth", "atuhz": "authz", "event": "events", "xyz": "", "": "", "a": "",
	}
	for word, want := range tests {
		if got := Suggest(word, known); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add("title: x\nsummary: y\nrequires: [a]\n")
	f.Add("questions:\n  - {flag: a, kind: choice, choices: [{value: b}]}\n")
	f.Add("a: &a [*a]\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := readManifest("feature.yaml", []byte(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "feature.yaml: ") {
				t.Errorf("error without the file name: %v", err)
			}
			return
		}
		feature := m.feature("a")
		feature.Files = []string{"a"}
		c := &Catalog{base: feature, features: map[string]Feature{"a": feature}}
		if len(c.validate()) == 0 {
			t.Error("validate accepted a manifest for both the base and a feature")
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		small(b)
	}
}

func BenchmarkResolve(b *testing.B) {
	fsys := catalogOf(validBase, nil)
	for i := range 14 {
		name := fmt.Sprintf("f%d", i)
		text := feature("group: g")
		if i%3 == 2 {
			text = feature("group: g", fmt.Sprintf("requires: [f%d]", i-1))
		}
		fsys["_features/"+name+"/feature.yaml"] = &fstest.MapFile{Data: []byte(text)}
		fsys["_features/"+name+"/files/"+strings.ReplaceAll(name, "/", "-")] = &fstest.MapFile{}
	}
	c, err := Load(fsys)
	if err != nil {
		b.Fatal(err)
	}
	full := c.Presets()[1].Features
	for b.Loop() {
		if _, err := c.Resolve(Selection{Features: full}); err != nil {
			b.Fatal(err)
		}
	}
}
