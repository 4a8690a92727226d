package generator

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acton-go/acton-new/internal/features"
)

func TestCheckName(t *testing.T) {
	for _, name := range []string{"ab", "billing-api", "a1", "yes-man", "com10", "truest", "x" + strings.Repeat("a", 39)} {
		if err := CheckName(name); err != nil {
			t.Error(err)
		}
	}
	tests := map[string]string{
		"": "missing", "a": "2 to 40 characters", "x" + strings.Repeat("a", 40): "2 to 40 characters",
		"Billing": "lower-case", "billing_api": "lower-case", "1st": "begin with a letter", "-ab": "begin with a letter",
		"ab-": "not end with a hyphen", "a--b": "two hyphens", "ä-b": "lower-case", "a b": "lower-case", "a/b": "add --dir a/b", "..": "add --dir ..", ".": "add --dir .",
		"features": "command", "check": "command", "update": "command", "help": "command",
		"testdata": "go command", "vendor": "go command", "internal": "go command", "no": "YAML", "on": "YAML", "null": "YAML", "true": "YAML",
		"con": "Windows", "com1": "Windows", "lpt9": "Windows", "sample-service": "templates",
		"postgres": "POSTGRES_", "migrate": "container", "rules": "bin/rules", "otel": "OTEL_", "pod": "POD_NAME", "http": "HTTP_PROXY", "kube-dns": "kube-",
		"template1": "PostgreSQL", "otel-collector": "OTEL_", "dump": "container", "aws-cli": "image", "v2": "version", "bin": "ignore", "ab\n": "lower-case",
	}
	for name, want := range tests {
		if err := CheckName(name); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "for example billing-api") {
			t.Errorf("%q: got error %v, want one with %q and an example", name, err, want)
		}
	}
}

func TestDefaultURLIsThatOfTheRepository(t *testing.T) {
	q := features.Question{Default: "https://example.com/acme/sample-service/blob/main/docs/runbook.md"}
	for module, want := range map[string]string{
		"github.com/acme/orders":               "github.com/acme/orders/blob/main/docs/runbook.md",
		"github.com/acme/orders/v2":            "github.com/acme/orders/blob/main/docs/runbook.md",
		"github.com/acme/shop/services/orders": "github.com/acme/shop/blob/main/services/orders/docs/runbook.md",
		"github.com/acme/shop/orders/v3":       "github.com/acme/shop/blob/main/orders/docs/runbook.md",
		"github.acme.com/team/shop/orders":     "github.acme.com/team/shop/blob/main/orders/docs/runbook.md",
		"gitlab.com/acme/group/orders":         "gitlab.com/acme/group/orders/-/blob/main/docs/runbook.md",
		"gitlab.acme.com/acme/orders":          "gitlab.acme.com/acme/orders/-/blob/main/docs/runbook.md",
		"bitbucket.org/acme/shop/orders":       "bitbucket.org/acme/shop/src/main/orders/docs/runbook.md",
		"codeberg.org/acme/orders/v2":          "codeberg.org/acme/orders/src/branch/main/docs/runbook.md",
		"gitea.acme.com/acme/shop/orders":      "gitea.acme.com/acme/shop/src/branch/main/orders/docs/runbook.md",
		"forgejo.acme.com/acme/orders":         "forgejo.acme.com/acme/orders/src/branch/main/docs/runbook.md",
		"example.com/orders":                   "example.com/orders/blob/main/docs/runbook.md",
	} {
		if got := DefaultValue(q, Answers{Name: "orders", Module: module}); got != "https://"+want {
			t.Errorf("%s: got %s, want https://%s", module, got, want)
		}
	}
}

func TestCheckModule(t *testing.T) {
	for _, path := range []string{"a.b/c", "example.com", "github.com/acme/billing-api/v2", "github.com/Acme/x", "gopkg.in/x.v1"} {
		if err := CheckModule(path); err != nil {
			t.Error(err)
		}
	}
	tests := map[string]string{
		"": "missing", "billing": "missing dot", "github.com/acme/x/v1": "version", "github.com//x": "double slash",
		"github.com/acme/x/": "trailing slash", "github.com/a b": "invalid char", "github.com/spf13/cobra": "depends on",
		"github.com/acme/vendor/x": "vendor", "-a.b/c": "leading dash",
	}
	for path, want := range tests {
		if err := CheckModule(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "for example github.com/acme/billing-api") {
			t.Errorf("%q: got error %v, want one with %q and an example", path, err, want)
		}
	}
}

func TestCheckModuleCorrectsAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"https://github.com/acme/shop": "github.com/acme/shop", "https://github.com/acme/shop.git": "github.com/acme/shop",
		"git@github.com:acme/shop.git": "github.com/acme/shop", "ssh://git@git.acme.com:22/shop": "git.acme.com/shop",
		"github.com/acme/shop.git": "github.com/acme/shop", "https://ada:secret@github.com/acme/shop/": "github.com/acme/shop",
	} {
		err := CheckModule(address)
		if err == nil || !strings.HasSuffix(err.Error(), "; write "+want) && !strings.HasSuffix(err.Error(), "; write the module path "+want) {
			t.Errorf("%q: got %v, want one that says to write %s", address, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error has the password", address)
		}
	}
	for address, want := range map[string]string{
		"http://localhost:3000/acme/shop": "without https://", "github.com:8080/acme/shop": "invalid char", "file:///srv/x": "without https://",
	} {
		wantError(t, CheckModule(address), want)
	}
	if err := CheckModule("git.acme.com/shop.git"); err != nil { // the go command reads .git as the end of the repository's path
		t.Error(err)
	}
}

func TestModuleOfAnAddressOmitsCredentialsAndPort(t *testing.T) {
	for address, want := range map[string]string{
		"git@github.com:acme/orders.git":               "github.com/acme/orders",
		"github.com:acme/orders":                       "github.com/acme/orders",
		"https://github.com/acme/orders":               "github.com/acme/orders",
		"https://ada:secret@Git.Acme.com:8443/a/b.git": "git.acme.com/a/b",
		"ssh://git@host.example:22/acme/orders.git/":   "host.example/acme/orders",
		"git@github.com-work:acme/orders.git":          "github.com/acme/orders",
		"ssh://git@ssh.github.com:443/acme/orders.git": "github.com/acme/orders",
		"git@altssh.gitlab.com:acme/orders.git":        "gitlab.com/acme/orders",
		"git@xn--bcher-kva.example:acme/orders.git":    "xn--bcher-kva.example/acme/orders",
		"git@git.example.xn--p1ai:acme/orders.git":     "git.example.xn--p1ai/acme/orders",
		"/srv/git/orders.git":                          "",
		"../orders":                                    "",
		"file:///srv/git/orders.git":                   "",
		"http://localhost:3000/acme/orders":            "",
		"":                                             "",
	} {
		if got := ModuleOf(address); got != want {
			t.Errorf("ModuleOf(%q): got %q, want %q", address, got, want)
		}
	}
}

// TestDefaultsAreValid takes the longest name, module and branch: no default that contains them may be rejected.
func TestDefaultsAreValid(t *testing.T) {
	module := "codeberg.org/" + strings.Repeat("m", maxModule-len("codeberg.org/"))
	name := "x" + strings.Repeat("a", 39)
	for _, l := range libraries(t) {
		if _, err := Resolve(l.cat, Answers{Name: name, Module: module, Branch: strings.Repeat("b", maxBranch)}); err != nil {
			t.Errorf("%s: %v", l.name, err)
		}
	}
	_, err := Resolve(realLibrary(t).cat, Answers{Name: name, Module: module + "m"})
	wantError(t, err, "module: has 151 characters, at most 150 are allowed")
}

