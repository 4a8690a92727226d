package kubernetes

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/passed"
	"github.com/acton-go/acton-new/internal/verify/projects"
	"github.com/acton-go/acton-new/internal/verify/servers"
	"github.com/acton-go/acton-new/internal/verify/sets"
)

var combinations = flag.String("combinations", "none",
	`combinations to test on a cluster: "none" starts no cluster, "sound" tests only the checks, "tried" also tests those of sets.Tried`)

const module = "git.example.org/shop/orders"

var overlays = []string{"development", "staging", "production"}

// entrances are components that the overlay of production can add.
var entrances = []string{"gateway", "ingress-eks", "ingress-gke"}

// TestCombination tests the checks on manifests with known faults. Then it tests the manifests of each combination: the
// API server must accept all of them, and those of the smallest and largest service are deployed.
func TestCombination(t *testing.T) {
	var chosen []features.Set
	switch *combinations {
	case "none":
		t.Skip("starts a cluster; .ci/run kubernetes runs it")
	case "sound":
	case "tried":
		chosen = sets.Tried(projects.Catalog(t))
	default:
		t.Fatalf("-combinations: unknown value %q; use none, sound or tried", *combinations)
	}
	var trees []generator.Tree
	for _, set := range chosen {
		trees = append(trees, render(t, tried, set), render(t, smallest, set))
	}
	if harness(t).Check("cluster "+*combinations, trees...).Unchanged(t) {
		return
	}
	var c *Cluster
	var manifests, running []manifest
	for _, step := range []struct {
		name string
		do   func(t *testing.T)
	}{
		{"start", func(t *testing.T) { c = start(t) }},
		{"build", func(t *testing.T) { manifests = build(t, c, chosen) }},
		{"accept", func(t *testing.T) { accept(t, c, manifests) }},
		{"run", func(t *testing.T) { running = deployable(manifests); runAll(t, c, running) }},
		{"drain", func(t *testing.T) { drainAll(t, c, running) }},
	} {
		began := time.Now()
		// Not a subtest, because the cluster must outlive the step.
		step.do(t)
		fmt.Printf("    %-8s %6.1f s\n", step.name, time.Since(began).Seconds())
		if t.Failed() {
			return
		}
	}
}

