package kubernetes

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// commandLimit is the time limit for a kubectl command.
const commandLimit = defaultTimeout + time.Minute

// kubectl runs a command and returns its output. A warning is an error, because it announces what a later release
// rejects.
func (c *Cluster) kubectl(input []byte, args ...string) (string, error) {
	out, warnings, err := c.run(input, args...)
	if err == nil && len(warnings) > 0 {
		err = fmt.Errorf("kubectl %s: %s", strings.Join(args, " "), strings.Join(warnings, "\n"))
	}
	return out, err
}

// run runs a command and returns its output and the warnings of the API server.
func (c *Cluster) run(input []byte, args ...string) (out string, warnings []string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.tools.path("kubectl"), args...)
	cmd.Dir = c.dir
	// The environment excludes the clusters and plugins of the user.
	cmd.Env = []string{"HOME=" + c.dir, "KUBECONFIG=" + c.Kubeconfig, "PATH=/usr/bin:/bin"}
	cmd.Stdin = bytes.NewReader(input)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	for line := range strings.Lines(stderr.String()) {
		if strings.HasPrefix(line, "Warning:") {
			warnings = append(warnings, strings.TrimSpace(line))
		}
	}
	if err != nil {
		err = fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), warnings, err
}

// Kustomize builds the manifest of a directory.
func (c *Cluster) Kustomize(dir string) ([]byte, error) {
	out, err := c.kubectl(nil, "kustomize", dir)
	return []byte(out), err
}

// restricted returns the labels that enforce the restricted Pod Security Standard in a namespace.
func restricted() map[string]any {
	labels := map[string]any{}
	for _, mode := range []string{"enforce", "warn", "audit"} {
		labels["pod-security.kubernetes.io/"+mode] = "restricted"
		labels["pod-security.kubernetes.io/"+mode+"-version"] = "latest"
	}
	return labels
}

// DryRun checks that the API server accepts a manifest with strict validation, without warnings, and with the
// restricted Pod Security Standard. It creates the namespaces first, because a dry run needs them.
func (c *Cluster) DryRun(manifest []byte) error {
	resources, err := decode(manifest)
	if err != nil {
		return err
	}
	if err := c.namespaces(resources); err != nil {
		return err
	}
	_, err = c.kubectl(manifest, "apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-")
	return err
}

// Apply applies a manifest. It creates the namespaces, with the restricted Pod Security Standard, and a volume for each
// claim.
func (c *Cluster) Apply(manifest []byte) error {
	resources, err := decode(manifest)
	if err != nil {
		return err
	}
	if err := c.namespaces(resources); err != nil {
		return err
	}
	if err := c.provide(resources); err != nil {
		return err
	}
	_, err = c.kubectl(manifest, "apply", "--server-side", "--validate=strict", "-f", "-")
	return err
}

// namespaces creates the namespaces that a manifest defines or uses.
func (c *Cluster) namespaces(resources []object) error {
	var created []string
	for _, o := range resources {
		name := o.namespace()
		if o.kind() == "Namespace" {
			name = o.name()
		}
		if name == "" || slices.Contains(created, name) {
			continue
		}
		created = append(created, name)
		if err := c.apply("/api/v1/namespaces/"+name, object{
			"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name, "labels": restricted()},
		}); err != nil {
			return err
		}
		// Pods need the service account that a controller creates.
		if err := await(startLimit, func() error {
			return c.get("/api/v1/namespaces/"+name+"/serviceaccounts/default", nil)
		}); err != nil {
			return err
		}
	}
	return nil
}

// provide creates a volume for each claim, like a storage provisioner.
func (c *Cluster) provide(resources []object) error {
	for _, o := range resources {
		if o.kind() != "PersistentVolumeClaim" {
			continue
		}
		name := o.namespace() + "-" + o.name()
		if err := c.apply("/api/v1/persistentvolumes/"+name, object{
			"apiVersion": "v1", "kind": "PersistentVolume", "metadata": map[string]any{"name": name},
			"spec": map[string]any{
				"capacity":         o.at("spec", "resources", "requests"),
				"accessModes":      o.at("spec", "accessModes"),
				"storageClassName": o.text("spec", "storageClassName"),
				"claimRef":         map[string]any{"namespace": o.namespace(), "name": o.name()},
				"hostPath":         map[string]any{"path": "/" + name},
			},
		}); err != nil {
			return err
		}
	}
	return nil
}

// state returns the objects and warning events of a namespace for an error message.
func (c *Cluster) state(namespace string) string {
	var all []string
	for _, args := range [][]string{
		{"get", "deployments,replicasets,pods,hpa,pdb,jobs", "-o", "wide"},
		{"get", "events", "--field-selector", "type=Warning", "-o", "custom-columns=:.involvedObject.name,:.reason,:.message", "--no-headers"},
	} {
		out, _, err := c.run(nil, append(args, "-n", namespace)...)
		if err != nil {
			out = err.Error()
		}
		all = append(all, strings.TrimSpace(out))
	}
	return strings.Join(all, "\n")
}
