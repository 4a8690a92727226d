package consistency

import (
	"strconv"
	"strings"
	"time"
)

// graceMargin is what the process needs beside its own timeout: to flush telemetry and to exit.
const graceMargin = 5 * time.Second

// duration returns a setting of a container that is one.
func (p *Project) duration(c *container, key string) (time.Duration, string, bool) {
	text, from, known := p.setting(c, key)
	d, err := time.ParseDuration(text)
	return d, from, known && err == nil
}

// checkGrace compares the time that a container is given to stop with what the service may take: killed earlier, it
// loses the requests that it still answers.
func checkGrace(p *Project) []Finding {
	var all []Finding
	for _, c := range p.containers {
		shutdown, from, known := p.duration(c, "server.shutdown_timeout")
		if !c.main || !known {
			continue
		}
		p.checkShutdown(c, shutdown, func(f Finding) { all = append(all, f) })
		grace, at, key := graceOf(c)
		if grace < shutdown+graceMargin {
			all = append(all, found(at, key, "write "+(shutdown+graceMargin).String()+" or more",
				"is %s, but the service may take %s to stop (%s), and %s are kept for its end", grace, shutdown, from, graceMargin))
		}
	}
	return all
}

// graceOf returns the time between the signal and the end by force, less what a hook takes of it.
func graceOf(c *container) (time.Duration, *node, string) {
	if c.object == nil {
		key := c.title() + ".stop_grace_period"
		grace, err := time.ParseDuration(c.at("stop_grace_period").str())
		if err != nil {
			return 10 * time.Second, c.node, key // what Compose does without
		}
		return grace, c.at("stop_grace_period"), key
	}
	key := c.object.title() + ", terminationGracePeriodSeconds"
	at, seconds := c.pod.at("terminationGracePeriodSeconds"), 30 // what Kubernetes does without
	if i, ok := at.int(); ok {
		seconds = i
	} else {
		at = c.pod
	}
	hook, _ := c.at("lifecycle", "preStop", "sleep", "seconds").int()
	if words := c.at("lifecycle", "preStop", "exec", "command").strs(); hook == 0 && len(words) > 1 {
		last := strings.Fields(words[len(words)-1])
		hook, _ = strconv.Atoi(strings.TrimSuffix(last[len(last)-1], "s"))
	}
	return time.Duration(seconds-hook) * time.Second, at, key
}

// checkShutdown says of the settings that a container gets what the service would say at its start.
func (p *Project) checkShutdown(c *container, shutdown time.Duration, add func(Finding)) {
	drain, _, ok1 := p.duration(c, "server.drain_delay")
	request, _, ok2 := p.duration(c, "server.request_timeout")
	if ok1 && ok2 && drain+request > shutdown {
		add(found(c.node, c.title(), "raise server.shutdown_timeout, or lower one of the others",
			"server.drain_delay %s and server.request_timeout %s together are more than server.shutdown_timeout %s: the service refuses to start", drain, request, shutdown))
	}
	write, from, ok := p.duration(c, "server.write_timeout")
	if ok && ok2 && write <= request {
		add(found(c.node, c.title(), "write more than server.request_timeout", "server.write_timeout is %s (%s), not above server.request_timeout %s: the service refuses to start", write, from, request))
	}
}
