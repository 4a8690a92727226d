package config

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Print writes every setting with its value and its origin. It masks secrets.
func (l *Loaded) Print(w io.Writer) error {
	text := "Settings files, lowest layer first: " + strings.Join(append(l.sources.Files, l.sources.File), " ") + "\n\n"
	return l.loader.print(w, text)
}

func (l *loader) print(w io.Writer, text string) error {
	text += "KEY\tORIGIN\tVALUE\n"
	for _, k := range l.keys {
		value := fmt.Sprint(l.values.Get(k.path))
		if k.isSecret() && l.origins[k.path].name != "default" {
			value = "[redacted]"
		}
		text += k.path + "\t" + l.origins[k.path].String() + "\t" + value + "\n"
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(table, text); err != nil {
		return err
	}
	return table.Flush()
}
