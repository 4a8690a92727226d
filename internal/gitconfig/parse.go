package gitconfig

import (
	"fmt"
	"strings"
)

// parse calls found for each key of a file, with the section and the name in lower case. It accepts what git accepts. Its
// error has the line that git names.
func parse(data string, found func(Setting)) error {
	p := parser{rest: strings.ReplaceAll(strings.TrimPrefix(data, "\ufeff"), "\r\n", "\n")}
	text := p.rest
	invalid := func() error {
		read := strings.TrimSuffix(text[:len(text)-len(p.rest)], "\n")
		return fmt.Errorf("line %d: git does not accept it", 1+strings.Count(read, "\n"))
	}
	section := ""
	for {
		before := p.rest
		switch c := p.next(); {
		case c == 0:
			return nil
		case isSpace(c):
		case c == '#' || c == ';':
			p.skipLine()
		case c == '[':
			name, ok := p.section()
			if !ok {
				return invalid()
			}
			section = name + "."
		case isLetter(c):
			p.rest = before
			s, ok := p.setting()
			if !ok {
				return invalid()
			}
			s.Key = section + s.Key
			found(s)
		default:
			return invalid()
		}
	}
}

type parser struct{ rest string }

// next returns the next byte, or 0 at the end.
func (p *parser) next() byte {
	if p.rest == "" {
		return 0
	}
	c := p.rest[0]
	p.rest = p.rest[1:]
	return c
}

func (p *parser) skipLine() {
	_, p.rest, _ = strings.Cut(p.rest, "\n")
}

// word returns the bytes up to the first that does not belong to a name.
func (p *parser) word(more string) string {
	end := strings.IndexFunc(p.rest, func(r rune) bool {
		return r > 0x7f || !isLetter(byte(r)) && !strings.ContainsRune("-0123456789"+more, r)
	})
	if end < 0 {
		end = len(p.rest)
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	return strings.ToLower(word)
}

// section returns what follows a "[": [section], [section.subsection] or [section "subsection"].
func (p *parser) section() (name string, ok bool) {
	name = p.word(".")
	if c := p.next(); c == ']' {
		return name, name != ""
	} else if c != ' ' && c != '\t' {
		return "", false
	}
	p.rest = strings.TrimLeft(p.rest, " \t")
	if p.next() != '"' {
		return "", false
	}
	subsection := []byte{'.'}
	for {
		c := p.next()
		if c == '"' {
			return name + string(subsection), p.next() == ']'
		}
		if c == '\\' {
			c = p.next()
		}
		if c == 0 || c == '\n' {
			return "", false
		}
		subsection = append(subsection, c)
	}
}

// setting returns a name and its value.
func (p *parser) setting() (s Setting, ok bool) {
	s.Key = p.word("")
	p.rest = strings.TrimLeft(p.rest, " \t")
	switch p.next() {
	case 0, '\n':
		s.bare = true
		return s, true
	case '=':
		s.Value, ok = p.value()
		return s, ok
	}
	return s, false
}

var escapes = map[byte]byte{'t': '\t', 'b': '\b', 'n': '\n', '\\': '\\', '"': '"'}

// value returns the value up to the end of the line, without the spaces around it and without quotes.
func (p *parser) value() (string, bool) {
	var value []byte
	end := 0 // of the value without the spaces after it
	quoted := false
	for {
		c := p.next()
		switch {
		case c == 0 || c == '\n':
			return string(value[:end]), !quoted
		case quoted && c != '"' && c != '\\':
			value = append(value, c)
		case c == '#' || c == ';':
			p.skipLine()
			return string(value[:end]), true
		case isSpace(c):
			if len(value) > 0 {
				value = append(value, c)
			}
			continue
		case c == '"':
			quoted = !quoted
		case c == '\\' && (p.rest == "" || p.rest[0] == '\n'):
			p.next()
		case c == '\\':
			escaped, ok := escapes[p.next()]
			if !ok {
				return "", false
			}
			value = append(value, escaped)
		default:
			value = append(value, c)
		}
		end = len(value)
	}
}

func isSpace(c byte) bool  { return strings.IndexByte(" \t\n\r\v\f", c) >= 0 }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
