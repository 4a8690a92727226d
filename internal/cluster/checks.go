package cluster

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// The lists in which the resources of a namespace stand.

func deployments(namespace string) string {
	return "/apis/apps/v1/namespaces/" + namespace + "/deployments"
}

func autoscalers(namespace string) string {
	return "/apis/autoscaling/v2/namespaces/" + namespace + "/horizontalpodautoscalers"
}

func budgets(namespace string) string {
	return "/apis/policy/v1/namespaces/" + namespace + "/poddisruptionbudgets"
}

func podsOf(namespace string) string { return "/api/v1/namespaces/" + namespace + "/pods" }

// RollsOut waits until every pod of a deployment is available, as many as its autoscaler wants at least, and until the service
// of the same name sends to each of them on all its ports.
func (c *Cluster) RollsOut(namespace, name string) error {
	var list, service object
	if err := c.get(autoscalers(namespace), &list); err != nil {
		return err
	}
	least := 1
	for _, a := range list.list("items") {
		least = max(least, a.number("spec", "minReplicas"))
	}
	if err := await(c.Patience, func() error {
		var deployment object
		if err := c.get(deployments(namespace)+"/"+name, &deployment); err != nil {
			return err
		}
		if got := deployment.number("spec", "replicas"); got < least {
			return fmt.Errorf("%s: %d replicas, want %d", name, got, least)
		}
		return nil
	}); err != nil {
		return err
	}
	if err := c.complete(namespace, name); err != nil {
		return err
	}
	if err := c.get("/api/v1/namespaces/"+namespace+"/services/"+name, &service); err != nil {
		return err
	}
	return await(c.Patience, func() error {
		for _, port := range service.list("spec", "ports") {
			got, err := c.reached(namespace, name, port.text("name"))
			if err != nil {
				return err
			}
			if got != least {
				return fmt.Errorf("service %s sends to %d pods on its port %q, want %d", name, got, port.text("name"), least)
			}
		}
		return nil
	})
}

// complete waits for the end of a rollout.
func (c *Cluster) complete(namespace, name string) error {
	_, err := c.kubectl(nil, "rollout", "status", "deployment/"+name, "-n", namespace, "--timeout", c.Patience.String())
	if err != nil {
		return fmt.Errorf("%w\n%s", err, c.state(namespace))
	}
	return nil
}

// reached counts the pods to which a service sends on a port.
func (c *Cluster) reached(namespace, service, port string) (int, error) {
	var slices object
	err := c.get("/apis/discovery.k8s.io/v1/namespaces/"+namespace+"/endpointslices?labelSelector=kubernetes.io/service-name="+service, &slices)
	if err != nil {
		return 0, err
	}
	ready := 0
	for _, slice := range slices.list("items") {
		for _, p := range slice.list("ports") {
			if p.text("name") != port || p.number("port") == 0 {
				continue
			}
			for _, endpoint := range slice.list("endpoints") {
				if endpoint.at("conditions", "ready") == true {
					ready++
				}
			}
		}
	}
	return ready, nil
}

// Scales loads the pods until the autoscaler has as many as it may, and unloads them. Then it first waits, as its window
// says, and in the end has as few as it may; what the window and the policies make of that time is left out.
func (c *Cluster) Scales(namespace, name string) error {
	var autoscaler, deployment object
	path := autoscalers(namespace) + "/" + name
	if err := c.get(path, &autoscaler); err != nil {
		return err
	}
	least, most := autoscaler.number("spec", "minReplicas"), autoscaler.number("spec", "maxReplicas")
	c.use(namespace, usage{milliCPU: 2000, mebibyte: idle.mebibyte})
	defer c.use(namespace, idle)
	if err := c.scaled(namespace, name, most); err != nil {
		return err
	}
	c.use(namespace, idle)
	time.Sleep(3 * time.Second) // three looks of the autoscaler
	if err := c.get(deployments(namespace)+"/"+name, &deployment); err != nil {
		return err
	}
	if got := deployment.number("spec", "replicas"); got != most {
		return fmt.Errorf("%s: %d replicas right after the load, want the %d that it had: a pause is not the end of a peak", name, got, most)
	}
	if err := c.merge(path, object{"spec": map[string]any{"behavior": map[string]any{"scaleDown": map[string]any{
		"stabilizationWindowSeconds": 0,
		"policies":                   []any{map[string]any{"type": "Percent", "value": 100, "periodSeconds": 1}},
	}}}}); err != nil {
		return err
	}
	return c.scaled(namespace, name, least)
}

