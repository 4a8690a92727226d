package consistency

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// dockerfile is a parsed Dockerfile.
type dockerfile struct {
	instructions []instruction
}

// instruction is one Dockerfile instruction, with continued lines joined.
type instruction struct {
	name  string // in upper case
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

// last returns the last instruction of a name in the final stage, which takes effect in the image.
func (d *dockerfile) last(name string) (instruction, bool) {
	for _, i := range slices.Backward(d.instructions) {
		if i.name == name && i.final {
			return i, true
		}
	}
	return instruction{}, false
}

var quoted = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)

// words returns the arguments of an instruction, in exec form or shell form.
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

// makefile is a parsed Makefile.
type makefile struct {
	targets    map[string]int // line of each target
	duplicates map[string]int // line of the second recipe of a target
	variables  map[string]string
	recipes    []recipe
}

// recipe is one line of a recipe, with continued lines joined.
type recipe struct {
	target string
	text   string
	line   int
}

var (
	targetLine = regexp.MustCompile(`^([A-Za-z0-9_./%-]+(?: [A-Za-z0-9_./%-]+)*)\s*::?(?:[^=]|$)`)
	assignment = regexp.MustCompile(`^(?:export\s+)?([A-Za-z0-9_]+)\s*[:?+]?=\s*(.*)$`)
)

func readMakefile(data []byte) *makefile {
	m := &makefile{targets: map[string]int{}, duplicates: map[string]int{}, variables: map[string]string{}}
	hasRecipe, inRecipe := map[string]bool{}, false
	target, text, start := "", "", 0
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
			if hasRecipe[target] && !inRecipe {
				m.duplicates[target] = m.targets[target]
			}
			hasRecipe[target], inRecipe = true, true
			m.recipes = append(m.recipes, recipe{target, strings.TrimSpace(line), start})
		case targetLine.MatchString(line):
			inRecipe = false
			for _, name := range strings.Fields(targetLine.FindStringSubmatch(line)[1]) {
				if !strings.HasPrefix(name, ".") {
					m.targets[name] = start
				}
				target = name
			}
		case assignment.MatchString(line):
			found := assignment.FindStringSubmatch(line)
			m.variables[found[1]] = strings.TrimSpace(found[2])
		}
	}
	return m
}

// line is one line of a text file.
type line struct {
	number int
	text   string
	code   bool   // inside a fenced Markdown block
	lang   string // language of that block
}

// lines returns the lines of a text file. It omits the fences of Markdown blocks.
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

// documents returns the Markdown files of a project.
func (p *Project) documents() []string {
	var all []string
	for _, file := range p.paths {
		if path.Ext(file) == ".md" {
			all = append(all, file)
		}
	}
	return all
}

// workflows returns the GitHub workflows and actions of a project.
func (p *Project) workflows() []string {
	return append(p.below(".github/workflows", ".yaml", ".yml"), p.below(".github/actions", ".yaml", ".yml")...)
}

// scripts returns the shell scripts of a project.
func (p *Project) scripts() []string {
	var all []string
	for _, file := range p.paths {
		if path.Ext(file) == ".sh" {
			all = append(all, file)
		}
	}
	return all
}

// anchors returns the GitHub anchors of the headings of a document, with their lines.
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
