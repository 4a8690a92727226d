package kubernetes

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/process"
	"github.com/acton-go/acton-new/internal/verify/projects"
	"github.com/acton-go/acton-new/internal/verify/servers"
	"github.com/acton-go/acton-new/internal/writer"
)

// TestRestore backs up a database and restores it, as docs/operate.md says. API server, job controller, PostgreSQL, the
// S3 protocol and the programs of the jobs are real. The test does the work of the External Secrets operator.
func TestRestore(t *testing.T) {
	if *combinations == "none" {
		t.Skip("starts a cluster; .ci/run kubernetes runs it")
	}
	check := harness(t).Check("restore", restoreTree(t))
	check.Add("database", servers.Script("database"))
	if check.Unchanged(t) {
		return
	}
	r := newRestore(t)
	r.sql("postgres", "CREATE DATABASE live")
	r.sql("postgres", "CREATE DATABASE restored")
	r.sql("live", "CREATE TABLE notes AS SELECT generate_series(1, 1000) AS id")
	r.sql("live", "CREATE ROLE reader; GRANT SELECT ON notes TO reader")
	r.point("live")
	r.kubectl("create", "job", "backup", "--from=cronjob/orders-backup")
	r.kubectl("wait", "--for=condition=complete", "job/backup", "--timeout=1m")
	// Behind a pooler, the job takes the address of the server.
	r.secret("orders-database", map[string]string{"url": r.address("absent"), "direct_url": r.address("live")})
	r.kubectl("create", "job", "direct", "--from=cronjob/orders-backup")
	r.kubectl("wait", "--for=condition=complete", "job/direct", "--timeout=1m")
	r.point("live")
	r.sql("live", "DELETE FROM notes WHERE id > 10")

	out, err := r.restore("")
	dump := strings.Fields(out)
	if err != nil || strings.Count(out, ".dump") != 2 || !strings.HasSuffix(dump[len(dump)-1], ".dump") {
		t.Fatalf("got %v and %q, want a list of two dumps", err, out)
	}
	name := dump[len(dump)-1]

	r.stored = r.address("restored") // the Secret still has the address of the old database
	if out, err := r.restore("live\n", name); err == nil || !strings.Contains(out, "/restored.") {
		t.Errorf("got %v and %q, want a question about the new database, and a refusal", err, out)
	}
	if out, err := r.restore("restored\n", "20000101T000000Z.dump"); err == nil || !strings.Contains(out, "not in the list") {
		t.Errorf("got %v and %q, want a dump that does not exist to be reported", err, out)
	}
	if got := r.replicas(); got != "3" {
		t.Errorf("got %s replicas after a dump that does not exist, want 3", got)
	}
	r.direct = r.address("direct") // the restore uses it, so it must be in the question
	if out, err := r.restore("restored\n", name); err == nil || !strings.Contains(out, "/direct.") {
		t.Errorf("got %v and %q, want a question about the database of direct_url, and a refusal", err, out)
	}
	r.direct, r.stored = "", r.address("absent")
	if out, err := r.restore("absent\n", name); err == nil || !strings.Contains(out, "To abort") || !strings.Contains(out, "--replicas=3") {
		t.Errorf("got %v and %q, want a failure, and how to retry and abort", err, out)
	}
	if got := r.replicas(); got != "0" {
		t.Errorf("got %s replicas after a restore that failed, want 0", got)
	}
	r.kubectl("scale", "deployment", "orders", "--replicas=3")
	r.stored, r.interrupt = r.address("restored"), true // while the script waits for the pods or the job
	if out, err := r.restore("restored\n", name); err == nil || !strings.Contains(out, "To abort") || !strings.Contains(out, "--replicas=3") {
		t.Errorf("got %v and %q after an interrupt, want how to retry and abort", err, out)
	}
	r.interrupt = false
	if out, err := r.restore("restored\n", name); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if live, restored := r.sql("live", "SELECT count(*) FROM notes"), r.sql("restored", "SELECT count(*) FROM notes"); live != "10" || restored != "1000" {
		t.Errorf("got %s notes in the old database and %s in the new one, want 10 and 1000", live, restored)
	}
	if got := r.sql("restored", "SET ROLE reader; SELECT count(*) FROM notes"); got != "1000" {
		t.Errorf("got %s notes as a role that had only a grant, want 1000", got)
	}
	if got := r.replicas(); got != "3" {
		t.Errorf("got %s replicas, want 3", got)
	}

	// A backup that cannot read the database fails, and uploads nothing.
	r.point("absent")
	r.kubectl("patch", "cronjob", "orders-backup", "--type=merge", "-p", `{"spec":{"jobTemplate":{"spec":{"backoffLimit":0}}}}`)
	r.kubectl("create", "job", "broken", "--from=cronjob/orders-backup")
	r.kubectl("wait", "--for=condition=failed", "job/broken", "--timeout=2m")
	if out, err := r.restore(""); err != nil || strings.Count(out, ".dump") != 2 {
		t.Errorf("got %v and %q, want the list of two dumps", err, out)
	}
}

