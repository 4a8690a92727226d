package pipeline

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/documents"
	"github.com/acton-go/acton-new/internal/verify/programs"
	"github.com/acton-go/acton-new/internal/verify/projects"
	"github.com/acton-go/acton-new/internal/verify/sets"
)

// rendered is a distinct rendering of the workflows and the Makefile. name is the first combination with it.
type rendered struct {
	name string
	tree generator.Tree
}

// maxCombinations is the number of combinations up to which all of them are rendered. Of more, it is that of a sample.
const maxCombinations = 64

// pipelines renders up to maxCombinations with default choices and those of sets.Tried, and returns the distinct
// renderings.
func pipelines(t *testing.T) []rendered {
	t.Helper()
	catalog := projects.Catalog(t)
	var distinct []rendered
	seen := map[[32]byte]bool{}
	for _, set := range append(sets.SampleCombinations(catalog, maxCombinations), sets.Tried(catalog)...) {
		answers := generator.Answers{Name: "orders", Module: "example.org/shop/orders", Features: set.Features(), Values: set.Choices()}
		tree := projects.Render(t, answers)
		document, _ := tree.Lookup("docs/operate.md")
		tree = slices.DeleteFunc(tree, func(f generator.File) bool {
			return !strings.HasPrefix(f.Path, ".github/") && f.Path != "Makefile"
		})
		if !slices.ContainsFunc(tree, func(f generator.File) bool { return f.Path != "Makefile" }) {
			continue // a project without a pipeline
		}
		var text bytes.Buffer
		for _, f := range tree {
			fmt.Fprintf(&text, "%s\n%s\n", f.Path, f.Data)
		}
		if sum := sha256.Sum256(text.Bytes()); !seen[sum] {
			seen[sum] = true
			distinct = append(distinct, rendered{set.Name(), tree})
			if len(distinct) == 1 {
				distinct = append(distinct, withLogins(t, distinct[0], string(document))...)
			}
		}
	}
	return distinct
}

// withLogins returns the workflows with each login that docs/operate.md shows: to ECR, EKS, GKE and AKS.
func withLogins(t *testing.T, project rendered, document string) []rendered {
	t.Helper()
	blocks, err := documents.Blocks(document)
	if err != nil {
		t.Fatal(err)
	}
	blocks = slices.DeleteFunc(blocks, func(b documents.Block) bool { return b.Lang != "yaml" })
	if len(blocks) != 4 {
		t.Fatalf("docs/operate.md has %d blocks of YAML, want the logins to ECR, EKS, GKE and AKS", len(blocks))
	}
	var all []rendered
	for _, b := range blocks {
		name, step, next := ".github/workflows/rollout.yaml", "      - name: Log in to the cluster\n", "      - id: before\n"
		if strings.Contains(b.Text, "name: Log in to the registry\n") {
			name, step, next = ".github/workflows/release.yaml", "      - name: Log in to the registry\n", "      - id: build\n"
		}
		text := project.file(t, name)
		from, to := strings.Index(text, step), strings.Index(text, next)
		if from < 0 || to < from {
			t.Fatalf("%s has no step to log in before the first use of the cluster or the registry", name)
		}
		tree := slices.Clone(project.tree)
		i := slices.IndexFunc(tree, func(f generator.File) bool { return f.Path == name })
		tree[i].Data = []byte(text[:from] + b.Text + text[to:])
		all = append(all, rendered{fmt.Sprintf("login in docs/operate.md:%d", b.Line), tree})
	}
	return all
}

// workflows calls check with each workflow.
func (r rendered) workflows(check func(file, text string)) {
	for _, f := range r.tree {
		if strings.HasPrefix(f.Path, ".github/workflows/") {
			check(f.Path, string(f.Data))
		}
	}
}

// action is an entry of testdata/actions.yaml.
type action struct {
	Version, Commit string
	Inputs, Outputs []string
}

