package consistency

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Of the memory limit, Go may use so much: more leaves too little to what is not its heap and sets off the alert on memory
// before the collector works hard; less is memory that nobody uses.
const (
	leastMemory = 0.7
	mostMemory  = 0.9
)

// checkMemory compares what Go may use with what the container may: above the limit the kernel kills the process where
// the garbage collector would have run.
func checkMemory(p *Project) []Finding {
	var all []Finding
	for _, c := range p.containers {
		v, ok := c.env["GOMEMLIMIT"]
		limit, limited := quantity(c.at("resources", "limits", "memory").str())
		soft, readable := bytesOf(v.value)
		if !ok || !limited || c.object == nil {
			if c.object != nil && c.main && limited {
				all = append(all, found(c.node, c.title(), "set GOMEMLIMIT from the limit", "has a memory limit of %s, but no GOMEMLIMIT follows it", c.at("resources", "limits", "memory").str()))
			}
			continue
		}
		key := c.title() + ", GOMEMLIMIT"
		switch share := soft / limit; {
		case !v.known || !readable:
			all = append(all, found(v.node, key, "write a size such as 410MiB", "is %q, which cannot be read as a size", v.value))
		case share < leastMemory || share > mostMemory:
			all = append(all, found(v.node, key, fmt.Sprintf("write between %.0f and %.0f MiB", leastMemory*limit/(1<<20), mostMemory*limit/(1<<20)),
				"is %.0f MiB, %.0f %% of the memory limit of %.0f MiB", soft/(1<<20), 100*share, limit/(1<<20)))
		}
	}
	return all
}

// bodyShare is the largest share of the memory limit for request bodies, when every request in flight has the largest body.
// Reading and decoding a body takes about three times its size (measured; see TestMemoryIsBoundedUnderOverload).
const bodyShare = 0.25

// checkRequestMemory compares the request bodies that may be in memory at one time with the memory limit.
func checkRequestMemory(p *Project) []Finding {
	var all []Finding
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
			all = append(all, found(c.at("resources", "limits", "memory"), c.title(), "raise the memory limit, or lower one of the two settings",
				"has a memory limit of %.0f MiB, but %s requests (%s) with bodies of %s bytes (%s) take %.0f MiB",
				limit/(1<<20), requests, requestsFrom, body, bodyFrom, need/(1<<20)))
		}
	}
	return all
}

// scale is how many pods a workload has at most, and where that is said.
type scale struct {
	most, surge int
	at          *node // of the autoscaler's maximum, or of the replicas
	object      *object
}

// scaleOf returns how many pods a Deployment can have: what the autoscaler allows, and those that a rollout adds.
func (r *root) scaleOf(o *object) scale {
	s := scale{most: 1, at: o.at("spec"), object: o}
	if n, ok := o.at("spec", "replicas").int(); ok {
		s.most, s.at = n, o.at("spec", "replicas")
	}
	for _, hpa := range r.objects {
		if hpa.kind() == "HorizontalPodAutoscaler" && hpa.at("spec", "scaleTargetRef", "kind").str() == o.kind() && hpa.at("spec", "scaleTargetRef", "name").str() == o.name() {
			if n, ok := hpa.at("spec", "maxReplicas").int(); ok {
				s.most, s.at = n, hpa.at("spec", "maxReplicas")
			}
		}
	}
	if o.kind() == "Deployment" && o.at("spec", "strategy", "type").str() != "Recreate" {
		s.surge = share(o.at("spec", "strategy", "rollingUpdate", "maxSurge"), s.most)
	}
	return s
}

// share reads a number of pods, or a percentage of them, which is rounded up; 25 % is what Kubernetes does without.
func share(n *node, of int) int {
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

// checkConnections compares how many pods there can be with how many the database is told to expect: the service compares
// the connections of all of them with what the server allows.
func checkConnections(p *Project) []Finding {
	var all []Finding
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
			if expected, err := strconv.Atoi(text); known && err == nil && s.most+s.surge > expected {
				all = append(all, found(s.at, c.object.title(), "raise "+key+", and see that the server allows as many connections",
					"may have %d pods, and %d more during a rollout, but %s is %d (%s)", s.most, s.surge, key, expected, from))
			}
		}
	}
	return all
}

// checkQuota wants the quota of a namespace to hold all that may run in it at one time: else the autoscaler or a rollout
// stops half-way.
func checkQuota(p *Project) []Finding {
	var all []Finding
	for _, r := range p.roots {
		for _, quota := range r.objects {
			if quota.kind() != "ResourceQuota" {
				continue
			}
			needed := r.needed(quota.at("metadata", "namespace").str())
			for key, limit := range quota.at("spec", "hard").pairs() {
				allowed, ok := quantity(limit.str())
				if need := needed[key]; ok && need > allowed*(1+1e-9) {
					all = append(all, found(limit, "ResourceQuota "+quota.name()+", "+key, "raise the quota, or lower what may run",
						"is %s, but at the autoscaler's maximum, with a rollout and all jobs, %s are needed", limit.str(), amount(key, need)))
				}
			}
		}
	}
	return all
}

// needed sums up what all pods of a namespace ask for, by the keys of a quota.
func (r *root) needed(namespace string) map[string]float64 {
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
		pods := float64(s.most + s.surge)
		sum["pods"] += pods
		for _, kind := range []string{"requests", "limits"} {
			for _, resource := range []string{"cpu", "memory", "ephemeral-storage"} {
				need := pods * podNeeds(pod, kind, resource)
				sum[kind+"."+resource] += need
				if kind == "requests" {
					sum[resource] += need
				}
			}
		}
	}
	return sum
}

// podNeeds is what a pod is counted for: all of its containers, or the largest of those that run before.
func podNeeds(pod *node, kind, resource string) float64 {
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

// amount writes a need as people do.
func amount(key string, n float64) string {
	switch {
	case strings.HasSuffix(key, "memory") || strings.HasSuffix(key, "storage"):
		return strconv.FormatFloat(math.Ceil(n/(1<<20)), 'f', -1, 64) + "Mi"
	case strings.HasSuffix(key, "cpu"):
		return strconv.FormatFloat(math.Ceil(n*1000), 'f', -1, 64) + "m"
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}
