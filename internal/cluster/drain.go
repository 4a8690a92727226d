package cluster

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Drains takes all nodes of a zone away, and at the same time one more that has a pod, as for an update of the machines: only
// pods that the selector matches, which are those of deployments of the same names in these namespaces. Their budgets must be
// kept meanwhile, and yet the drain must end in time, with every pod available elsewhere.
func (c *Cluster) Drains(selector string, within time.Duration, services ...Service) error {
	departures := make([]departure, len(services))
	for i, s := range services {
		var err error
		if departures[i], err = c.observe(s); err != nil {
			return err
		}
	}
	nodes, err := c.toDrain(departures)
	if err != nil {
		return err
	}
	err = c.drain(nodes, selector, within)
	for _, d := range departures {
		got := d.lowest()
		if err == nil {
			err = d.judge(c, got, nodes)
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

// Service is a deployment with what belongs to it.
type Service struct{ Namespace, Name string }

// departure is a service under which nodes go.
type departure struct {
	Service
	budget object
	pods   []object
	lowest func() int // how many pods were ready, and did not leave, at any time
}

func (c *Cluster) observe(s Service) (departure, error) {
	d := departure{Service: s}
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
	d.lowest, err = c.lowest(budgets(s.Namespace), s.Name, "status", "currentHealthy")
	return d, err
}

// judge looks at what became of a service while the nodes are away.
func (d departure) judge(c *Cluster, lowest int, nodes []string) error {
	if err := c.complete(d.Namespace, d.Name); err != nil {
		return err
	}
	if want := d.budget.number("status", "desiredHealthy"); lowest < want {
		return fmt.Errorf("%s: only %d pods were ready during the drain, want %d at any time", d.Namespace, lowest, want)
	}
	left := 0
	for _, pod := range d.pods {
		if !slices.Contains(nodes, pod.text("spec", "nodeName")) {
			continue
		}
		left++
		if c.get(podsOf(d.Namespace)+"/"+pod.name(), nil) == nil {
			return fmt.Errorf("%s: pod %s is still there after the drain of its node", d.Namespace, pod.name())
		}
	}
	if left == 0 {
		return fmt.Errorf("%s: no pod had to leave", d.Namespace)
	}
	return nil
}

// toDrain chooses the nodes that go, of those that there are and those that the pods of the services are on.
func (c *Cluster) toDrain(departures []departure) ([]string, error) {
	var machines object
	if err := c.get("/api/v1/nodes", &machines); err != nil {
		return nil, err
	}
	zones := map[string]string{}
	for _, node := range machines.list("items") {
		zones[node.name()] = node.text("metadata", "labels", "topology.kubernetes.io/zone")
	}
	var placed [][]string
	for _, d := range departures {
		var nodes []string
		for _, pod := range d.pods {
			nodes = append(nodes, pod.text("spec", "nodeName"))
		}
		placed = append(placed, nodes)
	}
	if nodes := leaving(zones, placed); nodes != nil {
		return nodes, nil
	}
	return nil, fmt.Errorf("%s: no zone and one more node hold a pod of every service, and two of one of them, so that these contend for "+
		"its budget: the pods are on %v", departures[0].Namespace, placed)
}

// leaving returns the nodes of a zone and one more, or nil: every service has a pod there, and one of them has a pod in the
// zone and one on the other node. zones is the zone of each node, placed the nodes of the pods of each service.
func leaving(zones map[string]string, placed [][]string) []string {
	names := slices.Sorted(maps.Keys(zones))
	for _, zone := range slices.Compact(slices.Sorted(maps.Values(zones))) {
		inZone := func(node string) bool { return zones[node] == zone }
		nodes := slices.DeleteFunc(slices.Clone(names), func(node string) bool { return !inZone(node) })
		for _, other := range names {
			if inZone(other) {
				continue
			}
			contend, stay := false, false
			for _, pods := range placed {
				here, there := slices.ContainsFunc(pods, inZone), slices.Contains(pods, other)
				contend = contend || here && there
				stay = stay || !here && !there
			}
			if contend && !stay {
				return append(nodes, other)
			}
		}
	}
	return nil
}

// drain drains nodes at once.
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
