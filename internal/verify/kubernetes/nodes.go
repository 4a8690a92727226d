package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// zones and nodesPerZone define the nodes of the cluster.
var zones = []string{"a", "b", "c"}

const nodesPerZone = 2

// Delays of the simulated kubelets. They reveal checks that do not wait.
const (
	untilReady = time.Second
	untilDone  = 500 * time.Millisecond // for pods of a job
	untilGone  = 500 * time.Millisecond
	heartbeat  = 10 * time.Second
)

// kubelets simulates the kubelets of all nodes. A scheduled pod starts, and becomes ready after a delay. A pod of a job
// completes instead. A deleted pod disappears after a delay. No containers run, except those of jobs if the cluster has
// processes.
type kubelets struct {
	cluster *Cluster
	ctx     context.Context
	cancel  context.CancelFunc
	work    sync.WaitGroup
	nodes   []string
	address atomic.Int64 // last pod address, as a number

	mu   sync.Mutex
	seen map[string]string // last action by pod UID
}

// startNodes creates the nodes and waits until they are ready and pods can be created.
func (c *Cluster) startNodes() error {
	k := &kubelets{cluster: c, seen: map[string]string{}}
	k.ctx, k.cancel = context.WithCancel(context.Background())
	c.kubelets = k
	for _, zone := range zones {
		for i := range nodesPerZone {
			name := fmt.Sprintf("%s%d", zone, i)
			if err := c.create("/api/v1/nodes", newNode(name, zone)); err != nil {
				return err
			}
			if err := k.beat(name); err != nil {
				return err
			}
			k.nodes = append(k.nodes, name)
		}
	}
	k.work.Go(k.renewLeases)
	if err := c.watch(k.ctx, "/api/v1/pods", "", k.see); err != nil {
		return err
	}
	return await(startLimit, func() error {
		for _, name := range k.nodes {
			var node object
			if err := c.get("/api/v1/nodes/"+name, &node); err != nil {
				return err
			}
			if len(node.list("spec", "taints")) > 0 {
				return fmt.Errorf("node %s is not ready", name)
			}
		}
		return c.get("/api/v1/namespaces/default/serviceaccounts/default", nil)
	})
}

func newNode(name, zone string) object {
	resources := map[string]any{"cpu": "8", "memory": "16Gi", "pods": "110", "ephemeral-storage": "17Gi"} // a small disk, of 20 GiB
	return object{
		"apiVersion": "v1", "kind": "Node",
		"metadata": map[string]any{
			"name":   name,
			"labels": map[string]any{"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "topology.kubernetes.io/zone": zone},
		},
		"status": map[string]any{
			"allocatable": resources, "capacity": resources,
			"conditions": []any{condition("Ready", "True")},
			"addresses":  []any{map[string]any{"type": "InternalIP", "address": "127.0.0.1"}},
		},
	}
}

// condition returns a condition of a node or pod.
func condition(name, status string) map[string]any {
	return map[string]any{"type": name, "status": status, "lastTransitionTime": now(), "lastHeartbeatTime": now()}
}

func now() string { return time.Now().UTC().Format(time.RFC3339) }

// beat renews the lease of a node.
func (k *kubelets) beat(node string) error {
	return k.cluster.apply("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/"+node, object{
		"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": map[string]any{"name": node},
		"spec": map[string]any{
			"holderIdentity": node, "leaseDurationSeconds": 40, "renewTime": time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"),
		},
	})
}

func (k *kubelets) renewLeases() {
	for {
		select {
		case <-k.ctx.Done():
			return
		case <-time.After(heartbeat):
		}
		for _, node := range k.nodes {
			_ = k.beat(node) // the next one comes before the lease expires
		}
	}
}

// see performs the next action for a pod.
func (k *kubelets) see(pod object) {
	path := podsOf(pod.namespace()) + "/" + pod.name()
	switch {
	case pod.text("spec", "nodeName") == "":
	case pod.text("metadata", "deletionTimestamp") != "":
		k.once(pod, "delete", untilGone, func() error {
			_, err := k.cluster.request(http.MethodDelete, path+"?gracePeriodSeconds=0", "", nil)
			return err
		})
	case pod.text("status", "podIP") == "":
		n := k.address.Add(1)
		ip := fmt.Sprintf("10.244.%d.%d", n/250, n%250+1)
		k.once(pod, "start", 0, func() error { return k.report(path, started(pod, ip)) })
	case pod.text("status", "phase") != "Running":
	case len(pod.list("metadata", "ownerReferences")) > 0 && pod.list("metadata", "ownerReferences")[0].kind() == "Job":
		k.once(pod, "complete", untilDone, func() error { return k.report(path, k.finish(pod)) })
	case pod.condition("Ready") != "True":
		k.once(pod, "ready", untilReady, func() error { return k.report(path, ready(pod)) })
	}
}

// once performs an action for a pod after a delay, unless that action has already started.
func (k *kubelets) once(pod object, what string, after time.Duration, do func() error) {
	uid := pod.text("metadata", "uid")
	k.mu.Lock()
	repeated := k.seen[uid] == what
	k.seen[uid] = what
	k.mu.Unlock()
	if repeated {
		return
	}
	k.work.Go(func() {
		select {
		case <-k.ctx.Done():
		case <-time.After(after):
			_ = do() // on failure, the next event of the pod retries
		}
	})
}

// report updates the status of a pod.
func (k *kubelets) report(path string, status map[string]any) error {
	body, err := json.Marshal(object{"status": status})
	if err != nil {
		return err
	}
	_, err = k.cluster.request(http.MethodPatch, path+"/status", "application/strategic-merge-patch+json", body)
	return err
}

func started(pod object, ip string) map[string]any {
	return map[string]any{
		"phase": "Running", "startTime": now(), "hostIP": "127.0.0.1", "podIP": ip, "podIPs": []any{map[string]any{"ip": ip}},
		"conditions":            []any{condition("Initialized", "True"), condition("Ready", "False"), condition("ContainersReady", "False")},
		"initContainerStatuses": statuses(pod.list("spec", "initContainers"), true, terminated()),
		"containerStatuses":     statuses(pod.list("spec", "containers"), false, running()),
	}
}

func ready(pod object) map[string]any {
	return map[string]any{
		"conditions":        []any{condition("Ready", "True"), condition("ContainersReady", "True")},
		"containerStatuses": statuses(pod.list("spec", "containers"), true, running()),
	}
}

// finish runs the containers of a job's pod, if the cluster runs any, and returns the status of the pod.
func (k *kubelets) finish(pod object) map[string]any {
	status := completed(pod)
	if k.cluster.processes != nil && k.cluster.processes.run(pod) != nil {
		status["phase"] = "Failed"
	}
	return status
}

func completed(pod object) map[string]any {
	return map[string]any{
		"phase": "Succeeded", "conditions": []any{condition("Ready", "False"), condition("ContainersReady", "False")},
		"containerStatuses": statuses(pod.list("spec", "containers"), false, terminated()),
	}
}

func running() map[string]any { return map[string]any{"running": map[string]any{"startedAt": now()}} }

func terminated() map[string]any {
	return map[string]any{"terminated": map[string]any{"exitCode": 0, "reason": "Completed", "startedAt": now(), "finishedAt": now()}}
}

func statuses(containers []object, ready bool, state map[string]any) []any {
	all := []any{}
	for _, c := range containers {
		all = append(all, map[string]any{
			"name": c.text("name"), "image": c.text("image"), "imageID": "", "ready": ready, "started": ready, "restartCount": 0, "state": state,
		})
	}
	return all
}

func (k *kubelets) close() {
	k.cancel()
	k.work.Wait()
}
