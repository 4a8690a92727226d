package kubernetes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/acton-go/acton-new/internal/verify/documents"
)

// onCall is a member of the group of the people on call.
const onCall, onCallGroup = "ada", "people-on-call"

// charts is what the charts of cert-manager and External Secrets add to the built-in role edit, and metrics-server to view.
const charts = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: charts
  labels: {rbac.authorization.k8s.io/aggregate-to-edit: "true", rbac.authorization.k8s.io/aggregate-to-view: "true"}
rules:
  - apiGroups: [acme.cert-manager.io, cert-manager.io, external-secrets.io]
    resources: ["*"]
    verbs: [get, list, watch, create, delete, patch, update]
  - apiGroups: [metrics.k8s.io]
    resources: [pods, nodes]
    verbs: [get, list, watch]
`

// BindOnCall binds the roles that docs/operate.md names to the people on call: edit and that of the service in its namespace,
// the latter also in the namespace of Prometheus, and view everywhere.
func (c *Cluster) BindOnCall(file, namespace string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	roles, err := decode(text)
	if err != nil {
		return err
	}
	name := roles[len(roles)-1].name()
	binding := func(kind, namespace, name, role string) object {
		return object{
			"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": map[string]any{"name": name, "namespace": namespace},
			"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
			"subjects": []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": onCallGroup}},
		}
	}
	const root = "/apis/rbac.authorization.k8s.io/v1/"
	in := func(namespace, name string) string { return root + "namespaces/" + namespace + "/rolebindings/" + name }
	if _, err := c.kubectl(append([]byte(charts+"---\n"), text...), "apply", "--server-side", "-f", "-"); err != nil {
		return err
	}
	const prometheus = "monitoring"
	err = errors.Join(
		c.namespaces([]object{{"kind": "Namespace", "metadata": map[string]any{"name": prometheus}}}),
		c.apply(in(namespace, "on-call"), binding("RoleBinding", namespace, "on-call", "edit")),
		c.apply(in(namespace, name), binding("RoleBinding", namespace, name, name)),
		c.apply(in(prometheus, name), binding("RoleBinding", prometheus, name, name)),
		c.apply(root+"clusterrolebindings/"+name, binding("ClusterRoleBinding", "", name, "view")),
	)
	if err != nil {
		return err
	}
	return await(startLimit, func() error { // until the controller has aggregated the rules of the charts
		for _, role := range []string{"edit", "view"} {
			text, err := c.request(http.MethodGet, root+"clusterroles/"+role, "", nil)
			if err != nil {
				return err
			}
			if !bytes.Contains(text, []byte("metrics.k8s.io")) {
				return fmt.Errorf("the role %s lacks the rules of the charts", role)
			}
		}
		return nil
	})
}

// runbookPrologue replaces what the simulated cluster does not have: containers, other programs and a person who answers. For the
// commands that it replaces, the API server is asked whether the person may run them. Commands that change an object are dry runs. A
// kubectl command that fails is written to $FAILURES with its line.
const runbookPrologue = `set -u
real() { timeout --kill-after 5 60 "$KUBECTL" --as "$USER" --as-group "$GROUP" "$@"; }
may() { # VERB RESOURCE[.GROUP][/SUBRESOURCE] COMMAND...
  local verb=$1 what=$2 in=$namespace resource=${2%%/*} subresource= group= allowed
  shift 2
  [[ $what == */* ]] && subresource=${what#*/}
  [[ $resource == *.* ]] && group=${resource#*.} resource=${resource%%.*}
  [[ $1 == -n && -z $2 ]] && in=monitoring # the namespace of Prometheus, which is not installed
  allowed=$(real create --validate=false -f - -o jsonpath='{.status.allowed}' <<END
apiVersion: authorization.k8s.io/v1
kind: SelfSubjectAccessReview
spec: {resourceAttributes: {namespace: "$in", verb: $verb, group: "$group", resource: $resource, subresource: "$subresource"}}
END
  )
  [[ $allowed == true ]] || echo "line $at: kubectl $*: may not $verb $what in $in" >>"$FAILURES"
}
kubectl() {
  local argument words=" $* " add=()
  case $words in
    *' config '*) return ;;
    *' exec '*) may create pods/exec "$@"; return ;;
    *' logs '*) may get pods/log "$@"; return ;;
    *' port-forward '*) may create pods/portforward "$@"; return ;;
    *' top '*) may list pods.metrics.k8s.io "$@"; return ;;
    *' rollout restart '*) may patch deployments.apps "$@"; return ;;
    *' secret tls '*) return ;; # prints an object
    *certificate*) may list certificates.cert-manager.io "$@"; return ;; # cert-manager is not installed
    *' wait '*) may watch jobs.batch "$@"; return ;;
    *' get job/'*) may get jobs.batch "$@"; return ;; # a dry run created it
    *' apply '*) cat >/dev/null; may patch secrets "$@"; return ;;
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
  real "$@" "${add[@]}" 2>"$FAILURES.stderr" || echo "line $at: kubectl $*: $(cat "$FAILURES.stderr")" >>"$FAILURES"
}
read() {
  [[ $1 == -rp ]] || { builtin read "$@"; return; }
  case $3 in
    pod) pod=$(real -n "$namespace" get pods --output jsonpath='{.items[0].metadata.name}') ;;
    number) number=4 ;;
    *) printf -v "$3" '%s' "answer" ;;
  esac
}
amtool() { :; }; cmctl() { :; }; curl() { :; }; gh() { :; }; kill() { :; }; make() { :; }; sleep() { :; }
`

// CheckRunbook runs the commands of a runbook on the API server, as an engineer on call would paste them, with the rights of
// BindOnCall.
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
	cmd.Env = []string{"HOME=" + dir, "KUBECONFIG=" + c.Kubeconfig, "PATH=/usr/bin:/bin", "KUBECTL=" + c.tools.path("kubectl"), "FAILURES=" + failures,
		"USER=" + onCall, "GROUP=" + onCallGroup}
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
