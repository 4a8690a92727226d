package documents

import (
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var link = regexp.MustCompile(`\]\(([^()\s]+)\)`)

// Links returns the targets of the links to files in a document, including anchors.
func Links(document string) []string {
	var targets []string
	for _, line := range outside(document) {
		for _, m := range link.FindAllStringSubmatch(quoted.ReplaceAllString(line, "``"), -1) {
			if !strings.Contains(m[1], "://") && !strings.HasPrefix(m[1], "mailto:") {
				targets = append(targets, m[1])
			}
		}
	}
	return targets
}

// checkLinks checks that every linked file and heading exists.
func (p *Project) checkLinks(document string, prose []string, report reporter) {
	for i, line := range prose {
		for _, target := range Links(line) {
			file, anchor, _ := strings.Cut(target, "#")
			to := document
			if file != "" {
				to = path.Join(path.Dir(document), file)
			}
			switch known, isDocument := p.anchors[to]; {
			case !p.exists(to):
				report(i+1, "broken link: %s does not exist", target)
			case anchor == "":
			case !isDocument:
				report(i+1, "broken link: %s: only Markdown files have anchors", target)
			case !known[anchor]:
				report(i+1, "broken link: %s: heading not found", target)
			}
		}
	}
}

var (
	heading  = regexp.MustCompile(`^#{1,6} +(.*?)(?: +#+)?\s*$`)
	linkText = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// anchors returns the GitHub anchors of the headings of a document.
func anchors(document string) map[string]bool {
	all := map[string]bool{}
	for _, line := range outside(document) {
		m := heading.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			default:
				return -1
			}
		}, linkText.ReplaceAllString(m[1], "$1"))
		unique := name
		for n := 1; all[unique]; n++ {
			unique = name + "-" + strconv.Itoa(n)
		}
		all[unique] = true
	}
	return all
}
