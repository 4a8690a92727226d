package documents

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Project is a rendered project with the facts that its documents are checked against.
type Project struct {
	name   string
	prefix string // prefix of the environment variables
	files  map[string]string
	dirs   map[string]bool // every folder, including "."

	targets   map[string]bool            // Makefile targets
	sections  map[string]bool            // settings sections
	settings  map[string]bool            // settings keys, and their parents
	variables map[string]bool            // environment variables of settings
	objects   map[string]map[string]bool // names in the manifests by lower-case kind
	anchors   map[string]map[string]bool // anchors of each document

	// Binary is the path of the built service. If it is empty, commands and flags of the service are not checked.
	Binary string

	// Kubectl determines whether commands of kubectl are checked against its help.
	Kubectl bool
}

var (
	makeTarget = regexp.MustCompile(`(?m)^([a-z][a-z-]*):`)
	settingRow = regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\|[^|]*\\| `([A-Z0-9_]+)` \\|")
)

// NewProject returns the project with these files. The map keys are paths.
func NewProject(name string, files map[string]string) (*Project, error) {
	p := &Project{
		name: name, prefix: strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_", files: files,
		dirs: map[string]bool{".": true}, targets: map[string]bool{}, sections: map[string]bool{},
		settings: map[string]bool{}, variables: map[string]bool{}, anchors: map[string]map[string]bool{}, Kubectl: true,
	}
	for file, text := range files {
		for dir := path.Dir(file); !p.dirs[dir]; dir = path.Dir(dir) {
			p.dirs[dir] = true
		}
		if path.Ext(file) == ".md" {
			p.anchors[file] = anchors(text)
		}
	}
	for _, m := range makeTarget.FindAllStringSubmatch(files["Makefile"], -1) {
		p.targets[m[1]] = true
	}
	for _, m := range settingRow.FindAllStringSubmatch(files["docs/configuration.md"], -1) {
		section, _, _ := strings.Cut(m[1], ".")
		p.sections[section] = true
		p.variables[m[2]] = true
		for key := m[1]; key != "."; key = strings.TrimSuffix(key, path.Ext(key)) {
			p.settings[key] = true
			if !strings.Contains(key, ".") {
				break
			}
		}
	}
	var err error
	p.objects, err = objects(files)
	return p, err
}

// exists reports whether a path is in the project or in .gitignore. An ignored path may be generated later.
func (p *Project) exists(file string) bool {
	if _, ok := p.files[file]; ok || p.dirs[file] {
		return true
	}
	for line := range strings.Lines(p.files[".gitignore"]) {
		ignored, rooted := strings.CutPrefix(strings.TrimRight(line, "/\n"), "/")
		if rooted && (file == ignored || strings.HasPrefix(file, ignored+"/")) {
			return true
		}
	}
	return false
}

// Unreachable returns the documents that cannot be reached by links from the README.
func (p *Project) Unreachable() []string {
	reached := map[string]bool{"README.md": true}
	for next := []string{"README.md"}; len(next) > 0; next = next[1:] {
		for _, target := range Links(p.files[next[0]]) {
			file, _, _ := strings.Cut(target, "#")
			file = path.Join(path.Dir(next[0]), file)
			if !reached[file] && p.anchors[file] != nil {
				reached[file] = true
				next = append(next, file)
			}
		}
	}
	var unreachable []string
	for file := range p.anchors {
		if !reached[file] && !strings.HasPrefix(file, ".github/") {
			unreachable = append(unreachable, file)
		}
	}
	slices.Sort(unreachable)
	return unreachable
}

// topLevel reports whether a word is a path that starts with a top-level folder of the project.
func (p *Project) topLevel(word string) bool {
	first, rest, nested := strings.Cut(word, "/")
	return nested && rest != "" && first != "." && p.dirs[first]
}

