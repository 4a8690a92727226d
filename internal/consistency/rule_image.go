package consistency

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// checkImages requires every image to be pinned to a version, workloads of the service to pull theirs with a ServiceAccount, and the
// image of the service to have one name.
func checkImages(p *Project) []Problem {
	var all []Problem
	check := func(at *node, key, text string, built bool) {
		switch i := parseImage(text); {
		case strings.Contains(text, "${") && !strings.HasSuffix(text, ":latest"):
		case i.tag == "latest":
			all = append(all, problemAt(at, key, "pin a version",
				"runs %s: the tag latest changes, so a deployment is not reproducible and cannot be rolled back", text))
		case i.tag == "" && i.digest == "" && !built:
			all = append(all, problemAt(at, key, "pin a version", "runs %s without a tag, which means latest", text))
		}
	}
	for _, r := range p.roots {
		// A ServiceAccount is the one place for imagePullSecrets. If the manifests have none, the platform team decides.
		accounts := slices.ContainsFunc(r.objects, func(o *object) bool { return o.kind() == "ServiceAccount" })
		for _, o := range r.objects {
			pod := o.podSpec()
			if accounts && pod != nil && p.belongsToService(o.name()) && pod.at("serviceAccountName") == nil && pod.at("imagePullSecrets") == nil {
				all = append(all, problemAt(pod, o.title(), "set serviceAccountName", "has no ServiceAccount, so a private registry refuses its images"))
			}
			for _, c := range containersOf(pod) {
				check(c.at("image"), o.title()+", container "+c.at("name").str(), c.at("image").str(), false)
			}
		}
	}
	for name, c := range p.composeServices() {
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
			all = append(all,
				problemInFile("Dockerfile", from.line, "FROM", "pin a version", "builds on %s, which changes over time", words[0]))
		}
		if len(words) == 3 {
			stages[words[2]] = true
		}
	}
	return slices.Concat(all, p.checkRepository(), p.checkThirdParty())
}

// checkThirdParty requires one version of every third-party image, so that local tests run what the cluster runs.
func (p *Project) checkThirdParty() []Problem {
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
	for _, c := range p.composeServices() {
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
	var all []Problem
	for _, name := range sortedKeys(uses) {
		first := uses[name][0]
		for _, u := range uses[name][1:] {
			if u.tag != first.tag {
				all = append(all, problemAt(u.at, "image", "use one version of "+name, "is %s:%s, but %s has %s", name, u.tag,
					first.at.file, first.tag))
			}
		}
	}
	return all
}

// checkRepository requires all pods to pull the service from the same repository.
func (p *Project) checkRepository() []Problem {
	var all []Problem
	repositories := map[string]int{}
	var images []*node
	for _, c := range p.containers {
		if c.object != nil {
			images = append(images, c.at("image"))
			repositories[parseImage(c.at("image").str()).repository]++
		}
	}
	usual, count := "", 0
	for _, name := range sortedKeys(repositories) {
		if repositories[name] > count {
			usual, count = name, repositories[name]
		}
	}
	for _, at := range images {
		if name := parseImage(at.str()).repository; name != usual {
			all = append(all,
				problemAt(at, "image", "use the same repository everywhere", "is %s, but elsewhere it is %s", name, usual))
		}
	}
	// An images entry must name an image that a manifest uses.
	for _, dir := range sortedKeys(p.kustomizations) {
		k := p.kustomizations[dir]
		for entry := range k.root.at("images").each() {
			if name := entry.at("name").str(); path.Base(name) == p.Name && !p.usesImage(name) {
				all = append(all, problemAt(entry.at("name"), "images", "use the image of the manifests",
					"renames %s, which no manifest uses", name))
			}
		}
	}
	return all
}

// usesImage reports whether a manifest uses an image, before kustomize renames images.
func (p *Project) usesImage(name string) bool {
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

// checkUser compares the user of the image with that of the pods. A different user may lack access to the image's
// files.
func checkUser(p *Project) []Problem {
	var all []Problem
	last, ok := p.dockerfile.last("USER")
	if !ok {
		if len(p.dockerfile.instructions) > 0 {
			return []Problem{problemInFile("Dockerfile", 0, "USER", "add USER 65532:65532",
				"is missing, so the image runs as root")}
		}
		return nil
	}
	user, group, _ := strings.Cut(last.args, ":")
	if _, err := strconv.Atoi(user); err != nil {
		all = append(all, problemInFile("Dockerfile", last.line, "USER", "use the numeric user ID",
			"is %s: Kubernetes cannot verify runAsNonRoot for a user name", user))
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
				all = append(all, problemAt(at, c.object.title()+", "+id.key, "use "+id.want+" in both",
					"is %s, but the image runs as %s (USER in Dockerfile)", at.str(), last.args))
			}
		}
	}
	return all
}