func TestRecordContainsAnswersAndDefaults(t *testing.T) {
	l := smallLibrary(t)
	tree, err := l.render(Answers{Name: "billing-api", Module: "github.com/acme/billing-api", Features: []string{"zone"}}, "v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	got, _ := tree.Lookup(RecordFile)
	want := `schema: 1
generator: v1.2.3
name: billing-api
module: github.com/acme/billing-api
features:
  - alarm
  - clock
  - zone
values:
  greetings: "3"
  handbook-url: https://github.com/acme/billing-api/handbook.md
  paint: red
  zone: Europe/Berlin
hash: ` + tree.Hash() + "\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCheckBranch(t *testing.T) {
	for _, branch := range []string{"main", "trunk", "release/1.x", "a_b-c/d.e", "1.0", "feature/ABC-1"} {
		if err := CheckBranch(branch); err != nil {
			t.Errorf("%s: %v", branch, err)
		}
	}
	for _, branch := range []string{
		"", "-x", "/x", "x/", "x//y", ".x", "x/.y", "x.", "x..y", "x.lock", "x.lock/y", "HEAD", "a b", "a*", "a#b", "a@{b", "a'b", "a+b", "!a", "fünf", "a\nb",
	} {
		wantError(t, CheckBranch(branch), "branch", "--branch trunk")
	}
	wantError(t, CheckBranch("refs/heads/trunk"), "that is a reference; write the name of the branch: --branch trunk")
	wantError(t, CheckBranch(strings.Repeat("b", 300)), "branch: has 300 characters, at most 100 are allowed", "--branch trunk")
}

// Every link and every workflow names the branch of the answers. The record keeps a branch that is not the default one.
func TestProjectNamesItsBranch(t *testing.T) {
	l := realLibrary(t)
	_, last := l.firstAndLast()
	full := Answers{Name: "billing-api", Module: "github.com/acme/billing-api", Features: last.Features()}
	main, err := l.render(full, "v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	full.Branch = "release/1.x"
	tree, err := l.render(full, "v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	// "/main/" and "[main" are the sample branch in links and in patterns of workflows. A URL of another repository is none.
	sample := regexp.MustCompile(`.*(/main/|\[main\b|\borigin/main\b|heads/main\b|\bmain branch\b).*`)
	named := 0
	for i, f := range tree {
		for _, line := range sample.FindAllString(string(f.Data), -1) {
			if !strings.Contains(line, "datreeio/CRDs-catalog") {
				t.Errorf("%s: a line with the branch of the templates: %s", f.Path, line)
			}
		}
		named += strings.Count(string(f.Data), "release/1.x")
		if main[i].Path != f.Path {
			t.Fatalf("got the file %s, want %s", f.Path, main[i].Path)
		}
	}
	if named < 20 {
		t.Errorf("the branch occurs %d times, want at least 20", named)
	}
	for _, file := range []string{"ci", "scan"} {
		workflow, _ := tree.Lookup(".github/workflows/" + file + ".yaml")
		if !strings.Contains(string(workflow), "branches: ['release/1.x']\n") {
			t.Errorf("%s.yaml does not run on the branch", file)
		}
	}
	for _, tree := range []Tree{main, tree} {
		record, _ := tree.Lookup(RecordFile)
		answers, _, err := ReadAnswers(record)
		if err != nil {
			t.Fatal(err)
		}
		if answers.Branch == "" {
			t.Error("a record without the default branch: it would depend on the repository")
		}
		again, err := l.render(answers, "v1.2.3")
		if err != nil {
			t.Fatal(err)
		}
		if diff := diffTrees(again, tree); diff != "" {
			t.Errorf("rendered again from the record (-want +got):\n%s", diff)
		}
	}
	if record, _ := main.Lookup(RecordFile); strings.Contains(string(record), "branch") {
		t.Errorf("the record names the branch main:\n%s", record)
	}
}

func TestHashIgnoresRecord(t *testing.T) {
	tree := sampleTree()
	if got := tree.with(File{Path: RecordFile, Data: []byte("x")}).Hash(); got != tree.Hash() {
		t.Errorf("got %s, want %s", got, tree.Hash())
	}
	if got := tree.with(File{Path: "x", Data: []byte("x")}).Hash(); got == tree.Hash() {
		t.Error("the hash is the same with an additional file")
	}
}

func TestReadAnswers(t *testing.T) {
	tests := []struct {
		text string
		want Answers
		err  string
	}{
		{"", Answers{}, ""},
		{"name: x\n", Answers{Name: "x"}, ""},
		{"schema: 1\nfeatures: [a, b]\nvalues: {port: 8080, tls: yes}\n",
			Answers{Features: []string{"a", "b"}, Values: map[string]string{"port": "8080", "tls": "yes"}}, ""},
		{"nam: x\n", Answers{}, `line 1: unknown key "nam"; did you mean "name"?`},
		{"name: x\nname: y\n", Answers{}, `line 2: key "name" is also in line 1; keep one of them`},
		{"values: {a: 1, a: 2}\n", Answers{}, `line 1: values: key "a" is also in line 1; keep one of them`},
		{"features: a\n", Answers{}, "line 1: features: write a list, such as [database, observability]"},
		{"name: x\n---\nname: y\n", Answers{}, "more than one YAML document"},
		{"schema: 2\nunknown: 1\ngenerator: v3.1.0\n", Answers{}, "schema 2 is newer than 1, the newest that this generator reads; use go run github.com/acton-go/acton-new/cmd/acton-new@v3.1.0"},
		{"schema: 2\n", Answers{}, "cmd/acton-new@latest"},
		{"schema: 2\ngenerator: \"v1\\e[2J; rm -r x\"\n", Answers{}, "cmd/acton-new@latest"},
		{"schema: -1\n", Answers{}, "unknown schema -1; use 1"},
		{"\t", Answers{}, "invalid YAML"},
		{"name: x\nfeatures: [a\n", Answers{}, "near line 1: invalid YAML (did not find expected ',' or ']'); check"},
		{"name: x\nport: 1\n", Answers{}, `line 2: unknown key "port"; write name, module, branch, features, or values with the answers to other questions below it`},
		{"name: [x]\n", Answers{}, "line 1: name: write one value"},
		{"values:\n  port: [1]\n", Answers{}, "line 2: values: port: write one value"},
		{"values: [a]\n", Answers{}, "line 1: values: write one key for each question"},
		{"features:\n  - [a]\n", Answers{}, "line 2: features: an entry is not a name"},
		{"features: none\n", Answers{}, "line 1: features: write a list, such as [database, observability], or [] for none"},
		{"features:\n  - none\n", Answers{}, "line 2: features: an entry is not a name; write a list, such as [database, observability], or [] for none"},
		{"features: [null]\n", Answers{}, "line 1: features: an entry is not a name"},
		{"features: []\nvalues: {resource: null, owners: }\n", Answers{Features: []string{}, Values: map[string]string{}}, ""},
		{"schema: one\n", Answers{}, `line 1: schema: "one" is not a number; write 1 without quotes`},
		{"schema: '1'\n", Answers{}, `line 1: schema: "1" is not a number; write 1 without quotes`},
		{"orders\n", Answers{}, "line 1: write one key for each answer, such as name: billing-api"},
		{"? [a]\n: b\n", Answers{}, "line 1: a key must be one word"},
		{"values: &v {a: b}\n<<: *v\n", Answers{}, "line 2: a key must be one word"},
		{"features: &f [*f]\n", Answers{}, "line 1: features: an entry is not a name"},
		{"name: &n orders\nmodule: *n\nfeatures:\nvalues: ~\n", Answers{Name: "orders", Module: "orders"}, ""},
	}
	for _, test := range tests {
		got, _, err := ReadAnswers([]byte(test.text))
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q: got %v, want %q", test.text, err, test.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.text, diff)
		}
	}
}

func TestResolveRejectsAnswersWithoutEffect(t *testing.T) {
	l := smallLibrary(t)
	tests := []struct {
		values map[string]string
		want   string
	}{
		{map[string]string{"zone": "Asia/Tokyo"}, `--zone: has an effect only with the feature "zone"`},
		{map[string]string{"gretings": "3"}, `unknown question "gretings"; did you mean "greetings"?`},
		{map[string]string{"greetings": "101"}, "from 1 to 100"},
		{map[string]string{"paint": "green"}, "--paint"},
	}
	for _, test := range tests {
		_, err := l.files(Answers{Name: "ab", Module: "a.b/c", Values: test.values})
		wantError(t, err, test.want)
	}
	_, err := l.files(Answers{Name: "A", Module: "b"})
	for _, want := range []string{"name", "module"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one for the name and one for the module", err)
		}
	}
}

func TestReadAnswersReturnsLines(t *testing.T) {
	_, lines, err := ReadAnswers([]byte("# answers\nname: x\nvalues:\n  port: 1\n  tls: yes\nfeatures: []\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"name": 2, "values": 3, "port": 4, "tls": 5, "features": 6}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRecordKeysAreThoseOfTheRecord(t *testing.T) {
	var keys []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[record]()) {
		key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		keys = append(keys, key)
	}
	if diff := cmp.Diff(keys, recordKeys); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzReadAnswers(f *testing.F) {
	f.Add([]byte("schema: 1\nname: x\nfeatures: [a]\nvalues: {b: c}\nhash: h1:x\n"))
	f.Add([]byte("schema: 9\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, _, err := ReadAnswers(data)
		if err != nil {
			return
		}
		content, err := encodeRecord(a, "v1", "h1:x")
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := ReadAnswers(content)
		if err != nil {
			t.Fatalf("%s: %v", content, err)
		}
		if again.Name != a.Name || again.Module != a.Module || len(again.Features) != len(a.Features) || len(again.Values) != len(a.Values) {
			t.Errorf("got %v, want %v", again, a)
		}
	})
}
