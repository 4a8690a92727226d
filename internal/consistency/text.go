package consistency

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// dockerfile is what of a Dockerfile is compared: its instructions, in their stages.
type dockerfile struct {
	instructions []instruction
}

// instruction is one of a Dockerfile, continued lines joined.
type instruction struct {
	name  string // in capitals
	args  string
	line  int
	stage int // from 0
	final bool
}

func readDockerfile(data []byte) *dockerfile {
	d := &dockerfile{}
	stage, text, start := -1, "", 0
	for i, line := range strings.Split(string(data), "\n") {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "#") || trimmed == "" && text == "" {
			continue
		}
		if text == "" {
			start = i + 1
		}
		continued, more := strings.CutSuffix(trimmed, `\`)
		text += continued + " "
		if more {
			continue
		}
		name, args, _ := strings.Cut(strings.TrimSpace(text), " ")
		name = strings.ToUpper(name)
		if name == "FROM" {
			stage++
		}
		d.instructions = append(d.instructions, instruction{name: name, args: strings.TrimSpace(args), line: start, stage: stage})
		text = ""
	}
	for i := range d.instructions {
		d.instructions[i].final = d.instructions[i].stage == stage
	}
	return d
}

// of returns the instructions with a name.
func (d *dockerfile) of(name string) []instruction {
	var all []instruction
	for _, i := range d.instructions {
		if i.name == name {
			all = append(all, i)
		}
	}
	return all
}

// last returns what holds for the image: the last instruction of a name in its final stage.
func (d *dockerfile) last(name string) (instruction, bool) {
	for _, i := range slices.Backward(d.instructions) {
		if i.name == name && i.final {
			return i, true
		}
	}
	return instruction{}, false
}

var quoted = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)

// words returns the arguments of an instruction in exec form, or its words.
func (i instruction) words() []string {
	if !strings.HasPrefix(i.args, "[") {
		return strings.Fields(i.args)
	}
	var words []string
	for _, m := range quoted.FindAllStringSubmatch(i.args, -1) {
		words = append(words, m[1])
	}
	return words
}

// makefile is what of a Makefile is compared.
type makefile struct {
	verbs     map[string]int // lines of targets
	twice     map[string]int // lines of targets whose recipe is there already
	variables map[string]string
	recipes   []recipe
}

// recipe is one line that make runs, continued lines joined.
type recipe struct {
	verb string
	text string
	line int
}

var (
	target     = regexp.MustCompile(`^([A-Za-z0-9_./%-]+(?: [A-Za-z0-9_./%-]+)*)\s*::?(?:[^=]|$)`)
	assignment = regexp.MustCompile(`^(?:export\s+)?([A-Za-z0-9_]+)\s*[:?+]?=\s*(.*)$`)
)

func readMakefile(data []byte) *makefile {
	m := &makefile{verbs: map[string]int{}, twice: map[string]int{}, variables: map[string]string{}}
	cooked, cooking := map[string]bool{}, false
	verb, text, start := "", "", 0
	for i, line := range strings.Split(string(data), "\n") {
		if text == "" {
			start = i + 1
		}
		continued, more := strings.CutSuffix(line, `\`)
		text += continued
		if more {
			continue
		}
		line, text = text, ""
		switch {
		case strings.HasPrefix(line, "\t"):
			if cooked[verb] && !cooking {
				m.twice[verb] = m.verbs[verb]
			}
			cooked[verb], cooking = true, true
			m.recipes = append(m.recipes, recipe{verb, strings.TrimSpace(line), start})
		case target.MatchString(line):
			cooking = false
			for _, name := range strings.Fields(target.FindStringSubmatch(line)[1]) {
				if !strings.HasPrefix(name, ".") {
					m.verbs[name] = start
				}
				verb = name
			}
		case assignment.MatchString(line):
			found := assignment.FindStringSubmatch(line)
			m.variables[found[1]] = strings.TrimSpace(found[2])
		}
	}
	return m
}

// line is one of a text file.
type line struct {
	number int
	text   string
	code   bool   // of a fenced block of Markdown
	lang   string // of that block
}

// lines returns the lines of a text file.
func (p *Project) lines(file string) []line {
	var all []line
	code, lang := false, ""
	for i, text := range strings.Split(string(p.files[file]), "\n") {
		if fence, ok := strings.CutPrefix(strings.TrimSpace(text), "```"); ok && path.Ext(file) == ".md" {
			code, lang = !code, fence
			continue
		}
		all = append(all, line{i + 1, text, code, lang})
	}
	return all
}

// documents are the Markdown files of a project.
func (p *Project) documents() []string {
	var all []string
	for _, file := range p.paths {
		if path.Ext(file) == ".md" {
			all = append(all, file)
		}
	}
	return all
}

// workflows are the files that the pipeline runs.
func (p *Project) workflows() []string {
	return append(p.below(".github/workflows", ".yaml", ".yml"), p.below(".github/actions", ".yaml", ".yml")...)
}

// scripts are the files that a shell runs.
func (p *Project) scripts() []string {
	var all []string
	for _, file := range p.paths {
		if path.Ext(file) == ".sh" {
			all = append(all, file)
		}
	}
	return all
}

// anchors returns the headings of a document as GitHub links them, with their lines.
func (p *Project) anchors(file string) map[string]int {
	found := map[string]int{}
	for _, l := range p.lines(file) {
		title := strings.TrimLeft(l.text, "#")
		if l.code || title == l.text || !strings.HasPrefix(title, " ") {
			continue
		}
		found[anchor(title)] = l.number
	}
	return found
}

var notInAnchor = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)

func anchor(title string) string {
	title = strings.ToLower(strings.TrimSpace(title))
	return strings.ReplaceAll(notInAnchor.ReplaceAllString(title, ""), " ", "-")
}
