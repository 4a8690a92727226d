package documents

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// kinds maps the short and plural names of kubectl to kinds.
var kinds = map[string]string{
	"po": "pod", "no": "node", "ev": "event", "rs": "replicaset", "ns": "namespace", "deploy": "deployment", "svc": "service",
	"ing": "ingress", "ingresses": "ingress", "cm": "configmap", "hpa": "horizontalpodautoscaler", "pdb": "poddisruptionbudget",
	"netpol": "networkpolicy", "networkpolicies": "networkpolicy", "sa": "serviceaccount", "quota": "resourcequota",
	"cj": "cronjob", "es": "externalsecret", "pvc": "persistentvolumeclaim", "crd": "customresourcedefinition",
}

// runtimeKinds are kinds whose objects are not in the manifests, or have generated names.
var runtimeKinds = set("pod node event replicaset endpointslice job secret configmap persistentvolumeclaim customresourcedefinition lease " +
	"certificate certificaterequest order challenge")

var kindName = regexp.MustCompile(`^([a-z]+)/([a-z0-9*.-]+)$`)

func singular(kind string) string {
	kind, _, _ = strings.Cut(strings.ToLower(kind), ".") // without its group
	if full, ok := kinds[kind]; ok {
		return full
	}
	if strings.HasSuffix(kind, "ss") { // ingress, ingressclass
		return kind
	}
	return strings.TrimSuffix(kind, "s")
}

// checkKubectl checks the subcommand, the flags, and the objects that a kubectl command names.
func (p *Project) checkKubectl(args []string, report func(format string, args ...any)) {
	sub, flags, rest, err := usage("kubectl", args)
	if err != nil {
		report("%v", err)
		return
	}
	for _, f := range flags {
		switch f.name {
		case "n", "namespace":
			p.checkObject("namespace", f.value, report)
		case "c", "container":
			if f.value != p.name {
				report("the pod has no container %s", f.value)
			}
		case "from":
			p.checkWord(f.value, report)
		}
	}
	if len(sub.path) > 0 {
		p.checkResources(sub, report)
	}
	if len(rest) > 0 {
		p.checkCommand(rest, report)
	}
}

// checkResources checks the objects in the arguments of a subcommand.
func (p *Project) checkResources(sub subcommand, report func(format string, args ...any)) {
	args := sub.args
	switch sub.path[0] {
	case "get", "describe", "delete", "edit", "label", "annotate", "patch", "wait", "scale", "rollout", "set":
		if len(args) == 0 {
			return
		}
		if strings.Contains(args[0], "/") {
			for _, arg := range args {
				p.checkWord(arg, report)
			}
			return
		}
		named := args[1:]
		if slices.Contains([]string{"label", "annotate", "set"}, sub.path[0]) {
			named = named[:min(1, len(named))]
		}
		for kind := range strings.SplitSeq(args[0], ",") {
			p.checkObject(singular(kind), "", report)
			for _, name := range named {
				p.checkObject(singular(kind), name, report)
			}
		}
	case "top":
		if len(sub.path) == 1 && len(args) > 0 {
			report("kubectl top supports pod and node, not %s", args[0])
		}
	case "logs", "exec", "debug", "port-forward", "attach":
		if len(args) > 0 && !strings.Contains(args[0], "*") {
			p.checkWord(args[0], report)
		}
	}
}

// checkWord checks a word such as deployment/name.
func (p *Project) checkWord(word string, report func(format string, args ...any)) {
	if m := kindName.FindStringSubmatch(word); m != nil {
		p.checkObject(singular(m[1]), m[2], report)
	} else if !strings.Contains(word, "*") && strings.Contains(word, "/") {
		report("%s is not KIND/NAME", word)
	}
}

// checkObject reports an object that is not in the manifests. With an empty name, it checks only the kind.
func (p *Project) checkObject(kind, name string, report func(format string, args ...any)) {
	switch names := p.objects[kind]; {
	case runtimeKinds[kind], kind == "*":
	case names == nil:
		report("the manifests have no object of kind %s", kind)
	case name != "" && !strings.Contains(name, "*") && !names[name]:
		report("the manifests have no %s called %s", kind, name)
	}
}

// flag is a flag in a command.
type flag struct{ name, value string }

// subcommand is a subcommand with its arguments. path holds its words.
type subcommand struct{ path, args []string }