// restore is a service with a database and object storage.
type restore struct {
	t        *testing.T
	cluster  *Cluster
	dir      string // of the project
	admin    *url.URL
	programs string // directory of the programs of PostgreSQL
	stored   string // the address in the secret store
	direct   string // the address that bypasses a pooler, if there is one

	interrupt bool // the script, once it has stopped the service
}

const restoreNamespace = "orders-production"

func newRestore(t *testing.T) *restore {
	t.Helper()
	server := servers.NewTestPool(t).StartFor(t, "database")
	settings, err := server.Settings()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(settings, func(pair string) bool { return strings.HasPrefix(pair, "DATABASE_ADMIN_URL=") })
	admin, err := url.Parse(strings.TrimPrefix(settings[i], "DATABASE_ADMIN_URL="))
	if err != nil {
		t.Fatal(err)
	}
	installed, err := server.Do("programs")
	if err != nil {
		t.Fatal(err)
	}
	programs := filepath.Dir(strings.Fields(installed)[0])
	aws, err := exec.LookPath("aws")
	if err != nil {
		t.Fatal(err)
	}
	r := &restore{t: t, cluster: start(t), dir: t.TempDir(), admin: admin, programs: programs}
	if r.cluster.processes, err = newProcesses(r.cluster, t.TempDir(), programs+":"+filepath.Dir(aws)+":/usr/bin:/bin"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.cluster.processes.close)
	r.deploy(startStorage(t))
	return r
}

// restoreTree returns the manifests and scripts of a project with a database.
func restoreTree(t *testing.T) generator.Tree {
	t.Helper()
	tree := projects.Render(t, generator.Answers{Name: "orders", Module: module, Features: []string{"database"}})
	return slices.DeleteFunc(tree, func(f generator.File) bool {
		return !strings.HasPrefix(f.Path, "deploy/") && !strings.HasPrefix(f.Path, "scripts/")
	})
}

// startStorage starts a server with the bucket of the backups, and returns its address.
func startStorage(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("s3")
	if err != nil {
		home, _ := os.UserHomeDir()
		path = filepath.Join(home, ".cache", "acton-tools", "bin", "s3")
	}
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	server, err := process.Start(exec.CommandContext(t.Context(), path, "127.0.0.1:"+port, "orders-backup"))
	if err != nil {
		t.Fatalf("%v: run .ci/run tools", err)
	}
	t.Cleanup(func() { server.Stop(stopLimit) })
	address := "http://127.0.0.1:" + port
	if err := server.Await(startLimit, func() error { return checkOK(http.DefaultClient, address) }); err != nil {
		t.Fatal(err)
	}
	return address
}

