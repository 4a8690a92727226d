package consistency

import (
	"go/version"
	"path"
	"regexp"
	"strings"
)

var goImage = regexp.MustCompile(`^v?(\d+\.\d+(?:\.\d+)?)`)

// checkGoVersion compares the version in go.mod with that of every toolchain that builds the service. An older
// toolchain fails or downloads another one. A newer minor version is not the version that was tested.
func checkGoVersion(p *Project) []Problem {
	var all []Problem
	compare := func(problem Problem, text string) {
		if goDirective := "go" + p.goVersion; version.Lang("go"+text) != version.Lang(goDirective) ||
			strings.Count(text, ".") == 2 && version.Compare("go"+text, goDirective) < 0 {
			problem.Message = "builds with Go " + text + ", but go.mod says " + p.goVersion
			problem.Fix = "use the same version in both"
			all = append(all, problem)
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
			compare(problemInFile("Dockerfile", from.line, "FROM", "", ""), m[1])
		}
	}
	for _, file := range p.workflows() {
		for _, document := range p.yaml[file] {
			document.walk(func(n *node) {
				if v := n.at("go-version"); v != nil && v.scalar {
					if m := goImage.FindStringSubmatch(v.text); m != nil {
						compare(problemAt(v, "go-version", "", ""), m[1])
					}
				}
				if v := n.at("go-version-file"); v != nil && v.scalar && !strings.Contains(v.text, "$") && !p.has(path.Clean(v.text)) {
					all = append(all, problemAt(v, "go-version-file", "use go.mod", "%s does not exist", v.text))
				}
				for _, key := range []string{"container", "image"} {
					if i := parseImage(n.at(key).str()); path.Base(i.repository) == "golang" {
						if m := goImage.FindStringSubmatch(i.tag); m != nil {
							compare(problemAt(n.at(key), key, "", ""), m[1])
						}
					}
				}
			})
		}
	}
	return all
}
