package generator

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// The settings of a project are described once, by the tags of its Config structs: yaml names a key, default is its
// value, doc says what it does; a field whose type is a struct with such tags is a section. Two files show them to people, and their lower
// parts are made here from the rendered Go, so that they list exactly the settings that there are. The project's own
// tests make the same text from the same tags by reflection, and fail when the two differ.
const (
	settingsStruct    = "internal/config/config.go"
	referenceFile     = "docs/configuration.md"
	referenceHeading  = "## Reference\n"
	exampleFile       = "config/example.yaml"
	secretPackage     = "secret"
	secretFileSuffix  = "_file"
	variableSeparator = "__"
)

// setting is one key, or a section with keys of its own.
type setting struct {
	path     string // server.tls.cert_file
	doc      string
	fallback string
	list     bool
	section  bool
	children []setting
}

// completeSettings appends the reference of all settings to the documents that the tree has for it.
func completeSettings(tree Tree, module, prefix string) (Tree, error) {
	if _, ok := tree.Lookup(settingsStruct); !ok {
		return tree, nil
	}
	sections, err := settingsReader{tree: tree, module: module, parsed: map[string]*ast.File{}}.fields(path.Dir(settingsStruct), "Config", "")
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	out := make(Tree, len(tree))
	for i, f := range tree {
		switch f.Path {
		case referenceFile:
			if !strings.HasSuffix(string(f.Data), referenceHeading) {
				return nil, fmt.Errorf("settings: %s does not end with %q", f.Path, referenceHeading)
			}
			f.Data = []byte(string(f.Data) + settingsReference(sections, prefix))
		case exampleFile:
			f.Data = []byte(strings.TrimRight(string(f.Data), "\n") + "\n\n" + settingsExample(sections, prefix))
		}
		out[i] = f
	}
	return out, nil
}

// settingsReader finds structs in the Go files of a tree.
type settingsReader struct {
	tree   Tree
	module string
	parsed map[string]*ast.File // by path
}

// fields reads the struct and, where a field is a section, the struct of its type.
func (r settingsReader) fields(dir, name, parent string) ([]setting, error) {
	file, decl, err := r.find(dir, name)
	if err != nil {
		return nil, err
	}
	var found []setting
	for _, field := range decl.Fields.List {
		tag, ok := tagOf(field)
		if !ok {
			return nil, fmt.Errorf("%s.%s: every field has one name and tags", dir, name)
		}
		s := setting{path: tag.Get("yaml"), doc: tag.Get("doc"), fallback: tag.Get("default")}
		if parent != "" {
			s.path = parent + "." + s.path
		}
		if inDir, inName, ok := r.section(dir, file, field.Type); ok {
			s.section = true
			if s.children, err = r.fields(inDir, inName, s.path); err != nil {
				return nil, err
			}
			found = append(found, s)
			continue
		}
		_, s.list = field.Type.(*ast.ArrayType)
		found = append(found, s)
		if selector, ok := field.Type.(*ast.SelectorExpr); ok && fmt.Sprint(selector.X) == secretPackage {
			found = append(found, setting{path: s.path + secretFileSuffix, doc: "File that holds " + s.path + "."})
		}
	}
	return found, nil
}

func tagOf(field *ast.Field) (reflect.StructTag, bool) {
	if field.Tag == nil || len(field.Names) != 1 {
		return "", false
	}
	text, err := strconv.Unquote(field.Tag.Value)
	tag := reflect.StructTag(text)
	return tag, err == nil && tag.Get("yaml") != ""
}

// section tells whether a type is a section, and where its struct stands: a struct of this module with settings in it.
func (r settingsReader) section(dir string, file *ast.File, expr ast.Expr) (inDir, name string, ok bool) {
	switch t := expr.(type) {
	case *ast.Ident:
		inDir, name = dir, t.Name
	case *ast.SelectorExpr:
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if rest, own := strings.CutPrefix(imported, r.module+"/"); own && path.Base(rest) == fmt.Sprint(t.X) {
				inDir, name = rest, t.Sel.Name
			}
		}
	}
	if inDir == "" {
		return "", "", false
	}
	_, decl, err := r.find(inDir, name)
	if err != nil || len(decl.Fields.List) == 0 {
		return "", "", false
	}
	_, ok = tagOf(decl.Fields.List[0])
	return inDir, name, ok
}

func (r settingsReader) find(dir, name string) (*ast.File, *ast.StructType, error) {
	for _, f := range r.tree {
		if path.Dir(f.Path) != dir || path.Ext(f.Path) != ".go" || strings.HasSuffix(f.Path, "_test.go") {
			continue
		}
		if !strings.Contains(string(f.Data), "type "+name+" struct {") {
			continue // spares parsing: rendered Go is gofmt-clean
		}
		file := r.parsed[f.Path]
		if file == nil {
			var err error
			if file, err = parser.ParseFile(token.NewFileSet(), f.Path, f.Data, parser.SkipObjectResolution); err != nil {
				return nil, nil, err
			}
			r.parsed[f.Path] = file
		}
		for _, d := range file.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range decl.Specs {
				if spec, ok := s.(*ast.TypeSpec); ok && spec.Name.Name == name {
					if st, ok := spec.Type.(*ast.StructType); ok {
						return file, st, nil
					}
				}
			}
		}
	}
	return nil, nil, fmt.Errorf("%s: no struct %s", dir, name)
}

// settingsReference is a table of keys for each section of the top level.
func settingsReference(sections []setting, prefix string) string {
	var b strings.Builder
	for _, section := range sections {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n", section.path, section.doc)
		b.WriteString("| Key | Default | Environment variable | Meaning |\n|---|---|---|---|\n")
		eachKey(section.children, func(s setting) {
			fallback := ""
			if s.fallback != "" {
				fallback = "`" + s.fallback + "`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s |\n", s.path, fallback, variable(prefix, s.path), strings.ReplaceAll(s.doc, "|", `\|`))
		})
	}
	return b.String()
}

func eachKey(settings []setting, do func(setting)) {
	for _, s := range settings {
		if s.section {
			eachKey(s.children, do)
		} else {
			do(s)
		}
	}
}

// settingsExample is YAML with every key commented out.
func settingsExample(sections []setting, prefix string) string {
	var b strings.Builder
	var write func([]setting, string)
	write = func(settings []setting, indent string) {
		for _, s := range settings {
			key := s.path[strings.LastIndex(s.path, ".")+1:]
			if s.section {
				if b.Len() > 0 {
					b.WriteString("\n")
				}
				if s.doc != "" {
					b.WriteString(indent + "# " + s.doc + "\n")
				}
				b.WriteString(indent + key + ":\n")
				write(s.children, indent+"  ")
				continue
			}
			fmt.Fprintf(&b, "%s# %s\n%s# Environment: %s\n%s#%s: %s\n",
				indent, s.doc, indent, variable(prefix, s.path), indent, key, exampleValue(s))
		}
	}
	write(sections, "")
	return b.String()
}

func variable(prefix, key string) string {
	return prefix + "_" + strings.ToUpper(strings.ReplaceAll(key, ".", variableSeparator))
}

// plainYAML matches text that needs no quotes in YAML.
var plainYAML = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)

func exampleValue(s setting) string {
	quote := func(text string) string {
		if plainYAML.MatchString(text) && text != "null" {
			return text
		}
		return strconv.Quote(text)
	}
	if !s.list {
		return quote(s.fallback)
	}
	var items []string
	for item := range strings.SplitSeq(s.fallback, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, quote(item))
		}
	}
	return "[" + strings.Join(items, ", ") + "]"
}
