package typecheck

import (
	"bytes"
	"go/ast"
	"go/build"
	"go/parser"
	"go/printer"
	"go/token"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

type sourceKey struct{ path, text string }

// source is a Go file. Versions with the same text at the same path share it.
type source struct {
	id      int
	path    string
	text    string
	unit    int
	ignored bool // excluded by build constraints
	imports []string
	embeds  []string // go:embed patterns

	left atomic.Int64 // number of packages that still need the syntax tree

	mu          sync.Mutex
	parsed      *ast.File
	err         error
	unformatted bool
}

// source returns the shared source of a file. If it is new, it reads the package clause and the imports.
func (f *Family) source(file File) *source {
	key := sourceKey{file.Path, string(file.Data)}
	f.mu.Lock()
	defer f.mu.Unlock()
	if s, ok := f.sources[key]; ok {
		return s
	}
	if f.sources == nil {
		f.sources = map[sourceKey]*source{}
	}
	s := &source{id: len(f.sources), path: key.path, text: key.text}
	f.sources[key] = s
	s.readHead()
	return s
}

// readHead reads the package clause, the imports and the directives. It leaves syntax errors to parse.
func (s *source) readHead() {
	dir, name := split(s.path)
	match, err := buildContext(s.text).MatchFile(dir, name)
	s.ignored = err == nil && !match
	if strings.HasSuffix(name, "_test.go") {
		s.unit = inside
	}
	head, err := parser.ParseFile(token.NewFileSet(), s.path, s.text, parser.ImportsOnly)
	if err != nil {
		return
	}
	if s.unit == inside && strings.HasSuffix(head.Name.Name, "_test") {
		s.unit = external
	}
	for _, spec := range head.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err == nil {
			s.imports = append(s.imports, path)
		}
	}
	for line := range strings.Lines(s.text) {
		if patterns, ok := strings.CutPrefix(line, "//go:embed "); ok {
			s.embeds = append(s.embeds, embedPatterns(patterns)...)
		}
	}
}

// buildContext returns the build context of this system without cgo, for one file.
func buildContext(text string) *build.Context {
	c := build.Default
	c.CgoEnabled = false
	c.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
	return &c
}

// parse returns the syntax tree. It is cached until the last package that needs it has been checked.
func (s *source) parse(files *token.FileSet) (*ast.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.parsed != nil || s.err != nil {
		return s.parsed, s.err
	}
	tree, err := parser.ParseFile(files, s.path, s.text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		s.err = err
		return nil, err
	}
	formatted, err := isFormatted(files, tree, s.text)
	if err != nil {
		s.err = err
		return nil, err
	}
	s.parsed, s.unformatted = tree, !formatted
	return tree, nil
}

// release drops the syntax tree after the last use.
func (s *source) release() {
	if s.left.Add(-1) > 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parsed = nil
}

// gofmtMode is the printer mode of gofmt. The last flag, which normalizes numbers, is not exported.
const gofmtMode = printer.UseSpaces | printer.TabIndent | 1<<30

// isFormatted compares the text with the output of gofmt. go/format would parse the text a second time.
func isFormatted(files *token.FileSet, tree *ast.File, text string) (bool, error) {
	ast.SortImports(files, tree)
	var b bytes.Buffer
	b.Grow(len(text))
	config := printer.Config{Mode: gofmtMode, Tabwidth: 8}
	if err := config.Fprint(&b, files, tree); err != nil {
		return false, err
	}
	return b.String() == text, nil
}