// deploy applies the manifests of production, with the address of the storage and the secrets of the store.
func (r *restore) deploy(storage string) {
	r.t.Helper()
	if _, err := writer.Write(r.t.Context(), restoreTree(r.t), writer.Target{Dir: r.dir, Repository: writer.RepositoryNever}); err != nil {
		r.t.Fatal(err)
	}
	manifest, err := r.cluster.Kustomize(filepath.Join(r.dir, "deploy/kubernetes/overlays/production"))
	if err != nil {
		r.t.Fatal(err)
	}
	const endpoint = "https://s3.eu-central-1.amazonaws.com"
	if !bytes.Contains(manifest, []byte(endpoint)) {
		r.t.Fatalf("the manifest has no endpoint %s", endpoint)
	}
	manifest = bytes.ReplaceAll(manifest, []byte(endpoint), []byte(storage))
	resources, err := decode(manifest)
	if err == nil {
		err = r.cluster.Install(resources)
	}
	if err == nil {
		err = r.cluster.Apply(manifest)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.secret("orders-backup", map[string]string{"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"})
}

func (r *restore) secret(name string, values map[string]string) {
	r.t.Helper()
	data := map[string]any{}
	for key, value := range values {
		data[key] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	err := r.cluster.apply("/api/v1/namespaces/"+restoreNamespace+"/secrets/"+name, object{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": name}, "data": data,
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// point writes the address of a database into the secret store, and synchronizes the Secret.
func (r *restore) point(database string) {
	r.t.Helper()
	r.stored = r.address(database)
	r.synchronize()
}

// synchronize does what the External Secrets operator does.
func (r *restore) synchronize() {
	r.t.Helper()
	values := map[string]string{"url": r.stored}
	if r.direct != "" {
		values["direct_url"] = r.direct
	}
	r.secret("orders-database", values)
	err := r.cluster.merge("/apis/external-secrets.io/v1/namespaces/"+restoreNamespace+"/externalsecrets/orders-database/status",
		object{"status": map[string]any{"refreshTime": time.Now().UTC().Format(time.RFC3339)}})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *restore) address(database string) string {
	u := *r.admin
	u.Path = "/" + database
	return u.String()
}

// restore runs scripts/restore.sh with this input, and synchronizes the Secret when the script asks for it.
func (r *restore) restore(input string, dump ...string) (string, error) {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "sh", append([]string{filepath.Join(r.dir, "scripts/restore.sh"), restoreNamespace}, dump...)...)
	cmd.Env = []string{"HOME=" + r.dir, "KUBECONFIG=" + r.cluster.Kubeconfig, "PATH=" + filepath.Dir(r.cluster.tools.path("kubectl")) + ":/usr/bin:/bin"}
	cmd.Stdin = strings.NewReader(input)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	before := r.annotation()
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			return out.String(), err
		case <-time.After(500 * time.Millisecond):
			if r.interrupt && r.replicas() == "0" {
				r.interrupt = false
				if err := cmd.Process.Signal(os.Interrupt); err != nil {
					r.t.Fatal(err)
				}
			}
			if now := r.annotation(); now != before {
				before = now
				time.Sleep(time.Second) // so that refreshTime, which has seconds, changes
				r.synchronize()
			}
		}
	}
}

func (r *restore) annotation() string {
	return r.kubectl("get", "externalsecret", "orders-database", "-o", "jsonpath={.metadata.annotations.force-sync}")
}

func (r *restore) replicas() string {
	return r.kubectl("get", "deployment", "orders", "-o", "jsonpath={.spec.replicas}")
}

func (r *restore) kubectl(args ...string) string {
	r.t.Helper()
	out, err := r.cluster.kubectl(nil, append([]string{"-n", restoreNamespace}, args...)...)
	if err != nil {
		r.t.Fatalf("%v\n%s", err, r.cluster.state(restoreNamespace))
	}
	return out
}

func (r *restore) sql(database, query string) string {
	r.t.Helper()
	out, err := exec.CommandContext(r.t.Context(), filepath.Join(r.programs, "psql"), "-XAtq", "-d", r.address(database), "-c", query).CombinedOutput()
	if err != nil {
		r.t.Fatalf("%s: %v\n%s", query, err, out)
	}
	return strings.TrimSpace(string(out))
}
