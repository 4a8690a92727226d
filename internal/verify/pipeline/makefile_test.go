package pipeline

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/documents"
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

// deploy/kubernetes/README.md says to add one of these components. Two environments must claim neither the same host of a Gateway nor
// the same address of Google Cloud: each overlay names its own host, and its own address with the lines that the README shows.
func TestProductionFitsEveryCloud(t *testing.T) {
	need(t, "lint", "kubectl")
	const address = "kubernetes.io/ingress.global-static-ip-name"
	for component, want := range map[string]string{
		"gateway":     "hostnames:\n  - HOST\n",
		"ingress-eks": "ingressClassName: alb",
		"ingress-gke": "networking.gke.io/v1beta1.FrontendConfig: orders",
	} {
		for _, env := range []string{"development", "staging", "production"} {
			c := newCheckout(t)
			dir := filepath.Join(c.dir, "deploy/kubernetes")
			overlay := filepath.Join(dir, "overlays", env, "kustomization.yaml")
			kustomization := decodeMap(t, readFile(t, overlay))
			kustomization["components"] = append(kustomization["components"].([]any), "../../components/"+component)
			write(t, overlay, encode(t, kustomization))
			manifests := c.make(t, true, "manifests", "ENV="+env)
			host := strings.TrimPrefix(env+".orders.example.com", "production.")
			wantText(t, manifests, strings.Replace(want, "HOST", host, 1))
			if strings.Contains(manifests, address) {
				t.Errorf("%s claims the same address in every environment", component)
			}
			if component != "ingress-gke" {
				continue
			}
			// Autopilot raises the memory requests of pods to 1Gi for each CPU, and the quota must still admit them.
			wantText(t, manifests, `requests.cpu: "9"`, "requests.memory: 9Gi")
			addPatches(t, dir, kustomization)
			write(t, overlay, encode(t, kustomization))
			wantText(t, c.make(t, true, "manifests", "ENV="+env), address+": orders-staging", "35.191.0.0/16,203.0.113.10/32\n")
		}
	}
}

// Kustomize does not report a patch without a match, so an overlay without its own host would have the host of production.
func TestTwoEnvironmentsCannotHaveOneHost(t *testing.T) {
	need(t, "lint", "kubectl")
	for _, component := range []string{"ingress", "gateway"} {
		c := newCheckout(t)
		check := func(wantOK bool) string { return c.make(t, wantOK, "manifests-check", "KUBECONFORM=true") }
		for _, env := range []string{"development", "staging", "production"} {
			if component == "gateway" {
				editOverlay(t, c, env, func(k map[string]any) { k["components"] = append(k["components"].([]any), "../../components/gateway") })
			}
		}
		check(true)
		editOverlay(t, c, "development", func(k map[string]any) {
			k["patches"] = slices.DeleteFunc(k["patches"].([]any), func(p any) bool { return p.(map[string]any)["target"] != nil })
		})
		wantText(t, check(false), "two environments have the host orders.example.com")
	}
}

// Nobody sees at the load balancer that the network policy or the trusted proxies still have the address of the template.
func TestManifestsCheckRefusesAddressesForDocumentation(t *testing.T) {
	need(t, "lint", "kubectl")
	for _, component := range []string{"ingress-eks", "ingress-gke"} {
		c := newCheckout(t)
		editOverlay(t, c, "production", func(k map[string]any) {
			k["components"] = append(k["components"].([]any), "../../components/"+component)
		})
		out := c.make(t, false, "manifests-check", "KUBECONFORM=true")
		wantText(t, out, "production.yaml:", "192.0.2.", "deploy/kubernetes/components/ingress-eks")
	}
}

func editOverlay(t *testing.T, c checkout, env string, edit func(kustomization map[string]any)) {
	t.Helper()
	file := filepath.Join(c.dir, "deploy/kubernetes/overlays", env, "kustomization.yaml")
	kustomization := decodeMap(t, readFile(t, file))
	edit(kustomization)
	write(t, file, encode(t, kustomization))
}

// addPatches adds the patches of the first block of YAML in the README to the kustomization of an overlay.
func addPatches(t *testing.T, dir string, kustomization map[string]any) {
	t.Helper()
	blocks, err := documents.Blocks(readFile(t, filepath.Join(dir, "README.md")))
	if err != nil {
		t.Fatal(err)
	}
	blocks = slices.DeleteFunc(blocks, func(b documents.Block) bool { return b.Lang != "yaml" })
	patches, _ := kustomization["patches"].([]any)
	kustomization["patches"] = append(patches, decodeMap(t, blocks[0].Text)["patches"].([]any)...)
}

// A Job never fails because of an image that cannot be pulled: its deadline is an hour.
func TestDeployEndsIfTheMigrationsCannotStart(t *testing.T) {
	need(t, "lint", "kubectl")
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Fatal(err)
	}
	for reason, wantOK := range map[string]bool{"ErrImagePull ImagePullBackOff": false, "CreateContainerConfigError": false, "ContainerCreating": true, "": true} {
		c := newCheckout(t, "database")
		bin := t.TempDir()
		stub := filepath.Join(bin, "kubectl")
		write(t, stub, `#!/bin/sh
case "$*" in
  kustomize*) exec '`+kubectl+`' "$@" ;;
  *'job/orders-migrate --timeout 2m') exit 1 ;;
  *'job/orders-migrate --timeout 70m') echo waits for an hour ;;
  *'get pods'*) printf %s '`+reason+`' ;;
  create*) echo '{}' ;;
esac
`)
		if err := os.Chmod(stub, 0o700); err != nil {
			t.Fatal(err)
		}
		c.env = append(slices.Clip(c.env), "PATH="+bin+":"+os.Getenv("PATH"))
		out := c.make(t, wantOK, "deploy", "ENV=production", "TAG=v1.2.3")
		if got := strings.Contains(out, "\nwaits for an hour"); got != wantOK {
			t.Errorf("the pods wait because of %q: make deploy waits for an hour is %t:\n%s", reason, got, out)
		}
	}
}

// The kubelet evicts a pod that writes more to its emptyDir than the limit, and Autopilot sets a limit of 1Gi by default. It refuses
// more than 10Gi.
func TestDumpsFitOnTheNode(t *testing.T) {
	need(t, "lint", "kubectl")
	manifests := newCheckout(t, "database").make(t, true, "manifests", "ENV=production")
	for text, want := range map[string]int{"sizeLimit: 8Gi": 2, "sizeLimit:": 2, "ephemeral-storage: 8Gi": 4, "ephemeral-storage:": 4} {
		if got := strings.Count(manifests, text); got != want {
			t.Errorf("the manifests have %q %d times, want it %d times: dump and download write to an emptyDir", text, got, want)
		}
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func decodeMap(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := yaml.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func encode(t *testing.T, m map[string]any) string {
	t.Helper()
	data, err := yaml.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
