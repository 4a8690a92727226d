package consistency

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// patch applies the patches of a kustomization.
func (p *Project) patch(k *kustomization, objects []*object) []*object {
	for patch := range k.root.at("patches").each() {
		objects = p.applyPatch(k, objects, patch.at("target"), patch.at("path").str(), patch.at("patch"))
	}
	for patch := range k.root.at("patchesStrategicMerge").each() {
		if strings.Contains(patch.str(), "\n") {
			objects = p.applyPatch(k, objects, nil, "", patch)
		} else {
			objects = p.applyPatch(k, objects, nil, patch.str(), nil)
		}
	}
	for patch := range k.root.at("patchesJson6902").each() {
		objects = p.applyPatch(k, objects, patch.at("target"), patch.at("path").str(), patch.at("patch"))
	}
	return objects
}

func (p *Project) applyPatch(k *kustomization, objects []*object, target *node, file string, inline *node) []*object {
	var documents []*node
	if file != "" {
		documents = p.yaml[path.Join(k.dir, file)]
	} else if inline.str() != "" {
		documents, _ = parseYAML(inline.file, []byte(inline.text))
		for _, d := range documents {
			// The text starts on the line after its key.
			d.walk(func(n *node) { n.line += inline.line })
		}
	}
	for _, document := range documents {
		objects = slices.DeleteFunc(objects, func(o *object) bool {
			if target == nil && !sameObject(o, document) || target != nil && !matchesTarget(o, target) {
				return false
			}
			if document.list {
				for operation := range document.each() {
					o.applyOperation(operation)
				}
				return false
			}
			if document.at("$patch").str() == "delete" {
				return true
			}
			change := document.clone()
			for _, key := range []string{"apiVersion", "kind"} {
				change.remove(key)
			}
			if change.at("metadata").isMapping() {
				change.at("metadata").remove("name")
				change.at("metadata").remove("namespace")
			}
			mergeInto(o.node, change, isBuiltIn(o))
			return false
		})
	}
	return objects
}

func sameObject(o *object, patch *node) bool {
	return o.kind() == patch.at("kind").str() && o.name() == patch.at("metadata", "name").str()
}

// matchesTarget reports whether the target of a patch selects an object.
func matchesTarget(o *object, target *node) bool {
	group, version, ok := strings.Cut(o.at("apiVersion").str(), "/")
	if !ok {
		group, version = "", group
	}
	for _, c := range []struct{ pattern, value string }{
		{target.at("kind").str(), o.kind()}, {target.at("name").str(), o.name()},
		{target.at("group").str(), group}, {target.at("version").str(), version},
	} {
		if c.pattern == "" {
			continue
		}
		pattern, err := regexp.Compile("^(?:" + c.pattern + ")$")
		if err != nil || !pattern.MatchString(c.value) {
			return false
		}
	}
	labels := o.at("metadata", "labels").texts()
	for _, term := range strings.Split(target.at("labelSelector").str(), ",") {
		if key, value, ok := strings.Cut(term, "="); ok && labels[strings.TrimSpace(key)] != strings.Trim(value, "= ") {
			return false
		}
	}
	return true
}

// isBuiltIn reports whether a kind belongs to Kubernetes. kustomize merges the lists of such kinds by key.
func isBuiltIn(o *object) bool {
	group, _, _ := strings.Cut(o.at("apiVersion").str(), "/")
	return !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io")
}

// mergeInto applies a strategic merge patch. If lists is false, it applies a JSON merge patch.
func mergeInto(into, change *node, lists bool) {
	for _, key := range slices.Clone(change.keys) {
		value, old := change.fields[key], into.fields[key]
		switch {
		case key == "$patch":
		case value.null || value.at("$patch").str() == "delete":
			into.remove(key)
		case value.isMapping() && old.isMapping() && value.at("$patch").str() != "replace":
			mergeInto(old, value, lists)
		case value.list && old != nil && old.list && lists && mergeKey(key, value) != "":
			mergeList(old, value, mergeKey(key, value))
		default:
			value.remove("$patch")
			into.set(key, value)
		}
	}
}

// mergeKeys maps lists to the merge keys that the Kubernetes API defines.
var mergeKeys = map[string]string{
	"containers": "name", "initContainers": "name", "volumes": "name", "env": "name", "volumeMounts": "mountPath",
	"imagePullSecrets": "name", "topologySpreadConstraints": "topologyKey", "hostAliases": "ip",
}

func mergeKey(list string, items *node) string {
	if list == "ports" && len(items.items) > 0 {
		if items.items[0].at("containerPort") != nil {
			return "containerPort"
		}
		return "port"
	}
	return mergeKeys[list]
}

// mergeList merges items with the same key. As in kustomize, the items of the patch come first. The order matters for
// variables that refer to earlier ones and for the indexes of JSON patches.
func mergeList(into, change *node, key string) {
	var first []*node
	for _, item := range change.items {
		same := func(n *node) bool { return n.at(key).str() == item.at(key).str() }
		i := slices.IndexFunc(into.items, same)
		if item.at("$patch").str() != "delete" {
			merged := item
			if i >= 0 {
				merged = into.items[i]
				mergeInto(merged, item, true)
			}
			first = append(first, merged)
		}
		into.items = slices.DeleteFunc(into.items, same)
	}
	into.items = append(first, into.items...)
}

// applyOperation applies one operation of a JSON patch. It ignores an invalid operation, which kustomize rejects.
func (o *object) applyOperation(operation *node) {
	pointer := strings.Split(strings.TrimPrefix(operation.at("path").str(), "/"), "/")
	for i, step := range pointer {
		pointer[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
	}
	at := o.node
	for _, step := range pointer[:len(pointer)-1] {
		if at == nil {
			return
		}
		if !at.list {
			at = at.fields[step]
		} else if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(at.items) {
			at = at.items[i]
		} else {
			return
		}
	}
	last, value, remove := pointer[len(pointer)-1], operation.at("value"), operation.at("op").str() == "remove"
	if value == nil && !remove || at == nil {
		return
	}
	if at.isMapping() {
		if remove {
			at.remove(last)
		} else {
			at.set(last, value.clone())
		}
		return
	}
	i, err := strconv.Atoi(last)
	switch {
	case last == "-":
		at.items = append(at.items, value.clone())
	case err != nil || i < 0 || i >= len(at.items):
	case remove:
		at.items = slices.Delete(at.items, i, i+1)
	case operation.at("op").str() == "add":
		at.items = slices.Insert(at.items, i, value.clone())
	default:
		at.items[i] = value.clone()
	}
}