var (
	commandsHead = regexp.MustCompile(`^[A-Z].*Commands?.*:$`)
	commandRow   = regexp.MustCompile(`^  ([a-z][a-z-]*)(?: |$)`)
	flagRow      = regexp.MustCompile(`^\s+(?:-(\w), )?--([a-z][a-z0-9-]*)(=[^:]*:)?( [A-Za-z]\w*(?:  |$))?`)
)

// help is the parsed --help output of a program.
type help struct {
	commands map[string]bool
	flags    map[string]bool // true if the flag takes a value
}

// helps caches help by command line.
var helps sync.Map

func helpOf(program string, args ...string) (help, error) {
	key := program + " " + strings.Join(args, " ")
	if h, ok := helps.Load(key); ok {
		return h.(help), nil //nolint:forcetypeassert // nothing else is stored
	}
	//nolint:gosec // runs kubectl or the built service
	out, err := exec.CommandContext(context.Background(), program, args...).Output()
	if errors.Is(err, exec.ErrNotFound) {
		return help{}, fmt.Errorf("%w: run `.ci/run tools` to install it", err)
	}
	if err != nil {
		return help{}, fmt.Errorf("%s: %w", key, err)
	}
	h := help{commands: map[string]bool{}, flags: map[string]bool{}}
	listing := false
	for line := range strings.Lines(string(out)) {
		line = strings.TrimRight(line, "\n")
		if m := flagRow.FindStringSubmatch(line); m != nil {
			takes := m[4] != "" || m[3] != "" && m[3] != "=false:" && m[3] != "=true:"
			h.flags[m[2]] = takes
			if m[1] != "" {
				h.flags[m[1]] = takes
			}
		}
		if m := commandRow.FindStringSubmatch(line); listing && m != nil {
			h.commands[m[1]] = true
		} else {
			listing = commandsHead.MatchString(line)
		}
	}
	helps.Store(key, h)
	return h, nil
}

// usage parses arguments like the program, and checks subcommands and flags against its --help output. rest holds the
// arguments after --.
func usage(program string, args []string) (chosen subcommand, used []flag, rest []string, err error) {
	here, err := helpOf(program, "--help")
	if err != nil {
		return chosen, nil, nil, err
	}
	global := help{}
	if program == "kubectl" {
		if global, err = helpOf(program, "options"); err != nil {
			return chosen, nil, nil, err
		}
	}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return chosen, used, args, nil
		case len(arg) > 1 && arg[0] == '-':
			name, value, assigned := strings.Cut(strings.TrimLeft(arg, "-"), "=")
			if !strings.HasPrefix(arg, "--") {
				for len(name) > 1 && !takesValue(name[:1], here, global) { // -it
					if !known(name[:1], here, global) {
						return chosen, used, nil, fmt.Errorf("%s %s has no flag -%s", program, strings.Join(chosen.path, " "), name[:1])
					}
					name = name[1:]
				}
				if len(name) > 1 { // -ojson
					name, value, assigned = name[:1], name[1:], true
				}
			}
			if !known(name, here, global) {
				return chosen, used, nil, fmt.Errorf("%s %s has no flag %s", program, strings.Join(chosen.path, " "), arg)
			}
			if !assigned && takesValue(name, here, global) {
				if len(args) == 0 {
					return chosen, used, nil, fmt.Errorf("%s needs a value", arg)
				}
				value, args = args[0], args[1:]
			}
			used = append(used, flag{name, value})
		case here.commands[strings.TrimSuffix(arg, "s")], here.commands[arg]: // kubectl top accepts pods for pod
			chosen.path = append(chosen.path, arg)
			if here, err = helpOf(program, append(slices.Clone(chosen.path), "--help")...); err != nil {
				return chosen, used, nil, err
			}
		case len(here.commands) > 0 && arg != "*":
			return chosen, used, nil, fmt.Errorf("%s %s has no command %s", program, strings.Join(chosen.path, " "), arg)
		default:
			chosen.args = append(chosen.args, arg)
		}
	}
	return chosen, used, nil, nil
}

func known(name string, helps ...help) bool {
	return slices.ContainsFunc(helps, func(h help) bool { _, ok := h.flags[name]; return ok })
}

func takesValue(name string, helps ...help) bool {
	return slices.ContainsFunc(helps, func(h help) bool { return h.flags[name] })
}
