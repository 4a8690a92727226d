package cluster

import (
	"fmt"
	"os"
	"strings"
)

// pipelineUser is the user that the API server makes of a job's token.
const pipelineUser = "github:repo:acme/orders:environment:"

// DryRunAsPipeline checks that the role in a file allows to apply and to roll back a manifest in a namespace, and that it
// allows neither to read secrets nor to enter pods. The namespace must exist.
func (c *Cluster) DryRunAsPipeline(role, namespace, environment string, manifest []byte) error {
	text, err := os.ReadFile(role)
	if err != nil {
		return err
	}
	if _, err := c.kubectl(text, "apply", "--server-side", "-f", "-"); err != nil {
		return err
	}
	resources, err := decode(text)
	if err != nil {
		return err
	}
	user := pipelineUser + environment
	binding, err := c.kubectl(nil, "--namespace", namespace, "create", "rolebinding", "pipeline", "--clusterrole", resources[0].name(),
		"--user", user, "--dry-run=client", "--output", "yaml")
	if err != nil {
		return err
	}
	if _, err := c.kubectl([]byte(binding), "apply", "--server-side", "-f", "-"); err != nil {
		return err
	}
	if _, err := c.kubectl(manifest, "apply", "--server-side", "--dry-run=server", "--as", user, "-f", "-"); err != nil {
		return err
	}
	for _, allowed := range []string{"patch deployments.apps", "list replicasets.apps", "watch deployments.apps", "list pods", "list events"} {
		if err := c.can(user, namespace, allowed, true); err != nil {
			return err
		}
	}
	for _, refused := range []string{"get secrets", "list secrets", "create pods/exec", "create rolebindings.rbac.authorization.k8s.io", "get nodes"} {
		if err := c.can(user, namespace, refused, false); err != nil {
			return err
		}
	}
	return c.can(user, "default", "get deployments.apps", false)
}

// can checks whether a user may do something, such as "get secrets", in a namespace.
func (c *Cluster) can(user, namespace, what string, want bool) error {
	verb, resource, _ := strings.Cut(what, " ")
	// The exit code is 1 if the answer is no.
	answer, _, err := c.run(nil, "auth", "can-i", verb, resource, "--as", user, "--namespace", namespace)
	switch got := strings.TrimSpace(answer); {
	case got != "yes" && got != "no":
		return fmt.Errorf("can-i %s: %q: %w", what, got, err)
	case (got == "yes") != want:
		return fmt.Errorf("the pipeline in %s: %s: got %s", namespace, what, got)
	}
	return nil
}
