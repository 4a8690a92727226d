// Package settings reads what settings a service has from the source of its Config structs, which are the only place that
// describes them: the tag yaml names a key, default is its value, doc says what it does. A field whose type is a struct
// with such tags is a section; a field of type secret.Value has a second key, for the file that holds it.
package settings

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"iter"
	"path"
	"reflect"
	"strconv"
	"strings"
)

// Root is the file of the struct that holds all others; it is called Config.
const Root = "internal/config/config.go"

const (
	secretPackage     = "secret"
	fileSuffix        = "_file"
	variableSeparator = "__"
)

// Setting is one key, or a section with keys of its own.
type Setting struct {
	Path     string // server.tls.cert_file
	Doc      string
	Default  string
	Secret   bool   // a value that is never shown
	FileOf   string // the secret that this file holds
	Section  bool
	Children []Setting
}

// Read returns the sections of a service, in the order of the fields. files are those of the project by path, of which
// only Go files are looked at; module is its path.
func Read(module string, files iter.Seq2[string, []byte]) ([]Setting, error) {
	r := reader{files: files, module: module, parsed: map[string]*ast.File{}}
	sections, err := r.fields(path.Dir(Root), "Config", "")
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	return sections, nil
}

// Each calls do with every key, however deep.
func Each(settings []Setting, do func(Setting)) {
	for _, s := range settings {
		if s.Section {
			Each(s.Children, do)
		} else {
			do(s)
		}
	}
}

// Variable returns the environment variable of a key. The prefix has no underscore at its end.
func Variable(prefix, key string) string {
	return prefix + "_" + strings.ToUpper(strings.ReplaceAll(key, ".", variableSeparator))
}

// reader finds structs in Go files.
type reader struct {
	files  iter.Seq2[string, []byte]
	module string
	parsed map[string]*ast.File // by path
}

// fields reads the struct and, where a field is a section, the struct of its type.
func (r reader) fields(dir, name, parent string) ([]Setting, error) {
	file, decl, err := r.find(dir, name)
	if err != nil {
		return nil, err
	}
	var found []Setting
	for _, field := range decl.Fields.List {
		tag, ok := tagOf(field)
		if !ok {
			return nil, fmt.Errorf("%s.%s: every field has one name and tags", dir, name)
		}
		s := Setting{Path: tag.Get("yaml"), Doc: tag.Get("doc"), Default: tag.Get("default")}
		if parent != "" {
			s.Path = parent + "." + s.Path
		}
		if inDir, inName, ok := r.section(dir, file, field.Type); ok {
			s.Section = true
			if s.Children, err = r.fields(inDir, inName, s.Path); err != nil {
				return nil, err
			}
			found = append(found, s)
			continue
		}
		selector, ok := field.Type.(*ast.SelectorExpr)
		s.Secret = ok && fmt.Sprint(selector.X) == secretPackage
		found = append(found, s)
		if s.Secret {
			found = append(found, Setting{Path: s.Path + fileSuffix, Doc: "File that holds " + s.Path + ".", FileOf: s.Path})
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
func (r reader) section(dir string, file *ast.File, expr ast.Expr) (inDir, name string, ok bool) {
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

func (r reader) find(dir, name string) (*ast.File, *ast.StructType, error) {
	for file, data := range r.files {
		if path.Dir(file) != dir || path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			continue
		}
		if !strings.Contains(string(data), "type "+name+" struct {") {
			continue // spares parsing: rendered Go is gofmt-clean
		}
		source := r.parsed[file]
		if source == nil {
			var err error
			if source, err = parser.ParseFile(token.NewFileSet(), file, data, parser.SkipObjectResolution); err != nil {
				return nil, nil, err
			}
			r.parsed[file] = source
		}
		for _, d := range source.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range decl.Specs {
				if spec, ok := s.(*ast.TypeSpec); ok && spec.Name.Name == name {
					if st, ok := spec.Type.(*ast.StructType); ok {
						return source, st, nil
					}
				}
			}
		}
	}
	return nil, nil, fmt.Errorf("%s: no struct %s", dir, name)
}
