package config

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Print writes every setting with its value and its origin. It masks secrets.
func (l *Loaded) Print(w io.Writer) error {
	files := slices.Concat(l.sources.Files, []string{l.sources.File})
	return l.loader.print(w, "Settings files, lowest layer first: "+strings.Join(files, " ")+"\n\n")
}

func (l *loader) print(w io.Writer, title string) error {
	text := title + "KEY\tORIGIN\tVALUE\n"
	for _, k := range l.keys {
		value := fmt.Sprint(l.values.Get(k.path))
		if k.isSecret() && l.origins[k.path].name != "default" {
			value = "[redacted]"
		}
		text += k.path + "\t" + l.origins[k.path].String() + "\t" + value + "\n"
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, err := io.WriteString(table, text)
	return errors.Join(err, table.Flush())
}
