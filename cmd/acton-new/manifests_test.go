package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/verify/programs"
	"github.com/acton-go/acton-new/internal/verify/projects"
	"github.com/acton-go/acton-new/internal/verify/servers"
	"github.com/acton-go/acton-new/internal/writer"
)

// manifest holds the fields of a Kubernetes object that these tests read.
type manifest struct {
	Kind     string
	Metadata struct{ Name, Namespace string }
	Data     map[string]string
	Spec     struct {
		Template    struct{ Spec pod }
		JobTemplate struct {
			Spec struct{ Template struct{ Spec pod } }
		} `yaml:"jobTemplate"`
	}
}

type pod struct {
	Containers []container
	Volumes    []struct {
		Name   string
		Secret *struct {
			SecretName  string `yaml:"secretName"`
			DefaultMode int    `yaml:"defaultMode"`
		}
	}
}

type container struct {
	Args    []string
	EnvFrom []struct {
		ConfigMapRef struct{ Name string } `yaml:"configMapRef"`
	} `yaml:"envFrom"`
	Env []struct {
		Name, Value string
		ValueFrom   struct {
			FieldRef struct {
				FieldPath string `yaml:"fieldPath"`
			} `yaml:"fieldRef"`
		} `yaml:"valueFrom"`
	}
	VolumeMounts []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
	Startup   probe `yaml:"startupProbe"`
	Liveness  probe `yaml:"livenessProbe"`
	Readiness probe `yaml:"readinessProbe"`
}

type probe struct {
	HTTPGet struct{ Path, Port, Scheme string } `yaml:"httpGet"`
}

// The service rejects inconsistent settings at startup, and unsafe settings in production. So this test starts the
// binary with the variables and files of each environment, after its Jobs, and calls the probes.
func TestServiceStartsWithManifestsOfEachEnvironment(t *testing.T) {
	programs.Need(t)
	if testing.Short() {
		t.Skip("builds and runs services")
	}
	for _, chosen := range [][]string{nil, allFeatures(t)} {
		for _, exposure := range []string{"external", "cluster-only"} {
			t.Run(strings.Join(append(slices.Clone(chosen), exposure), ","), func(t *testing.T) {
				dir := writeProject(t, chosen, map[string]string{"exposure": exposure})
				shell(t, dir, "make build") // the same command as in documents_test.go, to share the build cache
				files := secretsFor(t, chosen)
				for _, environment := range []string{"development", "staging", "production"} {
					manifests := overlay(t, dir, environment)
					for _, m := range manifests {
						if m.Kind != "Job" {
							continue
						}
						pod := m.Spec.Template.Spec
						c := pod.Containers[0]
						cmd := exec.Command("bin/orders", c.Args...)
						cmd.Dir, cmd.Env = dir, variables(t, manifests, pod, c, files)
						if out, err := cmd.CombinedOutput(); err != nil {
							t.Fatalf("%s: %q: %v\n%s", environment, c.Args, err, out)
						}
					}
					pod := only(t, manifests, "Deployment").Spec.Template.Spec
					c := pod.Containers[0]
					checkProbes(t, dir, variables(t, manifests, pod, c, files), c)
				}
			})
		}
	}
}

// The checklist is a separate file, so that a change to the manifests does not change it.
func TestManifestsMatchChecklist(t *testing.T) {
	programs.Need(t)
	checklist, err := os.ReadFile("testdata/checklist.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, chosen := range [][]string{nil, allFeatures(t)} {
		for _, exposure := range []string{"external", "cluster-only"} {
			got := decodeYAML[map[string]any](t, kustomize(t, writeProject(t, chosen, map[string]string{"exposure": exposure}), "production"))
			for _, want := range decodeYAML[map[string]any](t, checklist) {
				name := want["metadata"].(map[string]any)["name"]
				i := slices.IndexFunc(got, func(o map[string]any) bool {
					return o["kind"] == want["kind"] && o["metadata"].(map[string]any)["name"] == name
				})
				if i < 0 {
					t.Errorf("%v,%s: missing %s %s", chosen, exposure, want["kind"], name)
					continue
				}
				for _, problem := range differences(got[i], want, fmt.Sprint(want["kind"])) {
					t.Errorf("%v,%s: %s", chosen, exposure, problem)
				}
			}
		}
	}
}

