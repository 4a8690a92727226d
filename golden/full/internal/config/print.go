package config

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Print writes every setting with its value and its origin.
func (l *Loaded) Print(w io.Writer) error {
	text := "Settings files, lowest layer first: " + strings.Join(l.sources.files(), " ") + "\n\nKEY\tORIGIN\tVALUE\n"
	for _, k := range l.loader.keys {
		from, value := l.loader.origins[k.path], fmt.Sprint(l.loader.values.Get(k.path))
		if k.isSecret() && from.name != "default" {
			value = "[redacted]"
		}
		text += k.path + "\t" + from.String() + "\t" + value + "\n"
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, err := io.WriteString(table, text)
	return errors.Join(err, table.Flush())
}