// harness returns the harness with the programs of the cluster.
func harness(t *testing.T) passed.Harness {
	t.Helper()
	found, err := findTools()
	if err != nil {
		t.Fatal(err)
	}
	programs := []string{"aws", "s3", "jq"}
	for _, name := range slices.Sorted(maps.Keys(found.programs)) {
		programs = append(programs, found.programs[name])
	}
	files, err := filepath.Glob(filepath.Join(found.definitions, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := passed.NewHarness(slices.Concat(programs, files, servers.Programs())...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func largestOf(all []features.Set) features.Set {
	return slices.MaxFunc(all, func(a, b features.Set) int { return len(a.Features()) - len(b.Features()) })
}

func start(t *testing.T) *Cluster {
	c, err := Start(t.TempDir())
	t.Cleanup(c.Stop)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// manifest is the built manifest of an overlay.
type manifest struct {
	project string
	overlay string
	dir     string   // directory of the project
	sets    []string // combinations with this manifest
	text    []byte
}

func (m manifest) role(of string) string {
	return filepath.Join(m.dir, "deploy", "kubernetes", of+"-role.yaml")
}
func (m manifest) namespace() string   { return m.project + "-" + m.environment() }
func (m manifest) environment() string { return strings.Split(m.overlay, "-")[0] } // production-gke is production, too
func (m manifest) name() string {
	return m.project + "/" + m.overlay + " of " + strings.Join(m.sets, ", ")
}

// Names of the projects: those that are only accepted, and the two that are deployed.
const tried, smallest, largest = "orders", "small", "large"

// build builds the distinct manifests of every combination, and of the two projects to deploy.
func build(t *testing.T, c *Cluster, chosen []features.Set) []manifest {
	var all []manifest
	byTree := map[string]int{} // index of the first of the three manifests
	add := func(project string, set features.Set) {
		tree := render(t, project, set)
		if !slices.ContainsFunc(tree, func(f generator.File) bool { return strings.HasPrefix(f.Path, "deploy/kubernetes/") }) {
			return // a project without manifests
		}
		hash := tree.Hash()
		if first, ok := byTree[hash]; ok {
			for i := range overlays {
				all[first+i].sets = append(all[first+i].sets, set.Name())
			}
			return
		}
		byTree[hash] = len(all)
		dir := projects.Write(t, tree)
		for _, overlay := range overlays {
			all = append(all, manifest{project: project, overlay: overlay, sets: []string{set.Name()}, dir: dir})
		}
		if project == smallest {
			overlays := filepath.Join(dir, "deploy", "kubernetes", "overlays")
			production, err := os.ReadFile(filepath.Join(overlays, "production", "kustomization.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			const before = "  - ../../components/monitoring\n"
			for _, entrance := range entrances {
				text := strings.Replace(string(production), before, before+"  - ../../components/"+entrance+"\n", 1)
				overlay := filepath.Join(overlays, "production-"+entrance)
				if err := errors.Join(os.Mkdir(overlay, 0o700), os.WriteFile(filepath.Join(overlay, "kustomization.yaml"), []byte(text), 0o600)); err != nil {
					t.Fatal(err)
				}
				all = append(all, manifest{project: project, overlay: "production-" + entrance, sets: []string{set.Name()}, dir: dir})
			}
		}
	}
	for _, set := range chosen {
		add(tried, set)
	}
	if len(chosen) > 0 {
		add(smallest, chosen[0])
		add(largest, largestOf(chosen))
	}
	resources := soundResources(t, c)
	t.Run("build", func(t *testing.T) {
		for i := range all {
			t.Run(all[i].namespace(), func(t *testing.T) {
				t.Parallel()
				var err error
				if all[i].text, err = c.Kustomize(filepath.Join(all[i].dir, "deploy", "kubernetes", "overlays", all[i].overlay)); err != nil {
					t.Errorf("%s: %v", all[i].name(), err)
				}
			})
		}
	})
	for _, m := range all {
		decoded, err := decode(m.text)
		if err != nil {
			t.Fatalf("%s: %v", m.name(), err)
		}
		resources = append(resources, decoded...)
	}
	if err := c.Install(resources); err != nil {
		t.Fatal(err)
	}
	return all
}

// runbook is the document whose commands run on the cluster.
const runbook = "docs/runbook.md"

// render returns the manifests of a project, its Makefile, and the script that watches its autoscaler. The deployed projects also have
// their runbook.
func render(t *testing.T, project string, set features.Set) generator.Tree {
	answers := generator.Answers{Name: project, Module: module, Features: set.Features(), Values: set.Choices()}
	return slices.DeleteFunc(projects.Render(t, answers), func(f generator.File) bool {
		return !strings.HasPrefix(f.Path, "deploy/") && f.Path != "Makefile" &&
			(f.Path != runbook || project == tried)
	})
}

// accept checks that the API server accepts all manifests and rejects those with a fault.
func accept(t *testing.T, c *Cluster, manifests []manifest) {
	t.Run("accept", func(t *testing.T) {
		for _, f := range refusals {
			t.Run(f.name, func(t *testing.T) { t.Parallel(); f.verify(t, c.DryRun(f.manifest(t, c))) })
		}
		seen := map[[sha256.Size]byte]bool{}
		for _, m := range manifests {
			sum := sha256.Sum256(m.text)
			if seen[sum] {
				continue
			}
			seen[sum] = true
			t.Run(m.project+"-"+m.overlay, func(t *testing.T) {
				t.Parallel()
				if err := c.DryRun(m.text); err != nil {
					t.Errorf("%s: %v", m.name(), err)
					return
				}
				if m.project == tried || m.overlay == "development" { // the pipeline deploys to the others
					return
				}
				if err := c.DryRunAsPipeline(m.role("pipeline"), m.namespace(), m.environment(), m.text); err != nil {
					t.Errorf("%s: as the pipeline: %v", m.name(), err)
				}
			})
		}
		fmt.Printf("    %d distinct manifests of %d\n", len(seen), len(manifests))
	})
}

// deployable returns the manifests to deploy: production of the smallest service, and all overlays of the largest.
func deployable(manifests []manifest) []manifest {
	return slices.DeleteFunc(slices.Clone(manifests), func(m manifest) bool {
		return m.project == tried || m.project == smallest && m.overlay != "production"
	})
}

// runAll runs the faults and the manifests concurrently, and waits for all.
func runAll(t *testing.T, c *Cluster, running []manifest) {
	t.Run("run", func(t *testing.T) {
		deployFaults(t, c, runtimeFaults)
		deployFaults(t, c, withoutCheck(drainFaults))
		for _, m := range running {
			t.Run(m.namespace(), func(t *testing.T) { t.Parallel(); run(t, c, m) })
		}
	})
}

// run deploys a manifest. To save time, only the smallest service is updated, and only the largest is scaled.
func run(t *testing.T, c *Cluster, m manifest) {
	if err := c.Apply(m.text); err != nil {
		t.Fatalf("%s: %v", m.name(), err)
	}
	err := c.CheckRollout(m.namespace(), m.project)
	if err == nil && m.overlay == "production" {
		if m.project == smallest {
			err = c.CheckImageUpdate(m.namespace(), m.project)
		} else {
			err = errors.Join(c.CheckScaling(m.namespace(), m.project), deployAgain(c, m))
		}
	}
	if err == nil && m.overlay == "production" {
		var text []byte
		if text, err = os.ReadFile(filepath.Join(m.dir, runbook)); err == nil {
			err = errors.Join(c.BindOnCall(m.role("on-call"), m.namespace()), c.CheckRunbook(string(text)))
		}
	}
	_, jobs := c.RunJobs(m.namespace())
	if err = errors.Join(err, jobs); err != nil {
		t.Errorf("%s: %v", m.name(), err)
	}
}

// deployAgain deploys with the Makefile of the project, rolls back, and deploys once more. The rollback makes another
// manager own the pod template, and the migration Job of the first deployment cannot be changed. A deployment must not
// keep a variable that its manifest does not have.
func deployAgain(c *Cluster, m manifest) error {
	const leftover = "LEFTOVER"
	deploy := func(tag string) error {
		cmd := exec.Command("make", "--no-print-directory", "deploy", "ENV="+m.overlay, "TAG="+tag)
		cmd.Dir = m.dir
		cmd.Env = []string{"HOME=" + c.dir, "KUBECONFIG=" + c.Kubeconfig, "PATH=" + filepath.Dir(c.tools.path("kubectl")) + ":/usr/bin:/bin"}
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("make deploy TAG=%s: %w\n%s\n%s", tag, err, out, c.state(m.namespace()))
		}
		var deployment object
		if err := c.get(deployments(m.namespace())+"/"+m.project, &deployment); err != nil {
			return err
		}
		if image := imageOf(deployment, m.project); !strings.HasSuffix(image, ":"+tag) {
			return fmt.Errorf("image %s after make deploy TAG=%s", image, tag)
		}
		if strings.Contains(fmt.Sprint(deployment), leftover) {
			return fmt.Errorf("make deploy TAG=%s keeps the variable %s, which its manifest does not have", tag, leftover)
		}
		return nil
	}
	if err := synchronizeSecrets(c, m); err != nil {
		return err
	}
	if err := deploy("v1.0.0"); err != nil {
		return err
	}
	// A variable that only this revision has, which the rollback brings back.
	if _, err := c.kubectl(nil, "set", "env", "deployment/"+m.project, "-n", m.namespace(), leftover+"=1"); err != nil {
		return err
	}
	if err := deploy("v1.1.0"); err != nil {
		return err
	}
	if _, err := c.kubectl(nil, "rollout", "undo", "deployment/"+m.project, "-n", m.namespace()); err != nil {
		return err
	}
	return deploy("v1.2.0")
}

// synchronizeSecrets does what the External Secrets operator does, and make deploy waits for: it marks every ExternalSecret as ready.
func synchronizeSecrets(c *Cluster, m manifest) error {
	if !bytes.Contains(m.text, []byte("\nkind: ExternalSecret\n")) {
		return nil
	}
	path := "/apis/external-secrets.io/v1/namespaces/" + m.namespace() + "/externalsecrets"
	var secrets object
	if err := c.get(path, &secrets); err != nil {
		return err
	}
	ready := object{"status": map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": "True"}}}}
	for _, secret := range secrets.list("items") {
		if err := c.merge(path+"/"+secret.name()+"/status", ready); err != nil {
			return err
		}
	}
	return nil
}

// drainAll drains nodes under the deployed services, then under the faults. The drains are sequential, as they share
// the nodes.
func drainAll(t *testing.T, c *Cluster, running []manifest) {
	var services []Service
	for _, m := range running {
		if m.overlay == "production" {
			services = append(services, Service{m.namespace(), m.project})
		}
	}
	if len(services) > 0 {
		selector := "app.kubernetes.io/name in (" + smallest + "," + largest + ")"
		if err := c.CheckDrain(selector, time.Minute, services...); err != nil {
			t.Error(err)
		}
	}
	quick := *c
	quick.Timeout = faultTimeout
	for _, f := range drainFaults {
		f.verify(t, f.check(&quick, f.name))
	}
}

// faultTimeout is enough for a manifest without a fault, because its minReadySeconds is one second.
const faultTimeout = 15 * time.Second

// deployFaults deploys manifests with faults and checks that the checks find them. It runs namespaces in parallel.
func deployFaults(t *testing.T, c *Cluster, faults []fault) {
	quick := *c
	quick.Timeout = faultTimeout
	byName := map[string][]fault{}
	for _, f := range faults {
		byName[f.name] = append(byName[f.name], f)
	}
	var once sync.Mutex // limits the load: one kubectl apply at a time
	for name, all := range byName {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			once.Lock()
			err := quick.Apply(all[0].manifest(t, c))
			once.Unlock()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, f := range all {
				f.verify(t, f.check(&quick, name))
			}
		})
	}
}