func actions(t *testing.T) map[string]action {
	t.Helper()
	data, err := os.ReadFile("testdata/actions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var known map[string]action
	if err := yaml.Unmarshal(data, &known); err != nil {
		t.Fatal(err)
	}
	return known
}

var uses = regexp.MustCompile(`(?m)^ *(?:- )?uses: (.*)$`)

// An attacker who takes over an action can move a tag, but not a commit. Renovate updates the comment with the version.
func TestActionsArePinnedToCommits(t *testing.T) {
	known := actions(t)
	used := map[string]bool{}
	for _, p := range pipelines(t) {
		p.workflows(func(file, text string) {
			for _, m := range uses.FindAllStringSubmatch(text, -1) {
				name, rest, _ := strings.Cut(m[1], "@")
				if strings.HasPrefix(name, "./") {
					continue
				}
				a, ok := known[name]
				if !ok {
					t.Errorf("%s: %s: %s is not in testdata/actions.yaml: add its version, commit, inputs and outputs", p.name, file, name)
					continue
				}
				used[name] = true
				if want := a.Commit + " # " + a.Version; rest != want {
					t.Errorf("%s: %s: %s is at %q, testdata/actions.yaml says %q", p.name, file, name, rest, want)
				}
			}
		})
	}
	for name := range known {
		if !used[name] {
			t.Errorf("testdata/actions.yaml: no workflow uses %s", name)
		}
	}
}

type workflow struct {
	Permissions any
	Concurrency struct {
		Group string
	}
	Jobs map[string]struct {
		RunsOn      string `yaml:"runs-on"`
		Uses        string
		Timeout     int `yaml:"timeout-minutes"`
		Concurrency struct {
			Group  string
			Cancel any `yaml:"cancel-in-progress"`
		}
		Steps []struct {
			Uses string
			Run  string
			With map[string]any
		}
	}
}

// The defaults of GitHub are write permissions, a timeout of six hours, and no limit of concurrent runs.
func TestWorkflowsLimitPermissionsTimeAndConcurrency(t *testing.T) {
	for _, p := range pipelines(t) {
		p.workflows(func(file, text string) {
			var w workflow
			if err := yaml.Unmarshal([]byte(text), &w); err != nil {
				t.Fatalf("%s: %s: %v", p.name, file, err)
			}
			if permissions, ok := w.Permissions.(map[string]any); !ok || permissions["contents"] != "read" {
				t.Errorf("%s: %s: permissions are %v, want contents: read and only single others", p.name, file, w.Permissions)
			}
			if w.Concurrency.Group == "" && path.Base(file) != "deploy.yaml" && path.Base(file) != "rollout.yaml" {
				t.Errorf("%s: %s: no concurrency group", p.name, file)
			}
			for id, job := range w.Jobs {
				if job.Uses != "" {
					continue
				}
				if job.Timeout == 0 || !regexp.MustCompile(`^ubuntu-\d\d\.04$`).MatchString(job.RunsOn) {
					t.Errorf("%s: %s: job %s: want timeout-minutes (got %d) and a pinned runner version (got %q)", p.name, file, id, job.Timeout, job.RunsOn)
				}
				for _, step := range job.Steps {
					if strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["persist-credentials"] != false {
						t.Errorf("%s: %s: job %s: set persist-credentials: false, or the token stays in the checkout", p.name, file, id)
					}
					if strings.Contains(step.Run, "${{") && !strings.Contains(step.Run, "${{ matrix.") {
						t.Errorf("%s: %s: job %s: shell injection: pass the expression in env: %s", p.name, file, id, step.Run)
					}
				}
			}
		})
	}
}

// A group that is wider than one environment, or that an urgent run waits for, would delay a rollback by the watch of an hour or
// by an approval.
func TestUrgentRolloutsWaitForNothing(t *testing.T) {
	for _, p := range pipelines(t) {
		if !strings.Contains(p.file(t, ".github/workflows/release.yaml"), "deploy.yaml") {
			continue // a release that deploys nothing
		}
		var deploy, rollout workflow
		for name, w := range map[string]*workflow{"deploy": &deploy, "rollout": &rollout} {
			if err := yaml.Unmarshal([]byte(p.file(t, ".github/workflows/"+name+".yaml")), w); err != nil {
				t.Fatalf("%s: %s: %v", p.name, name, err)
			}
		}
		job := rollout.Jobs["rollout"]
		if deploy.Concurrency.Group != "" || rollout.Concurrency.Group != "" || !strings.Contains(job.Concurrency.Group, "inputs.environment") ||
			job.Concurrency.Cancel != "${{ inputs.urgent }}" {
			t.Errorf("%s: want one rollout at a time in each environment, and an urgent one that cancels it; got %+v", p.name, job.Concurrency)
		}
	}
}

// The API server trusts the token of the job, so the job must ask for the audience that the cluster expects.
func TestClusterTokenIsTheIdentityOfTheJob(t *testing.T) {
	programs.Need(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer request-token" || r.FormValue("audience") != "kubernetes" || r.FormValue("api-version") != "2.0" {
			http.Error(w, "unexpected request", http.StatusBadRequest)
			return
		}
		fmt.Fprint(w, `{"count":1,"value":"the.identity.token"}`)
	}))
	defer server.Close()
	script := filepath.Join(t.TempDir(), "cluster-token.sh")
	var rollout workflow
	if err := yaml.Unmarshal([]byte(pipelines(t)[0].file(t, ".github/workflows/rollout.yaml")), &rollout); err != nil {
		t.Fatal(err)
	}
	for _, step := range rollout.Jobs["rollout"].Steps {
		if _, rest, ok := strings.Cut(step.Run, "<<'EOF'\n"); ok {
			text, _, _ := strings.Cut(rest, "EOF\n")
			write(t, script, text)
		}
	}
	cmd := exec.Command("bash", script)
	cmd.Env = append(os.Environ(), "ACTIONS_ID_TOKEN_REQUEST_TOKEN=request-token", "ACTIONS_ID_TOKEN_REQUEST_URL="+server.URL+"/?api-version=2.0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var credential struct {
		APIVersion, Kind string
		Status           struct{ Token string }
	}
	if err := json.Unmarshal(out, &credential); err != nil {
		t.Fatal(err)
	}
	if credential.Kind != "ExecCredential" || credential.APIVersion != "client.authentication.k8s.io/v1beta1" || credential.Status.Token != "the.identity.token" {
		t.Errorf("got %+v", credential)
	}
}

