package consistency

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// checkImages refuses images that are another one tomorrow, and wants the service's to have one name everywhere.
func checkImages(p *Project) []Finding {
	var all []Finding
	check := func(at *node, key, text string, built bool) {
		switch i := parseImage(text); {
		case strings.Contains(text, "${") && !strings.HasSuffix(text, ":latest"):
		case i.tag == "latest":
			all = append(all, found(at, key, "name a version", "runs %s: latest is another image tomorrow, and cannot be rolled back to", text))
		case i.tag == "" && i.digest == "" && !built:
			all = append(all, found(at, key, "name a version", "runs %s without a tag, which means latest", text))
		}
	}
	for _, r := range p.roots {
		for _, o := range r.objects {
			for _, c := range containersOf(o.podSpec()) {
				check(c.at("image"), o.title()+", container "+c.at("name").str(), c.at("image").str(), false)
			}
		}
	}
	for name, c := range p.composed() {
		if c.at("image") != nil {
			check(c.at("image"), "service "+name, c.at("image").str(), c.at("build") != nil)
		}
	}
	stages := map[string]bool{"scratch": true}
	for _, from := range p.dockerfile.of("FROM") {
		words := from.words()
		for len(words) > 0 && strings.HasPrefix(words[0], "--") {
			words = words[1:]
		}
		if len(words) == 0 {
			continue
		}
		if i := parseImage(words[0]); !stages[words[0]] && (i.tag == "latest" || i.tag == "" && i.digest == "") && !strings.Contains(words[0], "$") {
			all = append(all, foundIn("Dockerfile", from.line, "FROM", "name a version", "is built on %s, which is another image tomorrow", words[0]))
		}
		if len(words) == 3 {
			stages[words[2]] = true
		}
	}
	return slices.Concat(all, p.checkRepository(), p.checkOthers())
}

// checkOthers wants an image of somebody else's to be in one version, so that what is tried on a machine is what runs in
// the cluster.
func (p *Project) checkOthers() []Finding {
	type use struct {
		at  *node
		tag string
	}
	uses := map[string][]use{}
	add := func(at *node) {
		i := parseImage(at.str())
		name := strings.TrimPrefix(strings.TrimPrefix(i.repository, "docker.io/"), "library/")
		if i.tag != "" && path.Base(name) != p.Name && !strings.Contains(at.str(), "$") {
			uses[name] = append(uses[name], use{at, i.tag})
		}
	}
	for _, r := range p.roots {
		for _, o := range r.objects {
			for _, c := range containersOf(o.podSpec()) {
				add(c.at("image"))
			}
		}
	}
	for _, c := range p.composed() {
		add(c.at("image"))
	}
	for _, file := range p.workflows() {
		for _, document := range p.yaml[file] {
			for _, job := range document.at("jobs").pairs() {
				for _, service := range job.at("services").pairs() {
					add(service.at("image"))
				}
			}
		}
	}
	var all []Finding
	for _, name := range sortedKeys(uses) {
		first := uses[name][0]
		for _, u := range uses[name][1:] {
			if u.tag != first.tag {
				all = append(all, found(u.at, "image", "use one version of "+name, "is %s:%s, but %s has %s", name, u.tag, first.at.file, first.tag))
			}
		}
	}
	return all
}

// checkRepository wants all pods to take the service from one place.
func (p *Project) checkRepository() []Finding {
	var all []Finding
	repositories := map[string]int{}
	var images []*node
	for _, c := range p.containers {
		if c.object != nil {
			images = append(images, c.at("image"))
			repositories[parseImage(c.at("image").str()).repository]++
		}
	}
	usual, most := "", 0
	for _, name := range sortedKeys(repositories) {
		if repositories[name] > most {
			usual, most = name, repositories[name]
		}
	}
	for _, at := range images {
		if name := parseImage(at.str()).repository; name != usual {
			all = append(all, found(at, "image", "take it from one place", "is %s, but elsewhere it is %s", name, usual))
		}
	}
	// What renames images must name one that is there.
	for _, dir := range sortedKeys(p.kustomizations) {
		k := p.kustomizations[dir]
		for entry := range k.root.at("images").each() {
			if name := entry.at("name").str(); path.Base(name) == p.Name && !p.namesImage(name) {
				all = append(all, found(entry.at("name"), "images", "write the image of the manifests", "renames %s, which no manifest has", name))
			}
		}
	}
	return all
}

// namesImage tells whether a manifest has an image of that name, before any is renamed.
func (p *Project) namesImage(name string) bool {
	for _, file := range p.below("deploy", ".yaml", ".yml") {
		for _, document := range p.yaml[file] {
			o := &object{node: document}
			for _, c := range containersOf(o.podSpec()) {
				if parseImage(c.at("image").str()).repository == name {
					return true
				}
			}
			for entry := range document.at("images").each() {
				if entry.at("newName").str() == name {
					return true
				}
			}
		}
	}
	return false
}

// checkUser compares the user of the image with that of the pods: another one may not read what belongs to the first.
func checkUser(p *Project) []Finding {
	var all []Finding
	last, ok := p.dockerfile.last("USER")
	if !ok {
		if len(p.dockerfile.instructions) > 0 {
			return []Finding{foundIn("Dockerfile", 0, "USER", "write USER 65532:65532", "there is none, so the image runs as root")}
		}
		return nil
	}
	user, group, _ := strings.Cut(last.args, ":")
	if _, err := strconv.Atoi(user); err != nil {
		all = append(all, foundIn("Dockerfile", last.line, "USER", "write the number of the user", "is %s: with a name, Kubernetes cannot verify runAsNonRoot", user))
		return all
	}
	for _, c := range p.containers {
		if c.object == nil {
			continue
		}
		for _, id := range []struct{ key, want string }{{"runAsUser", user}, {"runAsGroup", group}} {
			at := c.at("securityContext", id.key)
			if at == nil {
				at = c.pod.at("securityContext", id.key)
			}
			if at != nil && id.want != "" && at.str() != id.want {
				all = append(all, found(at, c.object.title()+", "+id.key, "write "+id.want+" in both", "is %s, but the image runs as %s (USER in Dockerfile)", at.str(), last.args))
			}
		}
	}
	return all
}
