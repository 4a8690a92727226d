// Package settings reads the settings of a service from the source of its Config structs. The struct tags describe each
// setting: yaml is the key, default is the default value, and doc is the description. A field is a section if its type
// is a struct with such tags. A field of type secret.Value has a second key, for the file that contains the secret.
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

// Root is the path of the file with the root struct, Config.
const Root = "internal/config/config.go"

const (
	secretPackage     = "secret"
	fileSuffix        = "_file"
	variableSeparator = "__"
)

// Setting is a key, or a section with keys.
type Setting struct {
	Path     string // for example server.tls.cert_file
	Doc      string
	Default  string
	Secret   bool   // the value is never printed
	FileOf   string // key of the secret that this file contains
	Section  bool
	Children []Setting
}

// Read returns the sections of a service, in the order of the fields. files yields the path and content of every file
// of the project; Read ignores all but Go files. module is the module path of the project.
func Read(module string, files iter.Seq2[string, []byte]) ([]Setting, error) {
	r := reader{files: files, module: module, parsed: map[string]*ast.File{}}
	sections, err := r.fields(path.Dir(Root), "Config", "")
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	return sections, nil
}

// Each calls do with every key, including those of nested sections.
func Each(settings []Setting, do func(Setting)) {
	for _, s := range settings {
		if s.Section {
			Each(s.Children, do)
		} else {
			do(s)
		}
	}
}

// Variable returns the environment variable of a key. The prefix has no trailing underscore.
func Variable(prefix, key string) string {
	return prefix + "_" + strings.ToUpper(strings.ReplaceAll(key, ".", variableSeparator))
}

// reader finds structs in Go files.
type reader struct {
	files  iter.Seq2[string, []byte]
	module string
	parsed map[string]*ast.File // by path
}

// fields returns the settings of a struct, including those of its sections.
func (r reader) fields(dir, name, parent string) ([]Setting, error) {
	file, decl, err := r.find(dir, name)
	if err != nil {
		return nil, err
	}
	var found []Setting
	for _, field := range decl.Fields.List {
		tag, ok := tagOf(field)
		if !ok {
			return nil, fmt.Errorf("%s.%s: every field must have exactly one name and a yaml tag", dir, name)
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

// section returns the package and the name of the struct if a type is a section: a struct of this module with settings.
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
			continue // avoids parsing; rendered Go is formatted by gofmt
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
	return nil, nil, fmt.Errorf("%s: struct %s not found", dir, name)
}
