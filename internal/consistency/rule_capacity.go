package consistency

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// GOMEMLIMIT must be between these shares of the container's memory limit. A higher value leaves too little memory for
// everything outside the Go heap, and fires the memory alert before the garbage collector runs hard. A lower value
// wastes memory.
const (
	minMemoryShare = 0.7
	maxMemoryShare = 0.9
)

// checkMemory compares GOMEMLIMIT with the container's memory limit. If GOMEMLIMIT is too high, the kernel OOM-kills
// the process instead of the garbage collector freeing memory.
func checkMemory(p *Project) []Problem {
	var all []Problem
	for _, c := range p.containers {
		v, ok := c.env["GOMEMLIMIT"]
		limit, limited := quantity(c.at("resources", "limits", "memory").str())
		soft, readable := bytesOf(v.value)
		if !ok || !limited || c.object == nil {
			if c.object != nil && c.main && limited {
				all = append(all, problemAt(c.node, c.title(), "set GOMEMLIMIT below the limit",
					"has a memory limit of %s, but no GOMEMLIMIT", c.at("resources", "limits", "memory").str()))
			}
			continue
		}
		key := c.title() + ", GOMEMLIMIT"
		switch share := soft / limit; {
		case !v.known || !readable:
			all = append(all, problemAt(v.node, key, "use a size such as 410MiB", "is %q, which is not a size", v.value))
		case share < minMemoryShare || share > maxMemoryShare:
			all = append(all, problemAt(v.node, key,
				fmt.Sprintf("use %.0f to %.0f MiB", minMemoryShare*limit/(1<<20), maxMemoryShare*limit/(1<<20)),
				"is %.0f MiB, %.0f %% of the memory limit of %.0f MiB", soft/(1<<20), 100*share, limit/(1<<20)))
		}
	}
	return all
}

// bodyShare is the maximum share of the memory limit for request bodies if every request in flight has the largest
// body. Reading and decoding a body takes about three times its size (measured; see TestMemoryIsBoundedUnderOverload).
const bodyShare = 0.25

// checkRequestMemory compares the memory for the bodies of all requests in flight with the memory limit.
func checkRequestMemory(p *Project) []Problem {
	var all []Problem
	for _, c := range p.containers {
		limit, limited := quantity(c.at("resources", "limits", "memory").str())
		if c.object == nil || !c.main || !limited {
			continue
		}
		body, bodyFrom, bodyKnown := p.setting(c, "http.max_body_bytes")
		requests, requestsFrom, requestsKnown := p.setting(c, "http.max_in_flight")
		bytes, bodyErr := strconv.ParseFloat(body, 64)
		count, countErr := strconv.ParseFloat(requests, 64)
		if !bodyKnown || !requestsKnown || bodyErr != nil || countErr != nil {
			continue
		}
		if need := bytes * count; need > bodyShare*limit {
			all = append(all, problemAt(c.at("resources", "limits", "memory"), c.title(),
				"raise the memory limit, or lower http.max_in_flight or http.max_body_bytes",
				"has a memory limit of %.0f MiB, but %s requests (%s) with bodies of %s bytes (%s) take %.0f MiB",
				limit/(1<<20), requests, requestsFrom, body, bodyFrom, need/(1<<20)))
		}
	}
	return all
}

// scale is the maximum number of pods of a workload.
type scale struct {
	replicas, surge int
	at              *node // maxReplicas of the autoscaler, or replicas
	object          *object
}

// scaleOf returns the maximum number of pods of a workload: the autoscaler's maximum, and the surge of a rollout.
func (r *root) scaleOf(o *object) scale {
	s := scale{replicas: 1, at: o.at("spec"), object: o}
	if n, ok := o.at("spec", "replicas").int(); ok {
		s.replicas, s.at = n, o.at("spec", "replicas")
	}
	for _, hpa := range r.objects {
		if hpa.kind() == "HorizontalPodAutoscaler" && hpa.at("spec", "scaleTargetRef", "kind").str() == o.kind() && hpa.at("spec", "scaleTargetRef", "name").str() == o.name() {
			if n, ok := hpa.at("spec", "maxReplicas").int(); ok {
				s.replicas, s.at = n, hpa.at("spec", "maxReplicas")
			}
		}
	}
	if o.kind() == "Deployment" && o.at("spec", "strategy", "type").str() != "Recreate" {
		s.surge = intOrPercent(o.at("spec", "strategy", "rollingUpdate", "maxSurge"), s.replicas)
	}
	return s
}

