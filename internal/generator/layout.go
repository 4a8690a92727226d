package generator

import "strings"

const (
	importsOpen  = "\nimport (\n"
	importsClose = "\n)\n"
)

// staysFormatted tells whether Go source that gofmt is content with stays so when its sample words are replaced: raw is
// what it was, text what it is. Imports of the module itself keep their order when they are a group of their own, and
// what follows them is looked at line by line. Where it is not obvious the answer is no, which only costs the time to
// format.
func staysFormatted(raw, text string) bool {
	if raw == text {
		return true
	}
	head, rest, _ := strings.Cut(raw, importsOpen)
	block, tail, _ := strings.Cut(rest, importsClose)
	newHead, rest, _ := strings.Cut(text, importsOpen)
	newBlock, newTail, _ := strings.Cut(rest, importsClose)
	if strings.Contains(head, "`") || strings.Contains(head, "/*") {
		return false // what looks like imports may be a part of a string
	}
	return sameLayout(head, newHead) && sameImports(block, newBlock) && sameLayout(tail, newTail)
}

// sameImports tells whether two import blocks differ only in groups of the module's own.
func sameImports(block, newBlock string) bool {
	groups, newGroups := strings.Split(block, "\n\n"), strings.Split(newBlock, "\n\n")
	if len(groups) != len(newGroups) {
		return false
	}
	for i, group := range groups {
		if group != newGroups[i] && !onlyOwnImports(group, newGroups[i]) {
			return false
		}
	}
	return true
}

// onlyOwnImports tells whether every line of a group is a path below the sample module and nothing else, and only the
// module has been replaced.
func onlyOwnImports(group, newGroup string) bool {
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

// sameLayout tells whether gofmt lays out two pieces of source alike because they differ in nothing but comments and
// strings whose width plays no role: no comment, value or tag is aligned behind a string, and no function stands on one
// line because it is short.
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

// lineLayout is what matters of a line so far.
type lineLayout struct {
	changed  bool // a string that differs
	function bool // that may stand on one line
	keyed    bool // the first key, which is the one that is aligned
	depth    int  // of brackets, from the beginning of the line
}

// code tells whether code may follow on the line.
func (l *lineLayout) code(text string) bool {
	l.function = l.function || strings.Contains(text, "func")
	for i, c := range []byte(text) {
		switch c {
		case '(', '{', '[':
			l.depth++
		case ')', '}', ']':
			l.depth--
			if l.changed && c == ']' {
				return false // the length of an array, behind which a tag is aligned
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

// isPlainComment tells whether gofmt keeps a comment as it is even if it documents a declaration: it is no list, no code
// and no directive, and a line that ends like a sentence is no heading.
func isPlainComment(comment string) bool {
	text, ok := strings.CutPrefix(comment, "// ")
	return ok && text != "" && text[0]|0x20 >= 'a' && text[0]|0x20 <= 'z' && strings.ContainsAny(text[len(text)-1:], ".,;:)")
}

// lexeme is a piece of Go source, as coarse as sameLayout needs it.
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

// nextLexeme cuts the first lexeme off. What has no end is broken.
func nextLexeme(src string) (lexeme, string) {
	kind, end := lexCode, 1
	switch {
	case src == "":
		return lexeme{}, ""
	case src[0] == '\n':
		kind = lexLine
	case src[0] == '"' || src[0] == '\'':
		kind, end = lexString, closing(src)
	case src[0] == '`':
		kind, end = lexString, behind(src, "`")
	case strings.HasPrefix(src, "//"):
		kind, end = lexComment, strings.IndexByte(src, '\n')
		if end < 0 {
			end = len(src)
		}
	case strings.HasPrefix(src, "/*"):
		kind, end = lexComment, behind(src, "*/")
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

// behind returns where the text ends that begins with one byte or two and ends with mark, or 0.
func behind(src, mark string) int {
	if i := strings.Index(src[len(mark):], mark); i >= 0 {
		return i + 2*len(mark)
	}
	return 0
}

// closing returns where the literal ends that the first byte quotes, or 0.
func closing(src string) int {
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