// JSON has no slots, so each value of --deploy has the whole file.
func TestRenovateReadsManifestsOnlyIfThereAreAny(t *testing.T) {
	config := func(deploy string) map[string]any {
		tree := projects.Render(t, generator.Answers{Name: "orders", Module: "example.org/shop/orders", Values: map[string]string{"deploy": deploy}})
		data, _ := tree.Lookup(".github/renovate.json")
		var c map[string]any
		if err := json.Unmarshal(data, &c); err != nil {
			t.Fatal(err)
		}
		return c
	}
	want, got := config("kubernetes"), config("none")
	if want["kubernetes"] == nil {
		t.Error("got no patterns of manifests")
	}
	delete(want, "kubernetes")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-kubernetes +none):\n%s", diff)
	}
}

var makeTarget = regexp.MustCompile(`\bmake ([a-z-]+)`)

func TestWorkflowsRunExistingMakeTargets(t *testing.T) {
	for _, p := range pipelines(t) {
		makefile := p.file(t, "Makefile")
		found := 0
		p.workflows(func(file, text string) {
			for _, m := range makeTarget.FindAllStringSubmatch(text, -1) {
				found++
				if !strings.Contains(makefile, "\n"+m[1]+":") {
					t.Errorf("%s: %s: the Makefile has no target %s", p.name, file, m[1])
				}
			}
		})
		if found < 7 {
			t.Errorf("%s: the workflows run %d make targets, want at least 7", p.name, found)
		}
	}
}

func (r rendered) file(t *testing.T, path string) string {
	t.Helper()
	data, ok := r.tree.Lookup(path)
	if !ok {
		t.Fatalf("%s: %s is missing", r.name, path)
	}
	return string(data)
}

var (
	moduleVersion = regexp.MustCompile(`[a-z0-9.-]+\.[a-z]+/[^\s@]+@v[0-9][^\s;"']*`)
	namedVersion  = regexp.MustCompile(`(?m)^ *[A-Z0-9_]+_VERSION: .*$`)
	// From Renovate's preset customManagers:githubActionsVersions.
	annotated = regexp.MustCompile(`# renovate: datasource=[a-zA-Z0-9-._]+? depName=[^\s]+?(?: versioning=[^\s]+?)?(?: extractVersion=[^\s]+?)?\s+[A-Za-z0-9_]+?_VERSION\s*:\s*["']?.+?["']?\s`)
)

