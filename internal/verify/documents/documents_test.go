package documents_test

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acton-go/acton-new/internal/verify/documents"
	"github.com/acton-go/acton-new/internal/verify/process"
	"github.com/acton-go/acton-new/internal/verify/programs"
)

// TestMain makes the test binary also act as the server in a document.
func TestMain(m *testing.M) {
	if addr := os.Getenv("MDTEST_SERVE"); addr != "" {
		panic(http.ListenAndServe(addr, http.NotFoundHandler()))
	}
	os.Exit(m.Run())
}

const document = "# Title\n\nRun it:\n\n```sh\nx=1\nmkdir sub && cd sub\n```\n\nCreate `a/b.txt`\nlike this:\n\n```text\nhello\n```\n\nProse with `code` in it.\n\n```json\n{}\n```\n\n```sh\ntest \"$x\" = 1 && grep -q hello a/b.txt\n```\n"

func TestBlocksReturnsFileAndLine(t *testing.T) {
	got, err := documents.Blocks(document)
	if err != nil {
		t.Fatal(err)
	}
	want := []documents.Block{
		{Lang: "sh", Text: "x=1\nmkdir sub && cd sub\n", Line: 6},
		{Lang: "text", Text: "hello\n", File: "a/b.txt", Line: 14},
		{Lang: "json", Text: "{}\n", Line: 20},
		{Lang: "sh", Text: "test \"$x\" = 1 && grep -q hello a/b.txt\n", Line: 24},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("blocks (-want +got):\n%s", diff)
	}
	if _, err := documents.Blocks("```sh\nls\n"); err == nil {
		t.Error("got no error for an unclosed block")
	}
}

func TestScriptRunsBlocksInOneShellAndReportsTheFailingLine(t *testing.T) {
	if out, err := run(t, document, nil); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := run(t, document+"\n```sh\ntrue\nfalse\n```\n", nil)
	if err == nil || !strings.Contains(out, "failed at doc.md:28 (exit 1)") {
		t.Errorf("got %v and %q, want a failure at doc.md:28", err, out)
	}
}

func TestScriptStopsServersAtTheEnd(t *testing.T) {
	programs.Need(t)
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	addr := "127.0.0.1:" + port
	server := os.Args[0] + " -test.run=TestMain"
	t.Setenv("MDTEST_SERVE", addr)
	url := "http://" + addr + "/"
	doc := "```sh\n" + server + "\n```\n\n```sh\ncurl -sS " + url + " | grep -q 404\n```\n"
	if out, err := run(t, doc, map[string]string{server: url}); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Error("the server still runs after the document ended")
	}
}

func run(t *testing.T, document string, servers map[string]string) (string, error) {
	t.Helper()
	blocks, err := documents.Blocks(document)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash")
	cmd.Stdin = strings.NewReader(documents.Script("doc.md", blocks, servers))
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	return string(out), err
}