// scaled waits until a deployment has this many replicas, all of them available. An autoscaler that cannot tell how much the
// pods use will never scale them.
func (c *Cluster) scaled(namespace, name string, want int) error {
	blind := time.Now().Add(15 * time.Second)
	err := await(c.Patience, func() error {
		var autoscaler, deployment object
		if err := c.get(autoscalers(namespace)+"/"+name, &autoscaler); err != nil {
			return err
		}
		if autoscaler.condition("ScalingActive") == "True" {
			blind = time.Now().Add(15 * time.Second)
		} else if time.Now().After(blind) {
			return final{fmt.Errorf("the autoscaler %s does not work: %v", name, autoscaler.at("status", "conditions"))}
		}
		if err := c.get(deployments(namespace)+"/"+name, &deployment); err != nil {
			return err
		}
		replicas, available := deployment.number("spec", "replicas"), deployment.number("status", "availableReplicas")
		if replicas != want || available != want {
			return fmt.Errorf("%s: %d replicas, %d of them available, want %d", name, replicas, available, want)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w\n%s", err, c.state(namespace))
	}
	return nil
}

// lowest observes a number of the resource with this name in a list until it is called, and returns the smallest that it was.
func (c *Cluster) lowest(list, name string, path ...string) (func() int, error) {
	ctx, cancel := context.WithCancel(context.Background())
	var mu sync.Mutex
	least := -1
	err := c.watch(ctx, list, name, func(o object) {
		mu.Lock()
		defer mu.Unlock()
		if n := o.number(path...); least < 0 || n < least {
			least = n
		}
	})
	if err != nil {
		cancel()
		return nil, err
	}
	return func() int {
		cancel()
		mu.Lock()
		defer mu.Unlock()
		return least
	}, nil
}

// Replaces gives the container of a service another tag and waits until every pod is replaced. At no time fewer pods are
// available than wanted.
func (c *Cluster) Replaces(namespace, name string) error {
	var deployment object
	if err := c.get(deployments(namespace)+"/"+name, &deployment); err != nil {
		return err
	}
	before := imageOf(deployment, name)
	after := before[:strings.LastIndexByte(before, ':')+1] + "replaced"
	return c.rolls(namespace, name, after, "set", "image", "deployment/"+name, name+"="+after)
}

// RollsBack goes back to what a service was before it was replaced, as gently.
func (c *Cluster) RollsBack(namespace, name, image string) error {
	return c.rolls(namespace, name, image, "rollout", "undo", "deployment/"+name)
}

// rolls runs a command that replaces the pods of a service by some with this image.
func (c *Cluster) rolls(namespace, name, image string, command ...string) error {
	var deployment object
	if err := c.get(deployments(namespace)+"/"+name, &deployment); err != nil {
		return err
	}
	want := deployment.number("spec", "replicas")
	lowest, err := c.lowest(deployments(namespace), name, "status", "availableReplicas")
	if err != nil {
		return err
	}
	_, err = c.kubectl(nil, append(command, "-n", namespace)...)
	if err == nil {
		err = c.complete(namespace, name)
	}
	got := lowest()
	if err != nil {
		return err
	}
	if got < want {
		return fmt.Errorf("%s: only %d pods were available during %s, want %d at any time", name, got, strings.Join(command, " "), want)
	}
	if err := c.get(deployments(namespace)+"/"+name, &deployment); err != nil {
		return err
	}
	if got := imageOf(deployment, name); got != image {
		return fmt.Errorf("%s: image %s after %s, want %s", name, got, strings.Join(command, " "), image)
	}
	return nil
}

func imageOf(deployment object, container string) string {
	for _, c := range deployment.list("spec", "template", "spec", "containers") {
		if c.text("name") == container {
			return c.text("image")
		}
	}
	return ""
}

// RunsJobs runs each scheduled job of a namespace now, and waits until it is done. It returns their names.
func (c *Cluster) RunsJobs(namespace string) ([]string, error) {
	var jobs object
	if err := c.get("/apis/batch/v1/namespaces/"+namespace+"/cronjobs", &jobs); err != nil {
		return nil, err
	}
	var names []string
	for _, job := range jobs.list("items") {
		if _, err := c.kubectl(nil, "create", "job", "try-"+job.name(), "--from=cronjob/"+job.name(), "-n", namespace); err != nil {
			return nil, err
		}
		_, err := c.kubectl(nil, "wait", "--for=condition=complete", "job/try-"+job.name(), "-n", namespace, "--timeout", c.Patience.String())
		if err != nil {
			return nil, fmt.Errorf("%w\n%s", err, c.state(namespace))
		}
		names = append(names, job.name())
	}
	return names, nil
}
