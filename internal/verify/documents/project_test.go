package documents_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acton-go/acton-new/internal/verify/documents"
	"github.com/acton-go/acton-new/internal/verify/programs"
)

var shopFiles = map[string]string{
	".gitignore":               "/bin/\n",
	"README.md":                "[a](docs/page.md)\n",
	"Makefile":                 "TAG ?= v1\n.PHONY: build\nbuild: ## Build.\n\techo $(TAG)\n",
	"docs/configuration.md":    "# Configuration\n\n| `server.tls.cert_file` |  | `SHOP_SERVER__TLS__CERT_FILE` | A file. |\n",
	"docs/other.md":            "# Other `things`\n\n## Twice\n\n## Twice\n",
	"scripts/drill.sh":         "",
	"Dockerfile":               `ENTRYPOINT ["/usr/local/bin/shop"]`,
	"deploy/base/all.yaml":     "kind: Deployment\nmetadata: {name: shop, namespace: shop-production}\n---\nkind: CronJob\nmetadata: {name: shop-backup}\n",
	"deploy/base/secrets.yaml": "kind: ExternalSecret\nmetadata: {name: shop}\nspec: {target: {name: shop-secret}}\n",
}

// shopHelp is a stub of the service that prints its --help output.
const shopHelp = `#!/bin/sh
case "$*" in
--help) printf 'The service\n\nAvailable Commands:\n  healthcheck Ask it\n  database    Look\n\nFlags:\n  -h, --help   help\n' ;;
'healthcheck --help') printf 'Ask it\n\nFlags:\n      --config string   settings file\n      --ready           ask more\n' ;;
'database --help') printf 'Look\n\nAvailable Commands:\n  exec        Run\n' ;;
'database exec --help') printf 'Run\n\nFlags:\n  -h, --help   help\n' ;;
*) exit 2 ;;
esac
`

func bash(text string) string   { return "```bash\n" + text + "\n```\n" }
func server(text string) string { return "```sh\n" + text + "\n```\n" }

// problems returns the problems of a document in a small project.
func problems(t *testing.T, document string) []string {
	t.Helper()
	files := maps.Clone(shopFiles)
	files["docs/page.md"] = document
	p, err := documents.NewProject("shop", files)
	if err != nil {
		t.Fatal(err)
	}
	p.Binary = filepath.Join(t.TempDir(), "shop")
	if err := os.WriteFile(p.Binary, []byte(shopHelp), 0o700); err != nil {
		t.Fatal(err)
	}
	return p.Check("docs/page.md")
}

func TestCheckAcceptsCorrectDocuments(t *testing.T) {
	programs.Need(t)
	for _, document := range []string{
		"[a](other.md) [b](other.md#other-things) [c](other.md#twice-1) [d](../deploy/base) [e](https://example.com/x#y) [f](#here)\n\n# Here\n",
		"`make build TAG=v2`, `server.tls`, `server.tls.cert_file`, `docs/other.md`, `deploy/`, `a/b`, `SHOP_SERVER__TLS__CERT_FILE`\n",
		bash("n=shop-production\nkubectl -n \"$n\" rollout undo deployment/shop --to-revision=3"),
		bash("kubectl get deploy,pods -o wide\nkubectl top pods -n shop-production\nkubectl logs -f --tail 20 deployment/shop -c shop"),
		bash("kubectl create job \"x-$(date +%s)\" --from=cronjob/shop-backup\nkubectl get secret shop-secret\nkubectl delete pod \"$pod\""),
		bash("kubectl exec -it deployment/shop -- shop healthcheck --ready --config x\nbin/shop database exec -- psql -c 'SELECT 1'"),
		bash("make build TAG=v2\ngh run list -R acme/shop\nbash scripts/drill.sh\nkubectl apply -k deploy/base\nf() { echo; }\nf"),
		bash("ls\n{\nread -rsp 'x: ' x\necho \"$x\"\n}") + bash("read -r x < <(ls)\nread -rp 'y: ' y &&\n  gh secret set \"$x$y\""),
		"Then `new/file.txt`:\n\n```text\nx\n```\n\nAnd `docs/made.md` by this:\n\n" + server("touch docs/made.md"),
		"```json\n{}\n```\n\n```promql\nup == 0\n```\n",
	} {
		if got := problems(t, document); len(got) > 0 {
			t.Errorf("%s\n%s", document, strings.Join(got, "\n"))
		}
	}
}