// languages are the allowed languages of fenced blocks.
var languages = []string{"sh", "bash", "diff", "text", "json", "yaml", "sql", "markdown", "go", "http", "promql", "logql"}

// Check returns the problems of a document in the project, one string for each.
func (p *Project) Check(document string) []string {
	var problems []string
	report := func(line int, format string, args ...any) {
		problems = append(problems, fmt.Sprintf("%s:%d: %s", document, line, fmt.Sprintf(format, args...)))
	}
	text := p.files[document]
	blocks, err := Blocks(text)
	if err != nil {
		return []string{document + ": " + err.Error()}
	}
	for _, b := range blocks {
		if !slices.Contains(languages, b.Lang) {
			report(b.Line-1, "unknown block language %q, so the block is neither run nor checked; use one of %s", b.Lang,
				strings.Join(languages, ", "))
		}
		if err := b.parses(); err != nil {
			report(b.Line, "%v", err)
		}
	}
	p.checkShell(blocks, report)
	if document == "docs/operate.md" || document == "docs/runbook.md" {
		p.checkCheckout(text, blocks, report)
	}
	prose := outside(text)
	for i, line := range prose {
		if strings.HasPrefix(strings.TrimLeft(line, " \t"), "```") {
			report(i+1, "an indented block is neither run nor checked; remove the indentation")
		}
	}
	p.checkLinks(document, prose, report)
	if document != "docs/configuration.md" { // it contains example variables that do not exist
		p.checkVariables(text, report)
	}
	p.checkWords(prose, createdBy(blocks), report)
	return problems
}

type reporter func(line int, format string, args ...any)

// outside returns the lines of a document. Lines of fenced blocks are empty.
func outside(text string) []string {
	lines := strings.Split(text, "\n")
	inside := false
	for i, line := range lines {
		fence := strings.HasPrefix(line, "```")
		if fence {
			inside = !inside
		}
		if fence || inside {
			lines[i] = ""
		}
	}
	return lines
}

// createdBy returns the text of the blocks that can create files. Files that it names may be missing in the project.
func createdBy(blocks []Block) string {
	var b strings.Builder
	for _, block := range blocks {
		if block.Lang == "sh" || block.Lang == "diff" {
			b.WriteString(block.Text)
		}
		b.WriteString(block.File + "\n")
	}
	return b.String()
}

func (p *Project) checkVariables(text string, report reporter) {
	variable := regexp.MustCompile(`\b` + p.prefix + `[A-Z0-9_]+\b`)
	for i, line := range strings.Split(text, "\n") {
		for _, v := range variable.FindAllString(line, -1) {
			if !p.variables[v] {
				report(i+1, "%s is not a variable in docs/configuration.md", v)
			}
		}
	}
}

var (
	quoted  = regexp.MustCompile("`([^`]+)`")
	setting = regexp.MustCompile(`^[a-z_]+(\.[a-z_]+)+$`)
	plain   = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)
)

// checkWords checks make targets, settings and paths in backquotes.
func (p *Project) checkWords(prose []string, created string, report reporter) {
	for i, line := range prose {
		for _, m := range quoted.FindAllStringSubmatch(line, -1) {
			word := m[1]
			section, _, _ := strings.Cut(word, ".")
			switch {
			case strings.HasPrefix(word, "make ") && !strings.Contains(word, "…"):
				for _, target := range strings.Fields(word)[1:] {
					if !p.targets[target] && !strings.Contains(target, "=") {
						report(i+1, "the Makefile has no target %s", target)
					}
				}
			case setting.MatchString(word) && p.sections[section] && !p.exists(word):
				if !p.settings[word] {
					report(i+1, "%s is not a setting in docs/configuration.md", word)
				}
			case plain.MatchString(word) && p.topLevel(word):
				if file := strings.TrimSuffix(word, "/"); !p.exists(file) && !strings.Contains(created, file) {
					report(i+1, "%s does not exist", word)
				}
			}
		}
	}
}
