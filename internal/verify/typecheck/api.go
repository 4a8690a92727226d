package typecheck

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// api is the part of a package that its importers see. Variants that differ only in function bodies have the same api,
// so their importers do not differ. All importers use the first such variant, because types of two copies are not
// identical.
type api struct {
	id  string
	pkg *types.Package
}

// canonical returns the api of a checked package. It returns an existing one if it is equal.
func (r *run) canonical(pkg *types.Package, learnt *facts) *api {
	text := r.describe(pkg, learnt)
	sum := sha256.Sum256([]byte(text))
	id := hex.EncodeToString(sum[:12])
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.apis[id]; ok {
		return known
	}
	a := &api{id: id, pkg: pkg}
	r.apis[id], r.ids[pkg], r.facts[pkg] = a, id, learnt
	return a
}

// describe returns a text with everything that an importer can observe: exported objects, all types including
// unexported fields, which determine whether values are comparable or copyable, and analyzer facts. Types of other
// packages of the module include the id of the api that they come from.
func (r *run) describe(pkg *types.Package, learnt *facts) string {
	qualifier := func(p *types.Package) string {
		if p == pkg {
			return p.Path()
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		return p.Path() + "#" + r.ids[p]
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
			write(o, "%s", r.typeText(o, qualifier))
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

func (r *run) typeText(o *types.TypeName, qualifier types.Qualifier) string {
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
