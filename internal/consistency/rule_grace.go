package consistency

import (
	"strconv"
	"strings"
	"time"
)

// graceMargin is the time that the process needs after the shutdown timeout, to flush telemetry and to exit.
const graceMargin = 5 * time.Second

// duration returns a duration setting of a container.
func (p *Project) duration(c *container, key string) (time.Duration, string, bool) {
	text, from, known := p.setting(c, key)
	d, err := time.ParseDuration(text)
	return d, from, known && err == nil
}

// checkGrace compares the grace period of a container with the shutdown timeout of the service. If the grace period is
// too short, the container is killed with requests in flight.
func checkGrace(p *Project) []Problem {
	var all []Problem
	for _, c := range p.containers {
		shutdown, from, known := p.duration(c, "server.shutdown_timeout")
		if !c.main || !known {
			continue
		}
		p.checkShutdown(c, shutdown, func(f Problem) { all = append(all, f) })
		grace, at, key := graceOf(c)
		if grace < shutdown+graceMargin {
			all = append(all, problemAt(at, key, "use "+(shutdown+graceMargin).String()+" or more",
				"is %s, but shutdown can take %s (%s), plus a margin of %s", grace, shutdown, from, graceMargin))
		}
	}
	return all
}

// graceOf returns the time between SIGTERM and SIGKILL. The preStop hook uses up a part of the grace period.
func graceOf(c *container) (time.Duration, *node, string) {
	if c.object == nil {
		key := c.title() + ".stop_grace_period"
		grace, err := time.ParseDuration(c.at("stop_grace_period").str())
		if err != nil {
			return 10 * time.Second, c.node, key // the default of Compose
		}
		return grace, c.at("stop_grace_period"), key
	}
	key := c.object.title() + ", terminationGracePeriodSeconds"
	at, seconds := c.pod.at("terminationGracePeriodSeconds"), 30 // the default of Kubernetes
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

// checkShutdown reports timeout settings that the service rejects at startup.
func (p *Project) checkShutdown(c *container, shutdown time.Duration, add func(Problem)) {
	drain, _, ok1 := p.duration(c, "server.drain_delay")
	request, _, ok2 := p.duration(c, "server.request_timeout")
	if ok1 && ok2 && drain+request > shutdown {
		add(problemAt(c.node, c.title(), "raise server.shutdown_timeout, or lower one of the other two",
			"server.drain_delay %s plus server.request_timeout %s exceeds server.shutdown_timeout %s: the service refuses to start", drain, request, shutdown))
	}
	write, from, ok := p.duration(c, "server.write_timeout")
	if ok && ok2 && write <= request {
		add(problemAt(c.node, c.title(), "use more than server.request_timeout",
			"server.write_timeout %s (%s) is not greater than server.request_timeout %s: the service refuses to start", write, from, request))
	}
}
