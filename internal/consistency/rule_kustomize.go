package consistency

import (
	"path"
	"slices"
	"strings"
)

// checkKustomize requires every file that a kustomization names to exist, and every manifest below deploy to be used.
func checkKustomize(p *Project) []Problem {
	var all []Problem
	used := map[string]bool{}
	for _, dir := range sortedKeys(p.kustomizations) {
		k := p.kustomizations[dir]
		all = append(all, p.checkEntries(k, used)...)
		for _, key := range unsupportedKeys {
			if at := k.root.at(key); at != nil && (!at.list || len(at.items) > 0) {
				all = append(all, problemAt(at, key, "avoid it, or review its effects by hand",
					"is not supported by this check, so other problems may be false"))
			}
		}
	}
	if len(p.kustomizations) == 0 {
		return all
	}
	for _, file := range p.below("deploy", ".yaml", ".yml") {
		if !p.isKustomized(file) {
			continue // another tool applies it, such as Helm
		}
		if !used[file] && !slices.Contains(kustomizationNames, path.Base(file)) && !p.isMentioned(file) {
			all = append(all, problemInFile(file, 0, "file", "add it to a kustomization, or remove it",
				"is unused: no kustomization and no other file names it"))
		}
	}
	return all
}

// unsupportedKeys are kustomization keys that change the result and that build does not implement.
var unsupportedKeys = []string{"replacements", "vars", "namePrefix", "nameSuffix", "helmCharts", "transformers", "generators"}

func (p *Project) checkEntries(k *kustomization, used map[string]bool) []Problem {
	var all []Problem
	for entry := range k.entries() {
		at := path.Join(k.dir, entry.text)
		used[at] = true
		if !p.has(at) && p.kustomizations[at] == nil {
			all = append(all, problemAt(entry, "resources", "add the file, or remove the entry", "%s does not exist", at))
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
			all = append(all, problemAt(entry, "path", "add the file, or remove the entry", "%s does not exist", at))
		}
	}
	return all
}

// isKustomized reports whether the file's folder right below deploy has kustomizations, so that one should include it.
func (p *Project) isKustomized(file string) bool {
	parts := strings.SplitN(file, "/", 3)
	return slices.ContainsFunc(sortedKeys(p.kustomizations), func(dir string) bool {
		return strings.HasPrefix(dir+"/", parts[0]+"/"+parts[1]+"/")
	})
}

// isMentioned reports whether another file names this file, or a glob of its folder that matches it.
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
		// A file in the same folder may use the base name.
		if path.Dir(other) == path.Dir(file) && strings.Contains(text, path.Base(file)) {
			return true
		}
	}
	return false
}
