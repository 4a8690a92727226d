package cluster

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Drains takes all nodes of a zone away, and at the same time one more that has a pod, as for an update of the machines. The
// budget must be kept meanwhile, and yet the drain must end in time, with every pod available elsewhere.
func (c *Cluster) Drains(namespace, name string, within time.Duration) error {
	var budget object
	if err := c.get(budgets(namespace)+"/"+name, &budget); err != nil {
		return err
	}
	nodes, pods, err := c.toDrain(namespace, budget)
	if err != nil {
		return err
	}
	lowest, err := c.lowest(budgets(namespace), name, "status", "currentHealthy")
	if err != nil {
		return err
	}
	drainErr := c.drain(nodes, within)
	got := lowest()
	if drainErr == nil {
		drainErr = c.complete(namespace, name) // without the nodes
	}
	if _, err := c.kubectl(nil, append([]string{"uncordon"}, nodes...)...); err != nil {
		return errors.Join(drainErr, err)
	}
	if drainErr != nil {
		return fmt.Errorf("%w\n%s", drainErr, c.state(namespace))
	}
	if want := budget.number("status", "desiredHealthy"); got < want {
		return fmt.Errorf("%s: only %d pods were ready during the drain, want %d at any time", name, got, want)
	}
	for _, pod := range pods {
		if err := c.get(podsOf(namespace)+"/"+pod, nil); err == nil {
			return fmt.Errorf("pod %s is still there after the drain of its node", pod)
		}
	}
	return nil
}

// toDrain chooses nodes, and tells which pods of a budget are there: two at least, so that they contend for the budget.
func (c *Cluster) toDrain(namespace string, budget object) (nodes, names []string, err error) {
	var pods, machines object
	label := budget.text("spec", "selector", "matchLabels", "app.kubernetes.io/name")
	if err := c.get(podsOf(namespace)+"?labelSelector=app.kubernetes.io/name="+label, &pods); err != nil {
		return nil, nil, err
	}
	if err := c.get("/api/v1/nodes", &machines); err != nil {
		return nil, nil, err
	}
	zone := map[string]string{}
	for _, node := range machines.list("items") {
		zone[node.name()] = node.text("metadata", "labels", "topology.kubernetes.io/zone")
	}
	first := ""
	for _, pod := range pods.list("items") {
		node := pod.text("spec", "nodeName")
		switch {
		case first == "":
			first = zone[node]
			for name, z := range zone {
				if z == first {
					nodes = append(nodes, name)
				}
			}
		case zone[node] != first && len(nodes) == nodesPerZone:
			nodes = append(nodes, node)
		}
	}
	for _, pod := range pods.list("items") {
		if slices.Contains(nodes, pod.text("spec", "nodeName")) {
			names = append(names, pod.name())
		}
	}
	if len(names) < 2 {
		return nil, nil, fmt.Errorf("%s: its pods are not spread over zones: %v", namespace, zone)
	}
	return nodes, names, nil
}

// drain drains nodes at once.
func (c *Cluster) drain(nodes []string, within time.Duration) error {
	if _, err := c.kubectl(nil, append([]string{"cordon"}, nodes...)...); err != nil {
		return err
	}
	errs := make([]error, len(nodes))
	var all sync.WaitGroup
	for i, node := range nodes {
		all.Go(func() {
			_, errs[i] = c.kubectl(nil, "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout", within.String())
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