func TestManifestsContainRegistryAndDomain(t *testing.T) {
	programs.Need(t)
	dir := writeProject(t, allFeatures(t), map[string]string{"registry": "registry.acme.io:5000/team-a/go_services", "domain": "orders.api.acme.io"})
	for environment, host := range map[string]string{
		"development": "development.orders.api.acme.io", "staging": "staging.orders.api.acme.io", "production": "orders.api.acme.io",
	} {
		text := string(kustomize(t, dir, environment))
		for _, want := range []string{
			"image: registry.acme.io:5000/team-a/go_services/orders:v0.1.0\n", "- host: " + host + "\n", "- hosts:\n    - " + host + "\n",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: missing %q", environment, want)
			}
		}
		if strings.Contains(text, "example.com") {
			t.Errorf("%s: contains example.com", environment)
		}
	}
	shell(t, dir, `
make -s manifests ENV=staging >plain
make -s manifests ENV=staging TAG=v1.2.3 >tagged
sed 's|go_services/orders:v0.1.0|go_services/orders:v1.2.3|' plain | diff - tagged
if grep v1.2.3 plain; then exit 1; fi
mkdir stub
printf '#!/bin/sh\necho called >>calls\n' >stub/kubectl
chmod +x stub/kubectl
for variables in '' ENV=staging TAG=v1.2.3; do
  if PATH=$PWD/stub:$PATH make -s deploy $variables 2>stderr; then exit 1; fi
  grep -q 'is missing: make deploy' stderr
done
[ ! -e calls ]
`)
}

// differences lists the parts of want that got does not contain.
func differences(got, want any, at string) []string {
	switch want := want.(type) {
	case map[string]any:
		var all []string
		fields, _ := got.(map[string]any)
		if len(want) == 0 && len(fields) > 0 {
			all = append(all, fmt.Sprintf("%s: got %v, want an empty object", at, fields))
		}
		for key, value := range want {
			all = append(all, differences(fields[key], value, at+"."+key)...)
		}
		return all
	case []any:
		list, _ := got.([]any)
		var all []string
		for i, value := range want {
			if i >= len(list) {
				return append(all, fmt.Sprintf("%s: got %d elements, want at least %d", at, len(list), len(want)))
			}
			all = append(all, differences(list[i], value, fmt.Sprintf("%s[%d]", at, i))...)
		}
		return all
	}
	if got != want {
		return []string{fmt.Sprintf("%s: got %v, want %v", at, got, want)}
	}
	return nil
}

// secretsFor creates the files that the cluster mounts, in folders named like the last element of the mount path.
func secretsFor(t *testing.T, chosen []string) string {
	t.Helper()
	files := t.TempDir()
	writeCertificate(t, filepath.Join(files, "tls"))
	pool := servers.NewTestPool(t)
	for _, feature := range servers.In(chosen) {
		settings, err := pool.StartFor(t, feature).Settings()
		if err != nil {
			t.Fatal(err)
		}
		for _, pair := range settings {
			key, value, _ := strings.Cut(pair, "=")
			if section, key, ok := strings.Cut(strings.ToLower(key), "__"); ok {
				write(t, filepath.Join(files, section, key), []byte(value+"\n"))
			}
		}
	}
	return files
}

// variables returns the environment of a container, with the mount paths of its secrets replaced by files. It checks
// the mode of the mounted secrets, because the files have another mode.
func variables(t *testing.T, manifests []manifest, pod pod, c container, files string) []string {
	t.Helper()
	var env []string
	for _, from := range c.EnvFrom {
		config := named(t, manifests, "ConfigMap", from.ConfigMapRef.Name)
		for name, value := range config.Data {
			env = append(env, name+"="+value)
		}
	}
	expand := strings.NewReplacer()
	var pairs []string
	for _, v := range c.Env {
		switch v.ValueFrom.FieldRef.FieldPath {
		case "metadata.name":
			v.Value = "orders-0"
		case "metadata.namespace":
			v.Value = named(t, manifests, "Deployment", "orders").Metadata.Namespace
		}
		v.Value = expand.Replace(v.Value)
		pairs = append(pairs, "$("+v.Name+")", v.Value)
		expand = strings.NewReplacer(pairs...)
		env = append(env, v.Name+"="+v.Value)
	}
	for _, mount := range c.VolumeMounts {
		for _, volume := range pod.Volumes {
			if volume.Name == mount.Name && volume.Secret != nil && volume.Secret.DefaultMode != 0o440 {
				t.Errorf("volume %s: mode %o, want 440", volume.Name, volume.Secret.DefaultMode)
			}
		}
		for i := range env {
			env[i] = strings.ReplaceAll(env[i], mount.MountPath+"/", filepath.Join(files, path.Base(mount.MountPath))+"/")
		}
	}
	return env
}

