package kubernetes

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const databasePassword = "only-for-this-test"

// fakeSecrets returns the secrets that operators create in a cluster: a certificate, and the URL of a database that
// uses it.
func fakeSecrets(name string) (map[string][]byte, error) {
	identity, err := newCertificate()
	if err != nil {
		return nil, err
	}
	url := fmt.Sprintf("postgres://%s:%s@127.0.0.1:5432/%s?sslmode=verify-full&sslrootcert=/run/secrets/%s/database/ca.crt",
		"service", databasePassword, "service", name)
	return map[string][]byte{
		name + "-tls/tls.crt": identity.cert, name + "-tls/tls.key": identity.key,
		name + "-database/url": []byte(url), name + "-database/ca.crt": identity.cert,
	}, nil
}

// startDatabase starts the database image of the backup job with TLS, and returns the name of the container.
func startDatabase(t *testing.T, p *pod, backup object) string {
	t.Helper()
	tls := filepath.Join(p.dir, "server")
	err := errors.Join(os.MkdirAll(tls, 0o755),
		os.WriteFile(filepath.Join(tls, "crt"), p.secrets[p.name+"-tls/tls.crt"], 0o644),
		os.WriteFile(filepath.Join(tls, "key"), p.secrets[p.name+"-tls/tls.key"], 0o600))
	if err != nil {
		t.Fatal(err)
	}
	server := p.name + "-database"
	podman(t, "run", "--detach", "--replace", "--name", server, "--network", "none", "--mount", "type=bind,src="+tls+",dst=/server,ro=true",
		"--env", "POSTGRES_USER=service", "--env", "POSTGRES_DB=service", "--env", "POSTGRES_PASSWORD="+databasePassword, "--entrypoint", "sh",
		backup.list("spec", "jobTemplate", "spec", "template", "spec", "initContainers")[0].text("image"),
		"-euc", "install -o postgres -m 600 /server/* /tmp; exec docker-entrypoint.sh postgres -c ssl=on -c ssl_cert_file=/tmp/crt -c ssl_key_file=/tmp/key")
	removeContainer(t, server)
	if err := await(time.Minute, func() error {
		return exec.Command("podman", "exec", server, "pg_isready", "-q", "-h", "127.0.0.1").Run()
	}); err != nil {
		t.Fatalf("the database is not ready: %v", err)
	}
	return server
}

// backUp runs the container of the backup job that dumps the database. TestRestore runs the rest of the job.
func backUp(t *testing.T, resources []object, job object, dir string, secrets map[string][]byte, network string) {
	t.Helper()
	p, err := newPod(resources, job, dir, secrets)
	if err != nil {
		t.Fatal(err)
	}
	container := p.spec.list("initContainers")[0]
	out := runToEnd(t, p, container, network, container.text("image"))
	dumps, err := filepath.Glob(filepath.Join(p.dir, "*", "dump"))
	if err != nil || len(dumps) != 1 {
		t.Errorf("%s wrote %d dumps, want one: %s", p.name, len(dumps), out)
	}
}
