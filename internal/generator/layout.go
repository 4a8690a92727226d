package generator

import "strings"

const (
	importsOpen  = "\nimport (\n"
	importsClose = "\n)\n"
)

// staysFormatted reports whether formatted Go source is still formatted after its sample words were replaced. raw is
// the source before, text the source after. Imports of the module itself keep their order if they form a group of their
// own. In doubt it returns false, which costs only the time to format.
func staysFormatted(raw, text string) bool {
	if raw == text {
		return true
	}
	head, rest, _ := strings.Cut(raw, importsOpen)
	block, tail, _ := strings.Cut(rest, importsClose)
	newHead, rest, _ := strings.Cut(text, importsOpen)
	newBlock, newTail, _ := strings.Cut(rest, importsClose)
	if strings.Contains(head, "`") || strings.Contains(head, "/*") {
		return false // the import block may be part of a string or a comment
	}
	return sameLayout(head, newHead) && sameImports(block, newBlock) && sameLayout(tail, newTail)
}

// sameImports reports whether two import blocks differ only in groups with imports of the module itself.
func sameImports(block, newBlock string) bool {
	groups, newGroups := strings.Split(block, "\n\n"), strings.Split(newBlock, "\n\n")
	if len(groups) != len(newGroups) {
		return false
	}
	for i, group := range groups {
		if group != newGroups[i] && !sameOwnImports(group, newGroups[i]) {
			return false
		}
	}
	return true
}

// sameOwnImports reports whether every line of the group is a plain import of the sample module, and only the module
// path was replaced.
func sameOwnImports(group, newGroup string) bool {
	const own = "\t\"" + sampleModule
	lines, newLines := strings.Split(group, "\n"), strings.Split(newGroup, "\n")
	if len(lines) != len(newLines) {
		return false
	}
	prefix := ""
	for i, line := range lines {
		rest, ok := strings.CutPrefix(line, own)
		if !ok || strings.IndexByte(rest, '"') != len(rest)-1 {
			return false
		}
		if i == 0 {
			prefix = strings.TrimSuffix(newLines[i], rest)
		}
		if newLines[i] != prefix+rest {
			return false
		}
	}
	return true
}

// sameLayout reports whether gofmt gives two sources the same layout. They may differ only in comments and strings
// whose width does not matter: nothing is aligned after such a string, and no function fits on one line because of it.
func sameLayout(src, newSrc string) bool {
	var line lineLayout
	for src != "" || newSrc != "" {
		var a, b lexeme
		a, src = nextLexeme(src)
		b, newSrc = nextLexeme(newSrc)
		if a.kind != b.kind {
			return false
		}
		same := a.text == b.text
		switch a.kind {
		case lexLine:
			if src == newSrc {
				return true
			}
			line = lineLayout{}
		case lexCode:
			if !same || !line.code(a.text) {
				return false
			}
		case lexString:
			line.changed = line.changed || !same
			if !same && strings.Contains(a.text, "\n") {
				return false
			}
		case lexComment:
			if line.changed || !same && (!isPlainComment(a.text) || !isPlainComment(b.text)) {
				return false
			}
		default:
			return false
		}
		if line.changed && line.function {
			return false
		}
	}
	return true
}

// lineLayout is the state of sameLayout within a line.
type lineLayout struct {
	changed  bool // a string differs
	function bool // the line contains a function, which may be on one line
	keyed    bool // the line has its first key, the one that gofmt aligns
	depth    int  // bracket depth, relative to the start of the line
}

// code adds code to the line, and reports whether the layout is still the same.
func (l *lineLayout) code(text string) bool {
	l.function = l.function || strings.Contains(text, "func")
	for i, c := range []byte(text) {
		switch c {
		case '(', '{', '[':
			l.depth++
		case ')', '}', ']':
			l.depth--
			if l.changed && c == ']' {
				return false // an array length: gofmt aligns a tag after it
			}
		case ':':
			key := l.depth <= 0 && !l.keyed && !strings.HasPrefix(text[i:], ":=")
			if l.changed && key {
				return false
			}
			l.keyed = l.keyed || key
		}
	}
	return true
}

// isPlainComment reports whether gofmt never changes the comment, even in the documentation of a declaration: it is not
// a list, code or a directive. A line that ends like a sentence is not a heading.
func isPlainComment(comment string) bool {
	text, ok := strings.CutPrefix(comment, "// ")
	return ok && text != "" && text[0]|0x20 >= 'a' && text[0]|0x20 <= 'z' && strings.ContainsAny(text[len(text)-1:], ".,;:)")
}

// lexeme is a token of Go source for sameLayout, coarser than a Go token.
type lexeme struct {
	kind lexemeKind
	text string
}

type lexemeKind int

const (
	lexBroken lexemeKind = iota
	lexLine
	lexCode
	lexString
	lexComment
)

// nextLexeme returns the first lexeme and the rest of the source. An unterminated lexeme is lexBroken.
func nextLexeme(src string) (lexeme, string) {
	kind, end := lexCode, 1
	switch {
	case src == "":
		return lexeme{}, ""
	case src[0] == '\n':
		kind = lexLine
	case src[0] == '"' || src[0] == '\'':
		kind, end = lexString, quotedLength(src)
	case src[0] == '`':
		kind, end = lexString, delimitedLength(src, "`")
	case strings.HasPrefix(src, "//"):
		kind, end = lexComment, strings.IndexByte(src, '\n')
		if end < 0 {
			end = len(src)
		}
	case strings.HasPrefix(src, "/*"):
		kind, end = lexComment, delimitedLength(src, "*/")
	default:
		if end += strings.IndexAny(src[1:], "\n\"'`/"); end == 0 {
			end = len(src)
		}
	}
	if end == 0 {
		return lexeme{}, ""
	}
	return lexeme{kind: kind, text: src[:end]}, src[end:]
}

// delimitedLength returns the length of the text up to and including end, or 0. The opening delimiter has the same
// length as end.
func delimitedLength(src, end string) int {
	if i := strings.Index(src[len(end):], end); i >= 0 {
		return i + 2*len(end)
	}
	return 0
}

// quotedLength returns the length of the literal that starts with a quote, or 0 if it is unterminated.
func quotedLength(src string) int {
	for i := 1; i < len(src) && src[i] != '\n'; i++ {
		switch src[i] {
		case '\\':
			i++
		case src[0]:
			return i + 1
		}
	}
	return 0
}
