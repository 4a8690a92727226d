package kubernetes

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// tools holds the paths of the cluster programs and of the custom resource definitions that manifests use.
type tools struct {
	programs    map[string]string
	definitions string // directory
}

func (t tools) path(name string) string { return t.programs[name] }

// findTools searches PATH and the installation directory of .ci/run.
func findTools() (tools, error) {
	root := os.Getenv("ACTON_TOOLS")
	if root == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return tools{}, err
		}
		root = filepath.Join(home, ".cache", "acton-tools")
	}
	t := tools{programs: map[string]string{}, definitions: filepath.Join(root, "kubernetes", "definitions")}
	for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"} {
		path, err := exec.LookPath(name)
		if err != nil {
			path, err = exec.LookPath(filepath.Join(root, "bin", name))
		}
		if err != nil {
			return tools{}, fmt.Errorf("%s not found: run .ci/run tools", name)
		}
		t.programs[name] = path
	}
	if _, err := os.Stat(t.definitions); err != nil {
		return tools{}, fmt.Errorf("%w: run .ci/run tools", err)
	}
	return t, nil
}

// Install installs the custom resource definitions of resources that the API server does not know.
func (c *Cluster) Install(resources []object) error {
	wanted := map[string]bool{}
	for _, o := range resources {
		known, err := c.serves(o)
		if err != nil {
			return err
		}
		if !known {
			wanted[o.kind()] = true
		}
	}
	files, err := filepath.Glob(filepath.Join(c.tools.definitions, "*.yaml"))
	if err != nil {
		return err
	}
	own, err := filepath.Glob("testdata/definitions/*.yaml")
	if err != nil {
		return err
	}
	files = append(files, own...)
	var paths []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, text := range splitYAML(data) {
			kind := definedKind(text)
			if !wanted[kind] {
				continue
			}
			var o map[string]any // not object: yaml would decode nested maps to object, too
			if err := yaml.Unmarshal(text, &o); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			path := "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + object(o).name()
			if err := c.apply(path, o); err != nil {
				return err
			}
			paths = append(paths, path)
			delete(wanted, kind)
		}
	}
	for kind := range wanted {
		return fmt.Errorf("kind %s: unknown to the API server, and not defined in %s", kind, c.tools.definitions)
	}
	return await(startLimit, func() error {
		for _, path := range paths {
			var o object
			if err := c.get(path, &o); err != nil {
				return err
			}
			if o.condition("Established") != "True" {
				return fmt.Errorf("%s is not established", o.name())
			}
		}
		return nil
	})
}

// serves reports whether the API server serves the kind and version of a resource.
func (c *Cluster) serves(o object) (bool, error) {
	version := o.text("apiVersion")
	path := "/apis/" + version
	if !strings.Contains(version, "/") {
		path = "/api/" + version
	}
	var list object
	if err := c.get(path, &list); err != nil {
		if strings.Contains(err.Error(), "404 Not Found") {
			return false, nil
		}
		return false, err
	}
	return slices.ContainsFunc(list.list("resources"), func(r object) bool { return r.kind() == o.kind() }), nil
}

// splitYAML splits a YAML file into documents.
func splitYAML(data []byte) [][]byte {
	return bytes.Split(append([]byte("\n"), data...), []byte("\n---\n"))
}

// definedKind returns the kind in a custom resource definition. It does not decode the YAML, because the files are
// long.
func definedKind(text []byte) string {
	_, after, _ := strings.Cut(string(text), "\n  names:\n")
	for line := range strings.Lines(after) {
		if kind, ok := strings.CutPrefix(line, "    kind: "); ok {
			return strings.TrimSpace(kind)
		}
		if !strings.HasPrefix(line, "    ") {
			break
		}
	}
	return ""
}

// decode reads the resources of a manifest.
func decode(manifest []byte) ([]object, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(manifest))
	var all []object
	for {
		var o map[string]any
		switch err := decoder.Decode(&o); {
		case err == io.EOF: //nolint:errorlint // Decode returns it bare
			return all, nil
		case err != nil:
			return nil, err
		case len(o) > 0:
			all = append(all, o)
		}
	}
}

// final is an error that await does not retry.
type final struct{ error }

// await calls check until it returns nil or a final error.
func await(within time.Duration, check func() error) error {
	for deadline := time.Now().Add(within); ; time.Sleep(100 * time.Millisecond) {
		err := check()
		if err == nil || errors.As(err, new(final)) {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not within %s: %w", within, err)
		}
	}
}
