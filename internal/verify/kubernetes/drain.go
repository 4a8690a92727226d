package kubernetes

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// CheckDrain drains all nodes of a zone and, at the same time, one more node with a pod, like a node update. It evicts
// only pods that the selector matches: those of the services. The disruption budgets must hold, and the drain must end
// in time, with every pod available on another node.
func (c *Cluster) CheckDrain(selector string, within time.Duration, services ...Service) error {
	watched := make([]drainedService, len(services))
	for i, s := range services {
		var err error
		if watched[i], err = c.observe(s); err != nil {
			return err
		}
	}
	nodes, err := c.nodesToDrain(watched)
	if err != nil {
		return err
	}
	err = c.drain(nodes, selector, within)
	for _, d := range watched {
		got := d.minimum()
		if err == nil {
			err = d.check(c, got, nodes)
		}
	}
	if err != nil {
		for _, s := range services {
			err = fmt.Errorf("%w\n%s", err, c.state(s.Namespace))
		}
	}
	_, uncordon := c.kubectl(nil, append([]string{"uncordon"}, nodes...)...)
	return errors.Join(err, uncordon)
}

// Service identifies a Deployment, and the Service and the disruption budget with the same name.
type Service struct{ Namespace, Name string }

// drainedService is a service whose nodes are drained.
type drainedService struct {
	Service
	budget  object
	pods    []object
	minimum func() int // minimum number of healthy pods
}

func (c *Cluster) observe(s Service) (drainedService, error) {
	d := drainedService{Service: s}
	if err := c.get(budgets(s.Namespace)+"/"+s.Name, &d.budget); err != nil {
		return d, err
	}
	var pods object
	label := d.budget.text("spec", "selector", "matchLabels", "app.kubernetes.io/name")
	if err := c.get(podsOf(s.Namespace)+"?labelSelector=app.kubernetes.io/name="+label, &pods); err != nil {
		return d, err
	}
	d.pods = pods.list("items")
	var err error
	d.minimum, err = c.trackMinimum(budgets(s.Namespace), s.Name, "status", "currentHealthy")
	return d, err
}

// check checks a service after the drain.
func (d drainedService) check(c *Cluster, minimum int, nodes []string) error {
	if err := c.waitForRollout(d.Namespace, d.Name); err != nil {
		return err
	}
	if want := d.budget.number("status", "desiredHealthy"); minimum < want {
		return fmt.Errorf("%s: only %d pods were ready during the drain, want at least %d", d.Namespace, minimum, want)
	}
	evicted := 0
	for _, pod := range d.pods {
		if !slices.Contains(nodes, pod.text("spec", "nodeName")) {
			continue
		}
		evicted++
		if c.get(podsOf(d.Namespace)+"/"+pod.name(), nil) == nil {
			return fmt.Errorf("%s: pod %s still exists after the drain of its node", d.Namespace, pod.name())
		}
	}
	if evicted == 0 {
		return fmt.Errorf("%s: the drain evicted no pod", d.Namespace)
	}
	return nil
}

// nodesToDrain chooses the nodes to drain.
func (c *Cluster) nodesToDrain(watched []drainedService) ([]string, error) {
	var machines object
	if err := c.get("/api/v1/nodes", &machines); err != nil {
		return nil, err
	}
	zones := map[string]string{}
	for _, node := range machines.list("items") {
		zones[node.name()] = node.text("metadata", "labels", "topology.kubernetes.io/zone")
	}
	var placed [][]string
	for _, d := range watched {
		var nodes []string
		for _, pod := range d.pods {
			nodes = append(nodes, pod.text("spec", "nodeName"))
		}
		placed = append(placed, nodes)
	}
	if nodes := chooseNodes(zones, placed); nodes != nil {
		return nodes, nil
	}
	return nil, fmt.Errorf("%s: no zone plus one node has a pod of every service and two pods of one service that compete for its budget: "+
		"the pods are on %v", watched[0].Namespace, placed)
}

// chooseNodes returns the nodes of a zone and one more node, or nil. Every service has a pod on these nodes, and one
// service has a pod in the zone and one on the other node. zones maps nodes to zones; placed holds the nodes of each
// service's pods.
func chooseNodes(zones map[string]string, placed [][]string) []string {
	names := slices.Sorted(maps.Keys(zones))
	for _, zone := range slices.Compact(slices.Sorted(maps.Values(zones))) {
		inZone := func(node string) bool { return zones[node] == zone }
		nodes := slices.DeleteFunc(slices.Clone(names), func(node string) bool { return !inZone(node) })
		for _, other := range names {
			if inZone(other) {
				continue
			}
			compete, unaffected := false, false
			for _, pods := range placed {
				here, there := slices.ContainsFunc(pods, inZone), slices.Contains(pods, other)
				compete = compete || here && there
				unaffected = unaffected || !here && !there
			}
			if compete && !unaffected {
				return append(nodes, other)
			}
		}
	}
	return nil
}

// drain drains nodes concurrently.
func (c *Cluster) drain(nodes []string, selector string, within time.Duration) error {
	if _, err := c.kubectl(nil, append([]string{"cordon"}, nodes...)...); err != nil {
		return err
	}
	errs := make([]error, len(nodes))
	var all sync.WaitGroup
	for i, node := range nodes {
		all.Go(func() {
			_, errs[i] = c.kubectl(nil, "drain", node, "--pod-selector", selector, "--timeout", within.String())
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