func TestCheckFindsProblems(t *testing.T) {
	programs.Need(t)
	for document, want := range map[string]string{
		"[a](none.md)":                                   "docs/page.md:1: broken link: none.md does not exist",
		"\n\n[a](other.md#none)":                         "docs/page.md:3: broken link: other.md#none: heading not found",
		"[a](#none)":                                     "docs/page.md:1: broken link: #none: heading not found",
		"[a](../Makefile#x)":                             "docs/page.md:1: broken link: ../Makefile#x: only Markdown files have anchors",
		"`make tea`":                                     "docs/page.md:1: the Makefile has no target tea",
		"`server.tls.key`":                               "docs/page.md:1: server.tls.key is not a setting in docs/configuration.md",
		"`docs/none.md`":                                 "docs/page.md:1: docs/none.md does not exist",
		"SHOP_SERVER__NONE":                              "docs/page.md:1: SHOP_SERVER__NONE is not a variable in docs/configuration.md",
		"```shell\nls\n```\n":                            `docs/page.md:1: unknown block language "shell"`,
		"- x\n\n  ```bash\n  ls\n  ```\n":                "docs/page.md:3: an indented block is neither run nor checked",
		"```json\n{\n```\n":                              "docs/page.md:2: invalid JSON",
		"```yaml\na: [\n```\n":                           "docs/page.md:2: invalid YAML",
		"```bash\nls\n":                                  "docs/page.md: line 1: the fenced block is not closed",
		bash("if true"):                                  "invalid bash",
		bash("gcloud init"):                              "docs/page.md:2: gcloud is not in the list of programs in internal/verify/documents",
		bash("x=$(gcloud init)"):                         "docs/page.md:2: gcloud is not in the list of programs in internal/verify/documents",
		bash("bash scripts/none.sh"):                     "docs/page.md:2: scripts/none.sh does not exist",
		bash("kubectl apply -k deploy/none"):             "docs/page.md:2: deploy/none does not exist",
		bash("make tea"):                                 "docs/page.md:2: the Makefile has no target tea",
		bash("make build NONE=1"):                        "docs/page.md:2: the Makefile has no variable NONE",
		bash("kubectl rolout undo"):                      "docs/page.md:2: kubectl  has no command rolout",
		bash("kubectl rollout stats deployment/shop"):    "docs/page.md:2: kubectl rollout has no command stats",
		bash("kubectl get pods --none"):                  "docs/page.md:2: kubectl get has no flag --none",
		bash("kubectl -Z get pods"):                      "docs/page.md:2: kubectl  has no flag -Z",
		bash("kubectl get deployment/none"):              "docs/page.md:2: the manifests have no deployment called none",
		bash("kubectl get deployment none"):              "docs/page.md:2: the manifests have no deployment called none",
		bash("kubectl get hpa"):                          "docs/page.md:2: the manifests have no object of kind horizontalpodautoscaler",
		bash("n=shop-none\nkubectl -n \"$n\" get pods"):  "docs/page.md:3: the manifests have no namespace called shop-none",
		bash("kubectl logs deployment/shop -c none"):     "docs/page.md:2: the pod has no container none",
		bash("kubectl create job x --from=cronjob/none"): "docs/page.md:2: the manifests have no cronjob called none",
		bash("kubectl exec deployment/shop -- shop tea"): "has no command tea",
		bash("kubectl exec deployment/shop -- /shop"):    "docs/page.md:2: /shop is not the entry point in the Dockerfile",
		bash("bin/shop healthcheck --none"):              "has no flag --none",
		bash("gh run list"):                              "docs/page.md:2: gh needs -R",
		bash("read -rp 'x: ' x && ls\necho \"$x\""):      "docs/page.md:2: the prompt would take the next pasted line",
		bash("gh secret set X\nls"):                      "docs/page.md:2: the prompt would take the next pasted line",
		bash("bin/shop database exec -- gcloud"):         "docs/page.md:2: gcloud is not in the list",
	} {
		got := strings.Join(problems(t, document), "\n")
		if !strings.Contains(got, want) {
			t.Errorf("%s\ngot  %s\nwant %s", document, got, want)
		}
	}
}

func TestSectionsForPeopleOnCallMentionTheCheckout(t *testing.T) {
	programs.Need(t)
	files := maps.Clone(shopFiles)
	files["docs/runbook.md"] = "## Silent\n\n" + bash("make build") + "\n## Path\n\n" + bash("cat deploy/base/all.yaml") +
		"\n## Said\n\nIn a checkout:\n\n" + bash("make build # of the commit") + "\n## Other\n\n" + bash("kubectl get deployment/shop")
	p, err := documents.NewProject("shop", files)
	if err != nil {
		t.Fatal(err)
	}
	const problem = ": the commands use files of the repository: say that they need a checkout"
	if got, want := p.Check("docs/runbook.md"), []string{"docs/runbook.md:4" + problem, "docs/runbook.md:10" + problem}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUnreachableReturnsDocumentsWithoutALink(t *testing.T) {
	files := maps.Clone(shopFiles)
	files["docs/page.md"] = "[b](other.md#twice)\n"
	files[".github/template.md"] = "for GitHub\n"
	p, err := documents.NewProject("shop", files)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"docs/configuration.md"}, p.Unreachable()); diff != "" {
		t.Errorf("unreachable (-want +got):\n%s", diff)
	}
}

func TestLinksReturnsLinksToFiles(t *testing.T) {
	got := documents.Links("a [b](c.md) ![d](e/f.svg) [g](https://h.example/) [i](j.md#k) [l](#m) `[n](o)`\n```sh\n[p](q)\n```\n")
	if diff := cmp.Diff([]string{"c.md", "e/f.svg", "j.md#k", "#m"}, got); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}

func TestUnrunKeepsLineNumbers(t *testing.T) {
	blocks, err := documents.Blocks("# `x`:\n\n" + bash("a=1") + "\n" + server("ls") + "\n" + bash("echo $a"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := documents.Unrun(blocks), "\n\n\na=1\n\n\n\n\n\n\n\necho $a\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if script := documents.Script("x", blocks, nil); strings.Contains(script, "a=1") || strings.Contains(script, "echo $a") {
		t.Error("the script contains a bash block")
	}
	if documents.Changes(blocks) {
		t.Error("got true, want false: no block changes a file")
	}
}
