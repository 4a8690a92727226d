package pipeline

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/programs"
	"github.com/acton-go/acton-new/internal/verify/projects"
)

// checkout is a project in a directory whose path has spaces.
type checkout struct {
	dir string
	env []string
}

func newCheckout(t *testing.T, chosen ...string) checkout {
	t.Helper()
	tree := projects.Render(t, generator.Answers{Name: "orders", Module: "example.org/shop/orders", Features: chosen})
	dir := filepath.Join(t.TempDir(), "our services", "orders")
	for _, f := range tree {
		write(t, filepath.Join(dir, f.Path), string(f.Data))
	}
	git(t, dir, "init", "--quiet")
	return checkout{dir, os.Environ()}
}

// make runs make and returns its output. It fails the test if the result is not the expected one.
func (c checkout) make(t *testing.T, wantOK bool, args ...string) string {
	t.Helper()
	cmd := exec.Command("make", append([]string{"--no-print-directory"}, args...)...)
	cmd.Dir, cmd.Env = c.dir, c.env
	out, err := cmd.CombinedOutput()
	if (err == nil) != wantOK {
		t.Errorf("make %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func wantText(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in:\n%s", w, text)
		}
	}
}

func TestMakefileKnowsTheCommitAndTheVersion(t *testing.T) {
	programs.Need(t)
	c := newCheckout(t)
	wantText(t, c.make(t, true, "-n", "image"), "--build-arg VERSION=dev --build-arg COMMIT=unknown -t orders:dev .")
	git(t, c.dir, "commit", "--quiet", "--allow-empty", "--message", "first")
	git(t, c.dir, "tag", "--annotate", "release/v1.2.3", "--message", "release")
	wantText(t, c.make(t, true, "-n", "image"), "-t orders:release-v1.2.3 .")
	wantText(t, c.make(t, true, "-n", "up"), "VERSION=release-v1.2.3 ")
}

// A path with a space must stay one word, and /bin/sh is the only shell that every machine has.
func TestMakefileNeedsNoBashAndAllowsSpaces(t *testing.T) {
	programs.Need(t)
	for _, chosen := range [][]string{nil, {"database", "observability"}} {
		c := newCheckout(t, chosen...)
		data, err := os.ReadFile(filepath.Join(c.dir, "Makefile"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			if strings.HasPrefix(line, "SHELL") || strings.Contains(line, "pipefail") || strings.Contains(line, "[[") {
				t.Errorf("the Makefile needs bash: %s", line)
			}
		}
		c.make(t, true, "build")
		wantText(t, c.make(t, true, "help"), "  build ", "  test ", "  deploy ")
		git(t, c.dir, "add", "--all")
		git(t, c.dir, "commit", "--quiet", "--message", "first")
		wantText(t, c.make(t, true, "-n", "compatibility", "BASE=HEAD"), "-recordings '"+c.dir+"/bin/recorded/internal/httpapi/testdata'")
		c.make(t, true, "rules")
	}
}

func TestMakefileLeavesVendorAlone(t *testing.T) {
	programs.Need(t)
	c := newCheckout(t)
	const unformatted = "package  x\n"
	write(t, filepath.Join(c.dir, "vendor/example.com/x/x.go"), unformatted)
	bin := t.TempDir()
	write(t, filepath.Join(bin, "golangci-lint"), "#!/bin/sh\n")
	write(t, filepath.Join(bin, "go"), "#!/bin/sh\n")
	for _, name := range []string{"go", "golangci-lint"} {
		if err := os.Chmod(filepath.Join(bin, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	c.env = append(slices.Clip(c.env), "PATH="+bin+":"+os.Getenv("PATH"))
	c.make(t, true, "lint")
	own := filepath.Join(c.dir, "internal", "app", "own.go")
	write(t, own, unformatted)
	wantText(t, c.make(t, false, "lint"), "not formatted, run make fmt:", "own.go")
	c.make(t, true, "fmt")
	for name, want := range map[string]string{own: "package x\n", filepath.Join(c.dir, "vendor/example.com/x/x.go"): unformatted} {
		if got, err := os.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestMakefileExplainsThatTheRaceDetectorNeedsACompiler(t *testing.T) {
	programs.Need(t)
	c := newCheckout(t)
	c.env = append(slices.Clip(c.env), "CC=no-such-compiler")
	wantText(t, c.make(t, false, "test"), "needs a C compiler", "make test RACE=")
	if out := c.make(t, true, "-n", "test", "RACE="); !strings.Contains(out, "\ngo test  ./...") {
		t.Errorf("RACE= does not turn the race detector off:\n%s", out)
	}
}

// A URL comes from people and from the pipeline. The shell must not interpret it.
func TestMakefilePassesURLsUninterpreted(t *testing.T) {
	programs.Need(t)
	c := newCheckout(t)
	for _, target := range []string{"smoke", "load"} {
		if out := c.make(t, true, "-n", target, "URL=http://a'; touch injected; '"); strings.Contains(out, "injected") {
			t.Errorf("make %s: the URL is part of the command:\n%s", target, out)
		}
	}
}

// deploy/kubernetes/README.md says to add one of these components for a managed load balancer.
func TestProductionFitsEveryCloud(t *testing.T) {
	need(t, "lint", "kubectl")
	for component, want := range map[string]string{
		"ingress-aks": "ingressClassName: webapprouting.kubernetes.azure.com",
		"ingress-eks": "ingressClassName: alb",
		"ingress-gke": "kind: BackendConfig",
	} {
		for _, env := range []string{"staging", "production"} {
			c := newCheckout(t)
			file := filepath.Join(c.dir, "deploy/kubernetes/overlays", env, "kustomization.yaml")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			const after = "  - ../../components\n"
			write(t, file, strings.Replace(string(data), after, after+"  - ../../components/"+component+"\n", 1))
			wantText(t, c.make(t, true, "manifests", "ENV="+env), want)
		}
	}
}
