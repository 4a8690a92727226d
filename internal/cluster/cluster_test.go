package cluster

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acton-go/acton-new/internal/features"
	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/templates"
)

var combinations = flag.String("combinations", "none",
	`whose manifests to try on a cluster: "none" starts none, "sound" tries only the checks, "tried" also all that features.Tried names`)

const module = "git.example.org/shop/orders"

var overlays = []string{"development", "staging", "production"}

// TestCombination tries the checks on a manifest of which every fault is known, then the manifests of each combination: all
// are accepted, and those of the smallest and of the largest service are run.
func TestCombination(t *testing.T) {
	var sets []features.Set
	switch *combinations {
	case "none":
		return // go test ./... needs no server
	case "sound":
	case "tried":
		sets = catalog(t).TestSets()
	default:
		t.Fatalf("-combinations: %q: there are none, sound and tried", *combinations)
	}
	var c *Cluster
	var manifests, running []manifest
	for _, step := range []struct {
		name string
		do   func(t *testing.T)
	}{
		{"start", func(t *testing.T) { c = start(t) }},
		{"build", func(t *testing.T) { manifests = build(t, c, sets) }},
		{"accept", func(t *testing.T) { accept(t, c, manifests) }},
		{"run", func(t *testing.T) { running = chosen(manifests); runAll(t, c, running) }},
		{"drain", func(t *testing.T) { depart(t, c, running) }},
	} {
		began := time.Now()
		// Not a subtest: the cluster lasts until the end of this test.
		step.do(t)
		fmt.Printf("    %-8s %6.1f s\n", step.name, time.Since(began).Seconds())
		if t.Failed() {
			return
		}
	}
}

func catalog(t *testing.T) *features.Catalog {
	t.Helper()
	c, err := features.Load(templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func start(t *testing.T) *Cluster {
	c, err := Start(t.TempDir())
	t.Cleanup(c.Stop)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// manifest is what an overlay of a project makes.
type manifest struct {
	project string
	overlay string
	dir     string   // of the project
	sets    []string // the combinations of which it is
	text    []byte
}

func (m manifest) namespace() string { return m.project + "-" + m.overlay }
func (m manifest) name() string {
	return m.project + "/" + m.overlay + " of " + strings.Join(m.sets, ", ")
}

// The names of the projects say who they are for: what is tried, and what is run beside it.
const tried, smallest, largest = "orders", "small", "large"

// build makes the manifests of every combination, each different one once, and of the two that are run.
func build(t *testing.T, c *Cluster, sets []features.Set) []manifest {
	var all []manifest
	byTree := map[string]int{} // the first of the three manifests
	add := func(project string, set features.Set) {
		tree := render(t, project, set)
		hash := tree.Hash()
		if first, ok := byTree[hash]; ok {
			for i := range overlays {
				all[first+i].sets = append(all[first+i].sets, set.Name())
			}
			return
		}
		byTree[hash] = len(all)
		dir := t.TempDir()
		for _, f := range tree {
			path := filepath.Join(dir, f.Path)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, overlay := range overlays {
			all = append(all, manifest{project: project, overlay: overlay, sets: []string{set.Name()}, dir: dir})
		}
	}
	for _, set := range sets {
		add(tried, set)
	}
	if len(sets) > 0 {
		add(smallest, sets[0])
		add(largest, slices.MaxFunc(sets, func(a, b features.Set) int { return len(a.Features()) - len(b.Features()) }))
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

// render returns what a project has for a cluster: the manifests, and the script that watches its autoscaler.
func render(t *testing.T, project string, set features.Set) generator.Tree {
	catalog := catalog(t)
	answers := generator.Answers{Name: project, Module: module, Features: set.Features(), Values: set.Choices()}
	_, answers, err := generator.Resolve(catalog, answers)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := generator.Render(templates.Files, catalog, answers, "v0.0.0-test")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(tree, func(f generator.File) bool { return !strings.HasPrefix(f.Path, "deploy/") && f.Path != watchScript })
}

// accept tries all manifests, and what must be refused.
func accept(t *testing.T, c *Cluster, manifests []manifest) {
	t.Run("accept", func(t *testing.T) {
		for _, f := range refusals {
			t.Run(f.name, func(t *testing.T) { t.Parallel(); f.judge(t, c.Accepts(f.manifest(t, c))) })
		}
		seen := map[[sha256.Size]byte]bool{}
		for _, m := range manifests {
			sum := sha256.Sum256(m.text)
			if seen[sum] {
				continue
			}
			seen[sum] = true
			t.Run(m.namespace(), func(t *testing.T) {
				t.Parallel()
				if err := c.Accepts(m.text); err != nil {
					t.Errorf("%s: %v", m.name(), err)
				}
			})
		}
		fmt.Printf("    %d manifests differ, of %d\n", len(seen), len(manifests))
	})
}

// chosen returns the manifests that are run: the production of the smallest service, and all of the largest.
func chosen(manifests []manifest) []manifest {
	return slices.DeleteFunc(slices.Clone(manifests), func(m manifest) bool {
		return m.project == tried || m.project == smallest && m.overlay != "production"
	})
}

// runAll ends when all is done that runs at once.
func runAll(t *testing.T, c *Cluster, running []manifest) {
	t.Run("run", func(t *testing.T) {
		try(t, c, failures)
		try(t, c, prepared(departures))
		for _, m := range running {
			t.Run(m.namespace(), func(t *testing.T) { t.Parallel(); run(t, c, m) })
		}
	})
}

// run makes a manifest real. What lasts is shared out: the smallest service is replaced, the largest scaled.
func run(t *testing.T, c *Cluster, m manifest) {
	if err := c.Apply(m.text); err != nil {
		t.Fatalf("%s: %v", m.name(), err)
	}
	err := c.RollsOut(m.namespace(), m.project)
	if err == nil && m.overlay == "production" {
		if m.project == smallest {
			err = c.Replaces(m.namespace(), m.project)
		} else {
			err = scale(c, m)
		}
	}
	_, jobs := c.RunsJobs(m.namespace())
	if err = errors.Join(err, jobs); err != nil {
		t.Errorf("%s: %v", m.name(), err)
	}
}

// depart drains nodes under what runs, and under what must not stand it. It is one after the other: they share the nodes.
func depart(t *testing.T, c *Cluster, running []manifest) {
	var services []Service
	for _, m := range running {
		if m.overlay == "production" {
			services = append(services, Service{m.namespace(), m.project})
		}
	}
	if len(services) > 0 {
		selector := "app.kubernetes.io/name in (" + smallest + "," + largest + ")"
		if err := c.Drains(selector, time.Minute, services...); err != nil {
			t.Error(err)
		}
	}
	quick := *c
	quick.Patience = faultPatience
	for _, f := range departures {
		f.judge(t, f.check(&quick, f.name))
	}
}

// faultPatience is enough for what has no fault, as those pods count one second after they are ready.
const faultPatience = 15 * time.Second

// try makes faults real, all at once but for those of one namespace, and looks whether the checks find them.
func try(t *testing.T, c *Cluster, faults []fault) {
	quick := *c
	quick.Patience = faultPatience
	byName := map[string][]fault{}
	for _, f := range faults {
		byName[f.name] = append(byName[f.name], f)
	}
	var once sync.Mutex // kubectl applies one after the other, or the machine does nothing else
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
				f.judge(t, f.check(&quick, name))
			}
		})
	}
}
