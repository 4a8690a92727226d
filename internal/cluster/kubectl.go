package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// commandLimit is how long a command may take that says no limit of its own.
const commandLimit = patience + time.Minute

// kubectl runs a command and returns what it prints. A warning is an error, as it tells what a later release refuses.
func (c *Cluster) kubectl(input []byte, args ...string) (string, error) {
	out, warnings, err := c.run(input, args...)
	if err == nil && len(warnings) > 0 {
		err = fmt.Errorf("kubectl %s: %s", strings.Join(args, " "), strings.Join(warnings, "\n"))
	}
	return out, err
}

// run runs a command and returns what it prints, and the warnings of the server apart.
func (c *Cluster) run(input []byte, args ...string) (out string, warnings []string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.tools.path("kubectl"), args...)
	cmd.Dir = c.dir
	// Nothing of the person whose machine this is: neither their cluster nor their plugins.
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

// restricted are the labels with which a namespace refuses, and warns about, what a pod shall not be allowed.
func restricted() map[string]any {
	labels := map[string]any{}
	for _, mode := range []string{"enforce", "warn", "audit"} {
		labels["pod-security.kubernetes.io/"+mode] = "restricted"
		labels["pod-security.kubernetes.io/"+mode+"-version"] = "latest"
	}
	return labels
}

// Accepts tries a manifest without keeping anything: every key is known and every value allowed, nothing is warned about,
// and every pod is one that a restricted namespace takes. Its namespaces are made first, as nothing can be tried in none.
func (c *Cluster) Accepts(manifest []byte) error {
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

// Apply makes what is in a manifest, with namespaces that refuse what is not restricted, and with storage for its claims.
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

// namespaces makes the namespaces of a manifest, those too that it only mentions.
func (c *Cluster) namespaces(resources []object) error {
	var made []string
	for _, o := range resources {
		name := o.namespace()
		if o.kind() == "Namespace" {
			name = o.name()
		}
		if name == "" || slices.Contains(made, name) {
			continue
		}
		made = append(made, name)
		if err := c.apply("/api/v1/namespaces/"+name, object{
			"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name, "labels": restricted()},
		}); err != nil {
			return err
		}
		// Pods need the account that a controller makes.
		if err := await(startLimit, func() error {
			return c.get("/api/v1/namespaces/"+name+"/serviceaccounts/default", nil)
		}); err != nil {
			return err
		}
	}
	return nil
}

// provide makes a volume for each claim, as the storage of a cluster does.
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

// state tells what there is in a namespace and what went wrong there, for the error of a check.
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
