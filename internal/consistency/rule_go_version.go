package consistency

import (
	"go/version"
	"path"
	"regexp"
	"strings"
)

var goImage = regexp.MustCompile(`^v?(\d+\.\d+(?:\.\d+)?)`)

// checkGoVersion compares the version in go.mod with that of every toolchain that builds the service: an older one
// refuses to, or downloads another, and one of the next minor version is not the one that was tested.
func checkGoVersion(p *Project) []Finding {
	var all []Finding
	compare := func(found Finding, text string) {
		if goDirective := "go" + p.goVersion; version.Lang("go"+text) != version.Lang(goDirective) ||
			strings.Count(text, ".") == 2 && version.Compare("go"+text, goDirective) < 0 {
			found.Problem = "builds with Go " + text + ", but go.mod says " + p.goVersion
			found.Next = "write the version of go.mod in both"
			all = append(all, found)
		}
	}
	for _, from := range p.dockerfile.of("FROM") {
		reference := ""
		for _, word := range from.words() {
			if !strings.HasPrefix(word, "--") {
				reference = word
				break
			}
		}
		i := parseImage(reference)
		if m := goImage.FindStringSubmatch(i.tag); m != nil && path.Base(i.repository) == "golang" {
			compare(foundIn("Dockerfile", from.line, "FROM", "", ""), m[1])
		}
	}
	for _, file := range p.workflows() {
		for _, document := range p.yaml[file] {
			document.walk(func(n *node) {
				if v := n.at("go-version"); v != nil && v.scalar {
					if m := goImage.FindStringSubmatch(v.text); m != nil {
						compare(found(v, "go-version", "", ""), m[1])
					}
				}
				if v := n.at("go-version-file"); v != nil && v.scalar && !strings.Contains(v.text, "$") && !p.has(path.Clean(v.text)) {
					all = append(all, found(v, "go-version-file", "name go.mod", "%s is no file of this project", v.text))
				}
				for _, key := range []string{"container", "image"} {
					if i := parseImage(n.at(key).str()); path.Base(i.repository) == "golang" {
						if m := goImage.FindStringSubmatch(i.tag); m != nil {
							compare(found(n.at(key), key, "", ""), m[1])
						}
					}
				}
			})
		}
	}
	return all
}