// Renovate never updates a version that it does not detect.
func TestRenovateDetectsEveryVersion(t *testing.T) {
	for _, p := range pipelines(t) {
		var config struct {
			CustomManagers []struct {
				ManagerFilePatterns, MatchStrings []string
				DatasourceTemplate                string
			} `json:"customManagers"`
		}
		dec := json.NewDecoder(strings.NewReader(p.file(t, ".github/renovate.json")))
		if err := dec.Decode(&config); err != nil {
			t.Fatalf("%s: .github/renovate.json: %v", p.name, err)
		}
		manager := regexp.MustCompile(config.CustomManagers[0].MatchStrings[0])
		makefile := p.file(t, "Makefile")
		var seen []string
		for _, m := range manager.FindAllStringSubmatch(makefile, -1) {
			seen = append(seen, m[manager.SubexpIndex("depName")]+"@"+m[manager.SubexpIndex("currentValue")])
		}
		for _, found := range moduleVersion.FindAllString(makefile, -1) {
			if !slices.ContainsFunc(seen, func(s string) bool { return inModule(found, s) }) {
				t.Errorf("%s: Makefile: Renovate does not detect %s, only %q", p.name, found, seen)
			}
		}
		p.workflows(func(file, text string) {
			if versions, seen := len(namedVersion.FindAllString(text, -1)), len(annotated.FindAllString(text, -1)); versions != seen {
				t.Errorf("%s: %s: %d of %d versions have a renovate comment", p.name, file, seen, versions)
			}
		})
	}
}

var manifestImage = regexp.MustCompile(`(?m)^ *image: (\S+/\S+)$`)

// Renovate reads no manifest unless a pattern names it. It cannot update an image without a version.
func TestRenovateDetectsTheImagesOfTheManifests(t *testing.T) {
	programs.Need(t)
	c := newCheckout(t, "database", "observability")
	var config struct {
		Kubernetes struct{ ManagerFilePatterns []string }
	}
	data, err := os.ReadFile(filepath.Join(c.dir, ".github/renovate.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &config); err != nil || len(config.Kubernetes.ManagerFilePatterns) != 1 {
		t.Fatalf("got the patterns %q and %v, want one", config.Kubernetes.ManagerFilePatterns, err)
	}
	pattern := regexp.MustCompile(strings.Trim(config.Kubernetes.ManagerFilePatterns[0], "/"))
	found := 0
	err = filepath.WalkDir(filepath.Join(c.dir, "deploy"), func(name string, _ os.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".yaml" {
			return err
		}
		data, err := os.ReadFile(name)
		name = strings.TrimPrefix(name, c.dir+"/")
		for _, m := range manifestImage.FindAllStringSubmatch(string(data), -1) {
			if m[1] == "registry.example.com/orders" { // each deployment sets its tag
				continue
			}
			found++
			if _, tag, _ := strings.Cut(path.Base(m[1]), ":"); !pattern.MatchString(name) || !regexp.MustCompile(`^v?[0-9]`).MatchString(tag) {
				t.Errorf("%s: Renovate does not update the image %s", name, m[1])
			}
		}
		return err
	})
	if err != nil || found == 0 {
		t.Errorf("found %d images: %v", found, err)
	}
}

// inModule reports whether a package@version belongs to a module@version.
func inModule(pkg, module string) bool {
	path, version, _ := strings.Cut(pkg, "@")
	modulePath, moduleVersion, _ := strings.Cut(module, "@")
	return version == moduleVersion && (path == modulePath || strings.HasPrefix(path, modulePath+"/"))
}

// actionlint knows the inputs of popular actions by tag, not by commit. The test therefore replaces actions with stubs.
func TestActionlintReportsNothing(t *testing.T) {
	need(t, "lint", "actionlint", "shellcheck")
	check := newHarness(t, "actionlint", "shellcheck").Check("actionlint")
	all := pipelines(t)
	all = append(all, rendered{"monorepo", moveToRoot(t, all[0].tree)})
	for _, p := range all {
		check.AddTree(p.tree)
	}
	if check.Unchanged(t) {
		return
	}
	for _, p := range all {
		dir := t.TempDir()
		for _, f := range p.tree {
			text := string(f.Data)
			if strings.HasPrefix(f.Path, ".github/workflows/") {
				text = uses.ReplaceAllStringFunc(text, func(line string) string {
					key, name, _ := strings.Cut(line, "uses: ")
					name, _, pinned := strings.Cut(name, "@")
					if !pinned {
						return line
					}
					return key + "uses: ./.github/actions/" + name
				})
			}
			write(t, filepath.Join(dir, f.Path), text)
		}
		writeStubs(t, filepath.Join(dir, ".github/actions"), actions(t))
		git(t, dir, "init", "--quiet")
		cmd := exec.Command("actionlint", "-no-color", "-shellcheck", "shellcheck")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", p.name, err, out)
		}
	}
}
