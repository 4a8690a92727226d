package mdtest

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Project is a rendered project, against which its documents are held.
type Project struct {
	name   string
	prefix string // of its environment variables
	files  map[string]string
	dirs   map[string]bool // every folder, and "." for the project

	verbs     map[string]bool            // of the Makefile
	sections  map[string]bool            // first words of settings
	settings  map[string]bool            // keys, and the sections of keys
	variables map[string]bool            // of settings
	objects   map[string]map[string]bool // names in the manifests by lower-case kind
	anchors   map[string]map[string]bool // of each document

	// Binary is the built service, which is asked for its commands and flags. If it is empty, they are not looked at.
	Binary string
}

var (
	makeVerb   = regexp.MustCompile(`(?m)^([a-z][a-z-]*):`)
	settingRow = regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\|[^|]*\\| `([A-Z0-9_]+)` \\|")
)

// NewProject reads the facts of a project whose files are given by their paths.
func NewProject(name string, files map[string]string) (*Project, error) {
	p := &Project{
		name: name, prefix: strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_", files: files,
		dirs: map[string]bool{".": true}, verbs: map[string]bool{}, sections: map[string]bool{},
		settings: map[string]bool{}, variables: map[string]bool{}, anchors: map[string]map[string]bool{},
	}
	for file, text := range files {
		for dir := path.Dir(file); !p.dirs[dir]; dir = path.Dir(dir) {
			p.dirs[dir] = true
		}
		if path.Ext(file) == ".md" {
			p.anchors[file] = anchors(text)
		}
	}
	for _, m := range makeVerb.FindAllStringSubmatch(files["Makefile"], -1) {
		p.verbs[m[1]] = true
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

// exists reports whether something is in the project, or is made in it and ignored by Git.
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

// Unreachable returns the documents to which no way of links leads from the README.
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
	var lost []string
	for file := range p.anchors {
		if !reached[file] && !strings.HasPrefix(file, ".github/") {
			lost = append(lost, file)
		}
	}
	slices.Sort(lost)
	return lost
}

// topLevel reports whether a word begins with a folder of the project, and so is a path in it.
func (p *Project) topLevel(word string) bool {
	first, rest, nested := strings.Cut(word, "/")
	return nested && rest != "" && first != "." && p.dirs[first]
}

// languages are those of fenced blocks.
var languages = []string{"sh", "bash", "diff", "text", "json", "yaml", "sql", "markdown", "go", "http", "promql", "logql"}

// Check returns what is not true in a document of the project, a line for each fault.
func (p *Project) Check(document string) []string {
	var faults []string
	report := func(line int, format string, args ...any) {
		faults = append(faults, fmt.Sprintf("%s:%d: %s", document, line, fmt.Sprintf(format, args...)))
	}
	text := p.files[document]
	blocks, err := Blocks(text)
	if err != nil {
		return []string{document + ": " + err.Error()}
	}
	for _, b := range blocks {
		if !slices.Contains(languages, b.Lang) {
			report(b.Line-1, "a block in %q is neither run nor checked; there are %s", b.Lang, strings.Join(languages, ", "))
		}
		if err := b.parses(); err != nil {
			report(b.Line, "%v", err)
		}
	}
	p.checkShell(blocks, report)
	prose := outside(text)
	for i, line := range prose {
		if strings.HasPrefix(strings.TrimLeft(line, " \t"), "```") {
			report(i+1, "a block in a list is neither run nor checked: it must not be indented")
		}
	}
	p.checkLinks(document, prose, report)
	if document != "docs/configuration.md" { // which explains variables that there are not
		p.checkVariables(text, report)
	}
	p.checkWords(prose, made(blocks), report)
	return faults
}

type reporter func(line int, format string, args ...any)

// outside returns the lines of a document that are not in a block; those of blocks are empty.
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

// made returns the text of what a page itself makes or changes: there, a file may be missing before.
func made(blocks []Block) string {
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
				report(i+1, "%s is no variable of docs/configuration.md", v)
			}
		}
	}
}

var (
	quoted  = regexp.MustCompile("`([^`]+)`")
	setting = regexp.MustCompile(`^[a-z_]+(\.[a-z_]+)+$`)
	plain   = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)
)

// checkWords looks at what stands in backquotes.
func (p *Project) checkWords(prose []string, made string, report reporter) {
	for i, line := range prose {
		for _, m := range quoted.FindAllStringSubmatch(line, -1) {
			word := m[1]
			section, _, _ := strings.Cut(word, ".")
			switch {
			case strings.HasPrefix(word, "make ") && !strings.Contains(word, "…"):
				for _, verb := range strings.Fields(word)[1:] {
					if !p.verbs[verb] && !strings.Contains(verb, "=") {
						report(i+1, "there is no `make %s`", verb)
					}
				}
			case setting.MatchString(word) && p.sections[section] && !p.exists(word):
				if !p.settings[word] {
					report(i+1, "%s is no setting of docs/configuration.md", word)
				}
			case plain.MatchString(word) && p.topLevel(word):
				if file := strings.TrimSuffix(word, "/"); !p.exists(file) && !strings.Contains(made, file) {
					report(i+1, "%s does not exist", word)
				}
			}
		}
	}
}
