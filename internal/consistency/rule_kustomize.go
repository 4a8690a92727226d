package consistency

import (
	"path"
	"slices"
	"strings"
)

// checkKustomize wants each entry of a kustomization to be there, each patch to change something, and each file below
// deploy to be used by something.
func checkKustomize(p *Project) []Finding {
	var all []Finding
	used := map[string]bool{}
	for _, dir := range sortedKeys(p.kustomizations) {
		k := p.kustomizations[dir]
		all = append(all, p.checkEntries(k, used)...)
		for _, key := range unread {
			if at := k.root.at(key); at != nil && (!at.list || len(at.items) > 0) {
				all = append(all, found(at, key, "write it without, or compare by hand what it changes", "is not followed by this check, so that other findings may be wrong"))
			}
		}
	}
	if len(p.kustomizations) == 0 {
		return all
	}
	for _, file := range p.below("deploy", ".yaml", ".yml") {
		if !p.isKustomized(file) {
			continue // a chart, say, or what another tool applies
		}
		if !used[file] && !slices.Contains(kustomizationNames, path.Base(file)) && !p.isMentioned(file) {
			all = append(all, foundIn(file, 0, "file", "name it in a kustomization, or remove it", "is named by no kustomization, and nothing else mentions it"))
		}
	}
	return all
}

// unread are the keys of a kustomization that build does not know, and that change what is built.
var unread = []string{"replacements", "vars", "namePrefix", "nameSuffix", "helmCharts", "transformers", "generators"}

func (p *Project) checkEntries(k *kustomization, used map[string]bool) []Finding {
	var all []Finding
	for entry := range k.entries() {
		at := path.Join(k.dir, entry.text)
		used[at] = true
		if !p.has(at) && p.kustomizations[at] == nil {
			all = append(all, found(entry, "resources", "add it, or remove the entry", "%s is not there", at))
		}
	}
	files := []*node{}
	for _, key := range []string{"patches", "patchesJson6902"} {
		for patch := range k.root.at(key).each() {
			if patch.at("path") != nil {
				files = append(files, patch.at("path"))
			}
		}
	}
	for patch := range k.root.at("patchesStrategicMerge").each() {
		if !strings.Contains(patch.str(), "\n") {
			files = append(files, patch)
		}
	}
	for _, key := range []string{"configMapGenerator", "secretGenerator"} {
		for generated := range k.root.at(key).each() {
			for _, list := range []string{"files", "envs"} {
				for entry := range generated.at(list).each() {
					_, file, named := strings.Cut(entry.str(), "=")
					if !named {
						file = entry.str()
					}
					files = append(files, newText(entry, file))
				}
			}
		}
	}
	for _, entry := range files {
		at := path.Join(k.dir, entry.text)
		used[at] = true
		if !p.has(at) {
			all = append(all, found(entry, "path", "add it, or remove the entry", "%s is not there", at))
		}
	}
	return all
}

// isKustomized tells whether the folder right below deploy has kustomizations, so that whatever is in it should be in one.
func (p *Project) isKustomized(file string) bool {
	parts := strings.SplitN(file, "/", 3)
	return slices.ContainsFunc(sortedKeys(p.kustomizations), func(dir string) bool {
		return strings.HasPrefix(dir+"/", parts[0]+"/"+parts[1]+"/")
	})
}

// isMentioned tells whether a file, or all of its kind in its folder, is named by what people or machines run.
func (p *Project) isMentioned(file string) bool {
	names := []string{file, path.Dir(file) + "/*" + path.Ext(file)}
	for _, other := range p.paths {
		if other == file || strings.HasSuffix(other, "_test.go") {
			continue
		}
		switch path.Ext(other) {
		case ".md", ".sh", ".yaml", ".yml", ".go", "":
		default:
			continue
		}
		text := string(p.files[other])
		if slices.ContainsFunc(names, func(name string) bool { return strings.Contains(text, name) }) {
			return true
		}
		// Beside it, its name alone will do.
		if path.Dir(other) == path.Dir(file) && strings.Contains(text, path.Base(file)) {
			return true
		}
	}
	return false
}
