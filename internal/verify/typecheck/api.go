package typecheck

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/types"
	"maps"
	"slices"
	"strings"
	"weak"
)

// api is the part of a package that its importers see. Variants that differ only in function bodies have the same api,
// so their importers do not differ. All importers use the same one, because types of two copies are not identical.
type api struct {
	id    string
	pkg   *types.Package
	facts *facts
	below map[string]*api // direct and indirect imports in the module, by path
}

// canonical returns the api of a checked package. It returns an existing one if it is equal and still in use: the
// variants of a package that depends on every feature are many, and each is used by few versions.
func (r *run) canonical(pkg *types.Package, learnt *facts, below map[string]*api) *api {
	sum := sha256.Sum256([]byte(describe(pkg, learnt, below)))
	a := &api{id: hex.EncodeToString(sum[:12]), pkg: pkg, facts: learnt, below: below}
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.apis[a.id].Value(); known != nil {
		return known
	}
	r.apis[a.id] = weak.Make(a)
	return a
}

// closure returns the apis with their direct and indirect imports, by path.
func closure(deps map[string]*api) map[string]*api {
	all := map[string]*api{}
	for path, dep := range deps {
		if dep != nil {
			all[path] = dep
			maps.Copy(all, dep.below)
		}
	}
	return all
}

// describe returns a text with everything that an importer can observe: exported objects, all types including
// unexported fields, which determine whether values are comparable or copyable, and analyzer facts. Types of other
// packages of the module include the id of the api that they come from.
func describe(pkg *types.Package, learnt *facts, below map[string]*api) string {
	qualifier := func(p *types.Package) string {
		if a := below[p.Path()]; a != nil && p != pkg {
			return p.Path() + "#" + a.id
		}
		return p.Path()
	}
	lines := []string{}
	write := func(o types.Object, format string, args ...any) {
		lines = append(lines, o.Name()+" "+fmt.Sprintf(format, args...)+" "+learnt.of(o))
	}
	scope := pkg.Scope()
	for _, name := range scope.Names() {
		o := scope.Lookup(name)
		switch o := o.(type) {
		case *types.TypeName:
			write(o, "%s", typeText(o, qualifier))
			if named, ok := o.Type().(*types.Named); ok && !o.IsAlias() {
				for m := range named.Methods() {
					write(m, "method of %s: %s", name, types.TypeString(m.Signature(), qualifier)+receiver(m))
				}
			}
		case *types.Const:
			if o.Exported() {
				write(o, "%s = %s", types.TypeString(o.Type(), qualifier), o.Val().ExactString())
			}
		default:
			if o.Exported() {
				write(o, "%T %s", o, types.TypeString(o.Type(), qualifier))
			}
		}
	}
	slices.Sort(lines)
	return pkg.Path() + " " + pkg.Name() + "\n" + strings.Join(lines, "\n") + "\n" + learnt.ofPackage()
}

func typeText(o *types.TypeName, qualifier types.Qualifier) string {
	switch t := o.Type().(type) {
	case *types.Alias:
		return "= " + parameters(t.TypeParams(), qualifier) + types.TypeString(t.Rhs(), qualifier)
	case *types.Named:
		return parameters(t.TypeParams(), qualifier) + types.TypeString(t.Underlying(), qualifier)
	default:
		return types.TypeString(t, qualifier)
	}
}

func parameters(list *types.TypeParamList, qualifier types.Qualifier) string {
	var b strings.Builder
	for p := range list.TypeParams() {
		fmt.Fprintf(&b, "[%s %s]", p.Obj().Name(), types.TypeString(p.Constraint(), qualifier))
	}
	return b.String()
}

// receiver returns a mark for methods with a pointer receiver.
func receiver(m *types.Func) string {
	if _, ok := m.Signature().Recv().Type().(*types.Pointer); ok {
		return " by pointer"
	}
	return ""
}
