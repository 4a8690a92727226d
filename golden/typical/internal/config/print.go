package config

import (
	"encoding"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Print writes the layers in their order, then every setting with the place
// that set it. Secrets are masked. The output is YAML.
func (l *Loaded) Print(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Lowest layer first:\n#   defaults\n")
	fmt.Fprintf(&b, "#   profile %s\n", l.Config.Service.Profile)
	for _, f := range l.files {
		switch {
		case f.kind != settingsFile:
		case f.read:
			fmt.Fprintf(&b, "#   %s\n", f.path)
		default:
			fmt.Fprintf(&b, "#   %s (not there)\n", f.path)
		}
	}
	b.WriteString("#   environment\n#   flags\n")

	lines := l.lines()
	width := 0
	for _, line := range lines {
		if len(line.text) <= maxWidth {
			width = max(width, len(line.text))
		}
	}
	for _, line := range lines {
		if line.origin == "" {
			b.WriteString(line.text + "\n")
			continue
		}
		fmt.Fprintf(&b, "%-*s  # %s\n", width, line.text, line.origin)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// maxWidth keeps a few long lists from pushing every origin off the screen.
const maxWidth = 48

// line is one line of the printed configuration.
type line struct{ text, origin string }

func (l *Loaded) lines() []line {
	var lines []line
	opened := ""
	for _, k := range l.schema.keys {
		levels := strings.Split(k.path, ".")
		for depth := 1; depth < len(levels); depth++ {
			path := strings.Join(levels[:depth], ".")
			if opened != path && !strings.HasPrefix(opened, path+".") {
				lines = append(lines, line{text: strings.Repeat("  ", depth-1) + levels[depth-1] + ":"})
			}
		}
		opened = strings.Join(levels[:len(levels)-1], ".")
		s := l.settings[k.path]
		lines = append(lines, line{
			text:   strings.Repeat("  ", len(levels)-1) + levels[len(levels)-1] + ": " + format(s.value),
			origin: s.origin.String(),
		})
	}
	return lines
}

// format writes a value as YAML. Secrets mask themselves.
func format(value reflect.Value) string {
	if !isList(value.Type()) {
		return quote(formatScalar(value))
	}
	items := make([]string, value.Len())
	for i := range items {
		items[i] = quote(formatScalar(value.Index(i)))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func formatScalar(value reflect.Value) string {
	switch v := value.Interface().(type) {
	case time.Duration:
		return v.String()
	case encoding.TextMarshaler:
		if text, err := v.MarshalText(); err == nil {
			return string(text)
		}
	}
	return fmt.Sprint(value.Interface())
}

// plain matches text that needs no quotes in YAML.
var plain = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)

func quote(text string) string {
	if plain.MatchString(text) && text != "null" {
		return text
	}
	return strconv.Quote(text)
}
