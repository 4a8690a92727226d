package lock

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// files encodes the result of the computation.
func (c *computation) files() (Files, error) {
	mod, err := c.mod()
	if err != nil {
		return Files{}, fmt.Errorf("go.mod: %w", err)
	}
	sum, err := c.sum()
	if err != nil {
		return Files{}, fmt.Errorf("go.sum: %w", err)
	}
	return Files{Mod: mod, Sum: sum}, nil
}

func (c *computation) mod() ([]byte, error) {
	var file modfile.File
	if err := file.AddModuleStmt(c.imports.module); err != nil {
		return nil, err
	}
	if err := file.AddGoStmt(c.lock.goVersion); err != nil {
		return nil, err
	}
	slices.SortFunc(c.graph.roots, func(a, b *moduleFacts) int { return strings.Compare(a.Path, b.Path) })
	var requires []*modfile.Require
	for _, m := range c.graph.roots {
		requires = append(requires, &modfile.Require{Mod: m.Version, Indirect: !c.direct.has(m.pathID)})
	}
	file.SetRequireSeparateIndirect(requires)
	file.Cleanup()
	return file.Format()
}

// sum returns the go.sum of rule 8.
func (c *computation) sum() ([]byte, error) {
	hashes := map[module.Version]string{}
	addGoMod := func(m *moduleFacts) {
		hashes[module.Version{Path: m.Path, Version: m.Version.Version + "/go.mod"}] = m.modSum
	}
	for _, m := range c.graph.read {
		addGoMod(m)
	}
	for p := range c.loaded {
		if err := c.lock.goMod(p.module); err != nil {
			return nil, err
		}
		addGoMod(p.module)
		root := c.graph.isRoot(p.module)
		for prefix := range prefixes(p.path) {
			m := c.graph.selectedOf(prefix)
			if m == nil || root && !c.graph.isRoot(m) {
				continue
			}
			var err error
			if hashes[m.Version], err = c.lock.sum(m); err != nil {
				return nil, err
			}
		}
	}
	versions := make([]module.Version, 0, len(hashes))
	for v := range hashes {
		versions = append(versions, v)
	}
	module.Sort(versions)
	var b bytes.Buffer
	for _, v := range versions {
		fmt.Fprintf(&b, "%s %s %s\n", v.Path, v.Version, hashes[v])
	}
	return b.Bytes(), nil
}
