package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// origin is where a value was set: a file and a line, or the name of a variable, flag or profile.
type origin struct {
	name string
	line int
}

func (o origin) String() string {
	if o.line == 0 {
		return o.name
	}
	return fmt.Sprintf("%s:%d", o.name, o.line)
}

// layer is what one source sets. A value is a string or, if the key is a list, a []string.
type layer struct {
	values  map[string]any
	origins map[string]origin
}

func newLayer() layer { return layer{values: map[string]any{}, origins: map[string]origin{}} }

// set adds a value. Commas separate the items of a list.
func (l layer) set(k key, text string, from origin) {
	l.values[k.path], l.origins[k.path] = text, from
	if k.isList() {
		items := []string{}
		for item := range strings.SplitSeq(text, ",") {
			if item = strings.TrimSpace(item); item != "" {
				items = append(items, item)
			}
		}
		l.values[k.path] = items
	}
}

func (l *loader) readDefaults() layer {
	read := newLayer()
	for _, k := range l.keys {
		read.set(k, k.defaultValue, origin{name: "default"})
	}
	return read
}

// serviceLink matches the variables that Kubernetes sets for every Service of the namespace. For a Service
// sample-service-server one of them is SAMPLE_SERVICE_SERVER_PORT=tcp://10.0.0.1:80.
var serviceLink = regexp.MustCompile(`(^|_)(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_[A-Z]+)?)=|` +
	`(^|_)PORT=(tcp|udp|sctp)://`)

// readEnvironment reads the variables of the service. An empty variable is unset.
func (l *loader) readEnvironment(environ []string) layer {
	read := newLayer()
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		rest, ours := strings.CutPrefix(name, prefix)
		if !ours || value == "" || serviceLink.MatchString(rest+"="+value) {
			continue
		}
		from := origin{name: name}
		k := l.byPath[strings.ToLower(strings.ReplaceAll(rest, separator, "."))]
		similar := slices.IndexFunc(l.keys, func(k key) bool { return strings.ReplaceAll(k.variable, separator, "_") == name })
		switch {
		case k.variable == name:
			read.set(k, value, from)
		case similar >= 0:
			l.report(from, key{}, "unknown variable; two underscores separate the levels of a key: use %s", l.keys[similar].variable)
		default:
			l.report(from, key{}, "unknown variable; docs/configuration.md lists all variables")
		}
	}
	return read
}

// readFlags reads --profile and --set.
func (l *loader) readFlags(profile string, assignments []string) layer {
	read := newLayer()
	from := origin{name: "--set"}
	for _, assignment := range assignments {
		path, value, ok := strings.Cut(assignment, "=")
		k, known := l.byPath[path]
		switch {
		case !ok:
			l.report(from, key{}, "%s: must be KEY=VALUE", assignment)
		case !known:
			l.report(from, key{}, "unknown key %s; docs/configuration.md lists all keys", path)
		//{{slot "config/flag"}}
		default:
			read.set(k, value, from)
		}
	}
	if profile != "" {
		read.set(l.byPath["service.profile"], profile, origin{name: "--profile"})
	}
	return read
}