// checkProbes starts the service and calls its probes, as the kubelet does.
func checkProbes(t *testing.T, dir string, env []string, c container) {
	t.Helper()
	ports := map[string]string{"http": freePort(t), "metrics": freePort(t)}
	cmd := exec.Command("bin/orders", "serve")
	cmd.Dir = dir
	cmd.Env = slices.Concat(env, []string{"ORDERS_SERVER__PORT=" + ports["http"], "ORDERS_METRICS__PORT=" + ports["metrics"]})
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	client := http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // the kubelet does not verify either
	}}
	var failure error
	for _, p := range []probe{c.Startup, c.Liveness, c.Readiness} {
		scheme := "http"
		if p.HTTPGet.Scheme != "" {
			scheme = strings.ToLower(p.HTTPGet.Scheme)
		}
		failure = retry(time.Minute, func() error {
			return get(&client, scheme+"://127.0.0.1:"+ports[p.HTTPGet.Port]+p.HTTPGet.Path)
		})
		if failure != nil {
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	_ = cmd.Wait() // always fails: the process was killed
	if failure != nil {
		t.Fatalf("with %q: %v\n%s", env, failure, out.String())
	}
}

func retry(limit time.Duration, try func() error) error {
	for end := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) {
		if err := try(); err == nil || time.Now().After(end) {
			return err
		}
	}
}

// get returns an error unless the status is 200.
func get(client *http.Client, url string) error {
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", url, response.Status, body)
	}
	return err
}

// allFeatures returns the names of all visible features.
func allFeatures(t *testing.T) []string {
	t.Helper()
	cat := projects.Catalog(t)
	var all []string
	for _, f := range cat.Visible() {
		all = append(all, f.Name)
	}
	return all
}

// writeProject writes the service orders with these features and answers.
func writeProject(t *testing.T, chosen []string, values map[string]string) string {
	t.Helper()
	answers := generator.Answers{Name: "orders", Module: "github.com/acme/orders", Features: chosen, Values: values}
	tree := projects.Render(t, answers)
	dir := filepath.Join(t.TempDir(), "orders")
	if _, err := writer.Write(t.Context(), tree, writer.Target{Dir: dir, Repository: writer.RepositoryNever}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// kustomize returns the rendered manifests of an environment.
func kustomize(t *testing.T, dir, environment string) []byte {
	t.Helper()
	if _, err := exec.LookPath("kubectl"); err != nil {
		t.Fatal("kubectl not found: run .ci/run tools, and add $ACTON_TOOLS/bin to PATH")
	}
	out, err := exec.Command("kubectl", "kustomize", filepath.Join(dir, "deploy/kubernetes/overlays", environment)).Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func overlay(t *testing.T, dir, environment string) []manifest {
	t.Helper()
	return decodeYAML[manifest](t, kustomize(t, dir, environment))
}

// decodeYAML returns the documents of a YAML file.
func decodeYAML[T any](t *testing.T, data []byte) []T {
	t.Helper()
	var all []T
	for dec := yaml.NewDecoder(strings.NewReader(string(data))); ; {
		var one T
		if err := dec.Decode(&one); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
}

func named(t *testing.T, manifests []manifest, kind, name string) manifest {
	t.Helper()
	i := slices.IndexFunc(manifests, func(m manifest) bool { return m.Kind == kind && m.Metadata.Name == name })
	if i < 0 {
		t.Fatalf("missing %s %s", kind, name)
	}
	return manifests[i]
}

func only(t *testing.T, manifests []manifest, kind string) manifest {
	t.Helper()
	var found []manifest
	for _, m := range manifests {
		if m.Kind == kind {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		t.Fatalf("got %d objects of kind %s, want one", len(found), kind)
	}
	return found[0]
}

// writeCertificate writes a self-signed certificate and its key, with the file names of cert-manager.
func writeCertificate(t *testing.T, folder string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"orders"}}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "tls.crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}))
	write(t, filepath.Join(folder, "tls.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}
