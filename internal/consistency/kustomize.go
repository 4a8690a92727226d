package consistency

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"path"
	"slices"
	"strings"
)

// This file reimplements kustomize. The nodes keep the file and line that they came from, which a problem must name. The
// library of kustomize loses them, and makes the binary of acton-new 78 % larger. A test compares the result with that of
// kubectl.

// kustomization is one kustomization.yaml file.
type kustomization struct {
	dir  string
	root *node
}

// root is a kustomization that is applied to a cluster: no other kustomization refers to it. objects is its result.
type root struct {
	dir     string
	objects []*object
}

// object is one Kubernetes object.
type object struct {
	*node
	generated bool // made by configMapGenerator or secretGenerator
}

// at returns the node below the keys. It accepts a nil object.
func (o *object) at(keys ...string) *node {
	if o == nil {
		return nil
	}
	return o.node.at(keys...)
}

func (o *object) kind() string { return o.at("kind").str() }
func (o *object) name() string { return o.at("metadata", "name").str() }

// title returns the name of an object for messages.
func (o *object) title() string { return o.kind() + " " + o.name() }

var kustomizationNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// readKustomizations finds the kustomizations of a project, and builds the roots.
func (p *Project) readKustomizations() {
	p.kustomizations = map[string]*kustomization{}
	for file, documents := range p.yaml {
		if slices.Contains(kustomizationNames, path.Base(file)) && len(documents) > 0 {
			p.kustomizations[path.Dir(file)] = &kustomization{dir: path.Dir(file), root: documents[0]}
		}
	}
	inner := map[string]bool{}
	for _, k := range p.kustomizations {
		for entry := range k.entries() {
			inner[path.Join(k.dir, entry.text)] = true
		}
	}
	for _, dir := range sortedKeys(p.kustomizations) {
		k := p.kustomizations[dir]
		if !inner[dir] && k.root.at("kind").str() != "Component" {
			p.roots = append(p.roots, &root{dir: dir, objects: p.build(k, nil, map[string]bool{})})
		}
	}
}

// entries yields the local files and folders that a kustomization includes.
func (k *kustomization) entries() func(yield func(*node) bool) {
	return func(yield func(*node) bool) {
		for _, key := range []string{"resources", "bases", "components", "crds"} {
			for entry := range k.root.at(key).each() {
				if entry.scalar && !isRemote(entry.text) && !yield(entry) {
					return
				}
			}
		}
	}
}

// isRemote reports whether an entry is a URL or another repository. Remote entries are not checked.
func isRemote(entry string) bool {
	return strings.Contains(entry, "://") || strings.Contains(entry, "?ref=") || strings.HasPrefix(entry, "github.com/") || strings.HasPrefix(entry, "git@")
}

// build applies a kustomization to objects and returns the result.
func (p *Project) build(k *kustomization, objects []*object, within map[string]bool) []*object {
	if within[k.dir] {
		return objects // a cycle, which kustomize rejects
	}
	within[k.dir] = true
	defer delete(within, k.dir)
	for _, key := range []string{"resources", "bases"} {
		for entry := range k.root.at(key).each() {
			at := path.Join(k.dir, entry.text)
			if inner := p.kustomizations[at]; inner != nil {
				objects = append(objects, p.build(inner, nil, within)...)
				continue
			}
			for _, document := range p.yaml[at] {
				if document.isMapping() {
					objects = append(objects, &object{node: document.clone()})
				}
			}
		}
	}
	for entry := range k.root.at("components").each() {
		if inner := p.kustomizations[path.Join(k.dir, entry.text)]; inner != nil {
			objects = p.build(inner, objects, within)
		}
	}
	for generated := range k.root.at("configMapGenerator").each() {
		objects = p.generate(k, objects, "ConfigMap", generated)
	}
	for generated := range k.root.at("secretGenerator").each() {
		objects = p.generate(k, objects, "Secret", generated)
	}
	objects = p.patch(k, objects)
	k.relabel(objects)
	k.rename(objects)
	return objects
}

