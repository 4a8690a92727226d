package generator

import (
	_ "embed"
	"fmt"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/acton-go/acton-new/internal/features"
)

// The module files of the service without any feature, as go mod tidy writes them for the sample's module path. The test
// of this package records them anew with -record.
var (
	//go:embed lock/minimal.mod
	minimalMod []byte
	//go:embed lock/minimal.sum
	minimalSum []byte
)

// goVersion is the language version of a project that needs no module at all.
const goVersion = "1.26.0"

// lockModules adds go.mod and go.sum. A tree that imports nothing but the standard library and itself needs no lock;
// otherwise the files are those recorded for this set of features. A set or a package without record is an error, never
// a guess.
func lockModules(tree Tree, set features.Set, module string) (Tree, error) {
	imports, err := foreignImports(tree, module)
	if err != nil {
		return nil, err
	}
	if len(imports) == 0 {
		text := "module " + module + "\n\ngo " + goVersion + "\n"
		return tree.with(File{Path: "go.mod", Data: []byte(text)}), nil
	}
	if chosen := set.Features(); len(chosen) > 0 {
		return nil, fmt.Errorf("go.mod: no versions are recorded for the features %s", quoted(chosen))
	}
	modules := lockedModules()
	for _, i := range imports {
		if !slices.ContainsFunc(modules, func(m string) bool { return i.pkg == m || strings.HasPrefix(i.pkg, m+"/") }) {
			return nil, fmt.Errorf("go.mod: %s imports %s, for which no version is recorded", i.file, i.pkg)
		}
	}
	mod := strings.Replace(string(minimalMod), "module "+sampleModule+"\n", "module "+module+"\n", 1)
	return tree.with(
		File{Path: "go.mod", Data: []byte(mod)},
		File{Path: "go.sum", Data: slices.Clone(minimalSum)},
	), nil
}

// lockedModules returns the path of every module that a project may require.
func lockedModules() []string {
	file, err := modfile.ParseLax("minimal.mod", minimalMod, nil)
	if err != nil {
		panic(err) // embedded, and rendered in every test
	}
	var modules []string
	for _, r := range file.Require {
		modules = append(modules, r.Mod.Path)
	}
	return modules
}

type foreignImport struct{ pkg, file string }

// foreignImports returns each package that the tree imports from other modules, with the first file that does.
func foreignImports(tree Tree, module string) ([]foreignImport, error) {
	var imports []foreignImport
	seen := map[string]bool{}
	for _, f := range tree {
		if path.Ext(f.Path) != ".go" || strings.Contains("/"+f.Path, "/testdata/") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Path, f.Data, parser.ImportsOnly)
		if err != nil {
			return nil, err
		}
		for _, spec := range parsed.Imports {
			pkg, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.Path, err)
			}
			if groupOf(pkg, module) == 1 && !seen[pkg] {
				seen[pkg] = true
				imports = append(imports, foreignImport{pkg: pkg, file: f.Path})
			}
		}
	}
	return imports, nil
}