// intOrPercent returns a number of pods, or a percentage of them, rounded up. The default of Kubernetes is 25 %.
func intOrPercent(n *node, of int) int {
	text := n.str()
	if n == nil {
		text = "25%"
	}
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		value, _ := strconv.Atoi(percent)
		return int(math.Ceil(float64(value*of) / 100))
	}
	value, _ := strconv.Atoi(text)
	return value
}

// checkConnections compares the maximum number of pods with max_instances. The service multiplies max_instances by its
// pool size to check that the database allows enough connections.
func checkConnections(p *Project) []Problem {
	var all []Problem
	for _, c := range p.containers {
		if c.object == nil || !c.main {
			continue
		}
		s := c.root.scaleOf(c.object)
		for _, key := range sortedKeys(p.settings) {
			if !strings.HasSuffix(key, ".max_instances") {
				continue
			}
			text, from, known := p.setting(c, key)
			if expected, err := strconv.Atoi(text); known && err == nil && s.replicas+s.surge > expected {
				all = append(all,
					problemAt(s.at, c.object.title(), "raise "+key+", and check max_connections of the database server",
						"can have %d pods, and %d more during a rollout, but %s is %d (%s)", s.replicas, s.surge, key, expected, from))
			}
		}
	}
	return all
}

// checkQuota requires the quota of a namespace to cover everything that can run in it at the same time. If it does not,
// the autoscaler or a rollout gets stuck.
func checkQuota(p *Project) []Problem {
	var all []Problem
	for _, r := range p.roots {
		for _, quota := range r.objects {
			if quota.kind() != "ResourceQuota" {
				continue
			}
			needed := r.demand(quota.at("metadata", "namespace").str())
			for key, limit := range quota.at("spec", "hard").pairs() {
				allowed, ok := quantity(limit.str())
				if need := needed[key]; ok && need > allowed*(1+1e-9) {
					all = append(all, problemAt(limit, "ResourceQuota "+quota.name()+", "+key,
						"raise the quota, or lower maxReplicas, maxSurge or the requests",
						"is %s, but maxReplicas, a rollout and all jobs together need %s", limit.str(), formatQuantity(key, need)))
				}
			}
		}
	}
	return all
}

// demand returns the resources that a namespace can use at most, by quota key.
func (r *root) demand(namespace string) map[string]float64 {
	sum := map[string]float64{}
	for _, o := range r.objects {
		if o.at("metadata", "namespace").str() != namespace {
			continue
		}
		sum["count/"+strings.ToLower(o.kind())+"s"]++
		if o.kind() == "PersistentVolumeClaim" {
			sum["persistentvolumeclaims"]++
			size, _ := quantity(o.at("spec", "resources", "requests", "storage").str())
			sum["requests.storage"] += size
		}
		pod := o.podSpec()
		if pod == nil {
			continue
		}
		s := r.scaleOf(o)
		pods := float64(s.replicas + s.surge)
		sum["pods"] += pods
		for _, kind := range []string{"requests", "limits"} {
			for _, resource := range []string{"cpu", "memory", "ephemeral-storage"} {
				need := pods * podResources(pod, kind, resource)
				sum[kind+"."+resource] += need
				if kind == "requests" {
					sum[resource] += need
				}
			}
		}
	}
	return sum
}

// podResources returns what Kubernetes counts for a pod: the sum of its containers, or the largest init container if
// that is more.
func podResources(pod *node, kind, resource string) float64 {
	var sum, first float64
	for c := range pod.at("containers").each() {
		n, _ := quantity(c.at("resources", kind, resource).str())
		sum += n
	}
	for c := range pod.at("initContainers").each() {
		n, _ := quantity(c.at("resources", kind, resource).str())
		first = max(first, n)
	}
	return max(sum, first)
}

// formatQuantity formats an amount with the usual unit of its quota key.
func formatQuantity(key string, n float64) string {
	switch {
	case strings.HasSuffix(key, "memory") || strings.HasSuffix(key, "storage"):
		return strconv.FormatFloat(math.Ceil(n/(1<<20)), 'f', -1, 64) + "Mi"
	case strings.HasSuffix(key, "cpu"):
		return strconv.FormatFloat(math.Ceil(n*1000), 'f', -1, 64) + "m"
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}