// generate adds a generated ConfigMap or Secret, or merges it into an existing one.
func (p *Project) generate(k *kustomization, objects []*object, kind string, from *node) []*object {
	name := from.at("name").str()
	data := newMapping(from)
	for literal := range from.at("literals").each() {
		key, value, _ := strings.Cut(literal.str(), "=")
		data.set(key, newText(literal, strings.Trim(value, `"'`)))
	}
	for _, list := range []*node{from.at("envs"), from.at("env")} {
		for _, entry := range list.strs() {
			file := path.Join(k.dir, entry)
			lines := bufio.NewScanner(bytes.NewReader(p.files[file]))
			for line := 1; lines.Scan(); line++ {
				if key, value, ok := strings.Cut(strings.TrimSpace(lines.Text()), "="); ok && !strings.HasPrefix(key, "#") {
					data.set(key, &node{file: file, line: line, scalar: true, text: value})
				}
			}
		}
	}
	for entry := range from.at("files").each() {
		key, file, named := strings.Cut(entry.str(), "=")
		if !named {
			key, file = path.Base(key), key
		}
		data.set(key, newText(entry, string(p.files[path.Join(k.dir, file)])))
	}
	if kind == "Secret" {
		for _, value := range data.pairs() {
			value.text = base64.StdEncoding.EncodeToString([]byte(value.text))
		}
	}
	for _, o := range objects {
		if o.generated && o.kind() == kind && o.name() == name {
			if from.at("behavior").str() == "replace" {
				o.set("data", newMapping(from))
			}
			into := o.ensure("data")
			for key, value := range data.pairs() {
				into.set(key, value)
			}
			return objects
		}
	}
	made := newMapping(from)
	made.set("apiVersion", newText(from, "v1"))
	made.set("kind", newText(from, kind))
	made.ensure("metadata").set("name", newText(from, name))
	made.set("data", data)
	if kind == "Secret" {
		made.set("type", newText(from, "Opaque"))
	}
	for _, options := range []*node{k.root.at("generatorOptions"), from.at("options")} {
		for key, value := range options.at("labels").pairs() {
			made.ensure("metadata", "labels").set(key, value)
		}
	}
	return append(objects, &object{node: made, generated: true})
}

// clusterKinds have no namespace.
var clusterKinds = map[string]bool{
	"Namespace": true, "ClusterRole": true, "ClusterRoleBinding": true, "CustomResourceDefinition": true, "PriorityClass": true,
	"StorageClass": true, "PersistentVolume": true, "IngressClass": true, "GatewayClass": true, "ClusterSecretStore": true,
	"RuntimeClass": true, "ValidatingWebhookConfiguration": true, "MutatingWebhookConfiguration": true, "APIService": true,
}

// rename applies the fields namespace, images and replicas.
func (k *kustomization) rename(objects []*object) {
	namespace := k.root.at("namespace")
	for _, o := range objects {
		switch {
		case namespace.str() == "":
		case o.kind() == "Namespace":
			o.ensure("metadata").set("name", namespace.clone())
		case !clusterKinds[o.kind()]:
			o.ensure("metadata").set("namespace", namespace.clone())
		}
		for _, c := range containersOf(o.podSpec()) {
			for image := range k.root.at("images").each() {
				renameImage(c, image)
			}
		}
		for replicas := range k.root.at("replicas").each() {
			if o.podTemplate() != nil && o.name() == replicas.at("name").str() {
				o.ensure("spec").set("replicas", replicas.at("count").clone())
			}
		}
	}
}

func renameImage(container, rename *node) {
	image := parseImage(container.at("image").str())
	if image.repository != rename.at("name").str() {
		return
	}
	at := rename
	if name := rename.at("newName"); name.str() != "" {
		image.repository, at = name.str(), name
	}
	if tag := rename.at("newTag"); tag.str() != "" {
		image.tag, image.digest, at = tag.str(), "", tag
	}
	if digest := rename.at("digest"); digest.str() != "" {
		image.tag, image.digest, at = "", digest.str(), digest
	}
	container.set("image", newText(at, image.String()))
}

// relabel applies the fields labels and commonLabels.
func (k *kustomization) relabel(objects []*object) {
	add := func(pairs *node, selectors, templates bool) {
		for key, value := range pairs.pairs() {
			for _, o := range objects {
				o.ensure("metadata", "labels").set(key, value.clone())
				if selectors || templates {
					if template := o.podTemplate(); template != nil {
						template.ensure("metadata", "labels").set(key, value.clone())
					}
					if o.kind() == "CronJob" {
						o.ensure("spec", "jobTemplate", "metadata", "labels").set(key, value.clone())
					}
				}
				if selectors {
					for _, labels := range o.selectors() {
						labels.set(key, value.clone())
					}
				}
			}
		}
	}
	add(k.root.at("commonLabels"), true, false)
	for label := range k.root.at("labels").each() {
		add(label.at("pairs"), label.at("includeSelectors").isTrue(), label.at("includeTemplates").isTrue())
	}
}

// selectors returns the pod selectors of an object that kustomize adds labels to.
func (o *object) selectors() []*node {
	var found []*node
	existing := func(n *node) {
		if n.isMapping() {
			found = append(found, n)
		}
	}
	switch o.kind() {
	case "Service":
		found = append(found, o.ensure("spec", "selector"))
	case "Deployment", "StatefulSet", "ReplicaSet", "DaemonSet":
		found = append(found, o.ensure("spec", "selector", "matchLabels"))
	case "PodDisruptionBudget", "Job":
		existing(o.at("spec", "selector", "matchLabels"))
	case "NetworkPolicy":
		existing(o.at("spec", "podSelector", "matchLabels"))
		for _, way := range []struct{ rules, peers string }{{"ingress", "from"}, {"egress", "to"}} {
			for rule := range o.at("spec", way.rules).each() {
				for peer := range rule.at(way.peers).each() {
					existing(peer.at("podSelector", "matchLabels"))
				}
			}
		}
	}
	for constraint := range o.podSpec().at("topologySpreadConstraints").each() {
		existing(constraint.at("labelSelector", "matchLabels"))
	}
	return found
}
