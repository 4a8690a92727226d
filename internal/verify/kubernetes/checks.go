package kubernetes

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// API paths of the resources in a namespace.

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

// CheckRollout waits until minReplicas pods of a deployment are available, and until the Service with the same name
// routes to all of them on all ports.
func (c *Cluster) CheckRollout(namespace, name string) error {
	var list, service object
	if err := c.get(autoscalers(namespace), &list); err != nil {
		return err
	}
	want := 1
	for _, a := range list.list("items") {
		want = max(want, a.number("spec", "minReplicas"))
	}
	if err := await(c.Timeout, func() error {
		var deployment object
		if err := c.get(deployments(namespace)+"/"+name, &deployment); err != nil {
			return err
		}
		if got := deployment.number("spec", "replicas"); got < want {
			return fmt.Errorf("%s: %d replicas, want %d", name, got, want)
		}
		return nil
	}); err != nil {
		return err
	}
	if err := c.waitForRollout(namespace, name); err != nil {
		return err
	}
	if err := c.get("/api/v1/namespaces/"+namespace+"/services/"+name, &service); err != nil {
		return err
	}
	return await(c.Timeout, func() error {
		for _, port := range service.list("spec", "ports") {
			got, err := c.endpoints(namespace, name, port.text("name"))
			if err != nil {
				return err
			}
			if got != want {
				return fmt.Errorf("service %s routes to %d pods on port %q, want %d", name, got, port.text("name"), want)
			}
		}
		return nil
	})
}

// waitForRollout waits until a rollout is complete.
func (c *Cluster) waitForRollout(namespace, name string) error {
	_, err := c.kubectl(nil, "rollout", "status", "deployment/"+name, "-n", namespace, "--timeout", c.Timeout.String())
	if err != nil {
		return fmt.Errorf("%w\n%s", err, c.state(namespace))
	}
	return nil
}

// endpoints returns the number of ready endpoints of a Service port.
func (c *Cluster) endpoints(namespace, service, port string) (int, error) {
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

// CheckScaling loads the pods until the autoscaler reaches maxReplicas, and removes the load. The autoscaler must not
// scale down immediately. CheckScaling then removes the stabilization window, and waits for minReplicas.
func (c *Cluster) CheckScaling(namespace, name string) error {
	var autoscaler, deployment object
	path := autoscalers(namespace) + "/" + name
	if err := c.get(path, &autoscaler); err != nil {
		return err
	}
	minReplicas, maxReplicas := autoscaler.number("spec", "minReplicas"), autoscaler.number("spec", "maxReplicas")
	c.use(namespace, usage{milliCPU: 2000, mebibyte: idle.mebibyte})
	defer c.use(namespace, idle)
	if err := c.waitForReplicas(namespace, name, maxReplicas); err != nil {
		return err
	}
	c.use(namespace, idle)
	time.Sleep(3 * time.Second) // three sync periods of the autoscaler
	if err := c.get(deployments(namespace)+"/"+name, &deployment); err != nil {
		return err
	}
	if got := deployment.number("spec", "replicas"); got != maxReplicas {
		return fmt.Errorf("%s: %d replicas right after the load, want %d: the autoscaler must not scale down immediately",
			name, got, maxReplicas)
	}
	if err := c.merge(path, object{"spec": map[string]any{"behavior": map[string]any{"scaleDown": map[string]any{
		"stabilizationWindowSeconds": 0,
		"policies":                   []any{map[string]any{"type": "Percent", "value": 100, "periodSeconds": 1}},
	}}}}); err != nil {
		return err
	}
	return c.waitForReplicas(namespace, name, minReplicas)
}

// waitForReplicas waits until a deployment has this number of available replicas. It fails early if the autoscaler
// cannot read the resource usage of the pods.
func (c *Cluster) waitForReplicas(namespace, name string, want int) error {
	deadline := time.Now().Add(15 * time.Second)
	err := await(c.Timeout, func() error {
		var autoscaler, deployment object
		if err := c.get(autoscalers(namespace)+"/"+name, &autoscaler); err != nil {
			return err
		}
		if autoscaler.condition("ScalingActive") == "True" {
			deadline = time.Now().Add(15 * time.Second)
		} else if time.Now().After(deadline) {
			return final{fmt.Errorf("autoscaler %s is not active: %v", name, autoscaler.at("status", "conditions"))}
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

// trackMinimum watches a number in a resource. The returned function stops the watch and returns the minimum.
func (c *Cluster) trackMinimum(list, name string, path ...string) (func() int, error) {
	ctx, cancel := context.WithCancel(context.Background())
	var mu sync.Mutex
	minimum := -1
	err := c.watch(ctx, list, name, func(o object) {
		mu.Lock()
		defer mu.Unlock()
		if n := o.number(path...); minimum < 0 || n < minimum {
			minimum = n
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
		return minimum
	}, nil
}

// CheckImageUpdate changes the image tag of a service and waits until every pod is replaced. All replicas must be
// available at any time.
func (c *Cluster) CheckImageUpdate(namespace, name string) error {
	var deployment object
	if err := c.get(deployments(namespace)+"/"+name, &deployment); err != nil {
		return err
	}
	before := imageOf(deployment, name)
	after := before[:strings.LastIndexByte(before, ':')+1] + "replaced"
	return c.replacePods(namespace, name, after, "set", "image", "deployment/"+name, name+"="+after)
}

// CheckRollback rolls a service back to the previous image. All replicas must be available at any time.
func (c *Cluster) CheckRollback(namespace, name, image string) error {
	return c.replacePods(namespace, name, image, "rollout", "undo", "deployment/"+name)
}

// replacePods runs a kubectl command that replaces the pods of a service with pods of this image.
func (c *Cluster) replacePods(namespace, name, image string, command ...string) error {
	var deployment object
	if err := c.get(deployments(namespace)+"/"+name, &deployment); err != nil {
		return err
	}
	want := deployment.number("spec", "replicas")
	minimum, err := c.trackMinimum(deployments(namespace), name, "status", "availableReplicas")
	if err != nil {
		return err
	}
	_, err = c.kubectl(nil, append(command, "-n", namespace)...)
	if err == nil {
		err = c.waitForRollout(namespace, name)
	}
	got := minimum()
	if err != nil {
		return err
	}
	if got < want {
		return fmt.Errorf("%s: only %d pods were available during %s, want at least %d", name, got,
			strings.Join(command, " "), want)
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

// RunJobs runs each CronJob of a namespace immediately and waits until it completes. It returns their names.
func (c *Cluster) RunJobs(namespace string) ([]string, error) {
	var jobs object
	if err := c.get("/apis/batch/v1/namespaces/"+namespace+"/cronjobs", &jobs); err != nil {
		return nil, err
	}
	var names []string
	for _, job := range jobs.list("items") {
		if _, err := c.kubectl(nil, "create", "job", "try-"+job.name(), "--from=cronjob/"+job.name(), "-n", namespace); err != nil {
			return nil, err
		}
		_, err := c.kubectl(nil, "wait", "--for=condition=complete", "job/try-"+job.name(), "-n", namespace, "--timeout",
			c.Timeout.String())
		if err != nil {
			return nil, fmt.Errorf("%w\n%s", err, c.state(namespace))
		}
		names = append(names, job.name())
	}
	return names, nil
}
