package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/acton-go/acton-new/internal/verify/documents"
)

// runbookPrologue replaces what the simulated cluster does not have: containers, other programs and a person who answers.
// Commands that change an object are dry runs. A kubectl command that fails is written to $FAILURES with its line.
const runbookPrologue = `set -u
kubectl() {
  local argument words=" $* " add=()
  case $words in
    *' exec '* | *' logs '* | *' port-forward '* | *' top '* | *' config '* | *' rollout restart '*) return ;;
    *certificate* | *' secret tls '*) return ;; # cert-manager is not installed
    *' wait '*) return ;;
    *' get job/'*) return ;; # a dry run created it
    *' apply '*) cat >/dev/null; return ;;
    *' debug '*) # adds a container, but nobody is at its terminal
      for argument; do
        shift
        case $argument in
          --stdin) set -- "$@" --attach=false ;;
          --tty) ;;
          *) set -- "$@" "$argument" ;;
        esac
      done
      ;;
    *' --dry-run'*) ;;
    *' patch '* | *' scale '* | *' delete '* | *' create '*) add=(--dry-run=server) ;;
  esac
  timeout --kill-after 5 60 "$KUBECTL" "$@" "${add[@]}" 2>"$FAILURES.stderr" || echo "line $at: kubectl $*: $(cat "$FAILURES.stderr")" >>"$FAILURES"
}
read() {
  [[ $1 == -rp ]] || { builtin read "$@"; return; }
  case $3 in
    pod) pod=$(timeout --kill-after 5 60 "$KUBECTL" -n "$namespace" get pods --output jsonpath='{.items[0].metadata.name}') ;;
    *) printf -v "$3" '%s' "answer" ;;
  esac
}
amtool() { :; }; cmctl() { :; }; curl() { :; }; gh() { :; }; kill() { :; }; make() { :; }; sleep() { :; }
`

// CheckRunbook runs the commands of a runbook on the API server, as an engineer on call would paste them.
func (c *Cluster) CheckRunbook(text string) error {
	blocks, err := documents.Blocks(text)
	if err != nil {
		return err
	}
	script := runbookPrologue
	found := 0
	for _, b := range blocks {
		if b.Lang == "bash" {
			script += fmt.Sprintf("at=%d\n%s", b.Line, b.Text)
			found++
		}
	}
	if found < 20 {
		return fmt.Errorf("the runbook has %d blocks of commands", found)
	}
	dir, err := os.MkdirTemp(c.dir, "runbook")
	if err != nil {
		return err
	}
	failures := filepath.Join(dir, "failures")
	ctx, cancel := context.WithTimeout(context.Background(), 2*commandLimit)
	defer cancel()
	file := filepath.Join(dir, "runbook.sh")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "bash", file)
	cmd.Dir = dir
	cmd.WaitDelay = 10 * time.Second // a command that still runs has the output open
	cmd.Env = []string{"HOME=" + dir, "KUBECONFIG=" + c.Kubeconfig, "PATH=/usr/bin:/bin", "KUBECTL=" + c.tools.path("kubectl"), "FAILURES=" + failures}
	out, err := cmd.CombinedOutput()
	if err != nil {
		failed, _ := os.ReadFile(failures)
		return fmt.Errorf("runbook: %w\n%s%s", err, out, failed)
	}
	failed, err := os.ReadFile(failures)
	switch {
	case err == nil:
		return fmt.Errorf("runbook: %s", strings.TrimSpace(string(failed)))
	case errors.Is(err, os.ErrNotExist):
		return nil
	}
	return err
}
