package probe

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

// flags is the flag set of one command.
type flags struct{ *flag.FlagSet }

func newFlags(name string) flags {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	return flags{set}
}

// instance adds the flag that selects an instance.
func (f flags) instance() *string { return f.String("i", defaultInstance, "name of the instance") }

// list is a flag that may be repeated.
type list []string

func (l *list) String() string         { return strings.Join(*l, " ") }
func (l *list) Set(value string) error { *l = append(*l, value); return nil }

// parseAround parses flags before, between and after the other arguments, and returns the other arguments.
func (f flags) parseAround(args []string, want int, usage string) ([]string, error) {
	var rest []string
	for {
		if err := f.Parse(args); err != nil {
			return nil, fmt.Errorf("%w: usage: %s", err, usage)
		}
		args = f.Args()
		if len(args) == 0 {
			break
		}
		rest, args = append(rest, args[0]), args[1:]
	}
	if len(rest) != want {
		return nil, fmt.Errorf("usage: %s", usage)
	}
	return rest, nil
}
