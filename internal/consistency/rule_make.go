package consistency

import (
	"regexp"
	"slices"
	"strings"
)

var (
	shellWord   = regexp.MustCompile(`(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s;&|()<>"'\x60])+|[;&|()<>\x60]+`)
	expression  = regexp.MustCompile(`\$\{\{[^}]*\}\}`)
	inBackticks = regexp.MustCompile("`(make [^`]+)`")
	targetWord  = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	assignWord  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)
)

// beforeCommand lists the words that precede a command.
var beforeCommand = []string{"exec", "time", "env", "sudo", "then", "do", "else", "!", "if", "while"}

// makeTargets returns the targets that a line of shell makes in the current directory.
func makeTargets(text string) []string {
	var targets []string
	text = strings.NewReplacer("$(MAKE)", "make", "${MAKE}", "make").Replace(text)
	words := shellWord.FindAllString(expression.ReplaceAllLiteralString(text, "$x"), -1)
	begins := true
	for i := 0; i < len(words); i++ {
		word := words[i]
		if !begins || word != "make" {
			begins = strings.ContainsAny(word[:1],
				";&|(`") || assignWord.MatchString(word) && begins || slices.Contains(beforeCommand, word)
			continue
		}
		var named []string
		elsewhere := false
		for i+1 < len(words) && !strings.ContainsAny(words[i+1][:1], ";&|()<>`#") {
			i++
			if words[i] == "-C" || words[i] == "-f" {
				elsewhere = true
			}
			if targetWord.MatchString(words[i]) {
				named = append(named, words[i])
			}
		}
		if !elsewhere {
			targets = append(targets, named...)
		}
	}
	return targets
}

// checkMake requires the Makefile to define every target that workflows, scripts and documents run, and each only once.
func checkMake(p *Project) []Problem {
	if !p.has("Makefile") {
		return nil
	}
	var all []Problem
	check := func(file string, number int, command string) {
		for _, name := range makeTargets(command) {
			if _, ok := p.makefile.targets[name]; !ok {
				all = append(all, problemInFile(file, number, "make "+name, nearestOf(name, sortedKeys(p.makefile.targets),
					"add the target, or correct the name"), "the Makefile has no such target"))
			}
		}
	}
	for _, name := range sortedKeys(p.makefile.duplicates) {
		all = append(all, problemInFile("Makefile", p.makefile.duplicates[name], name, "remove one of them",
			"has two recipes: make runs only the last one"))
	}
	for _, r := range p.makefile.recipes {
		check("Makefile", r.line, strings.TrimLeft(r.text, "@-+"))
	}
	for _, file := range p.workflows() {
		for _, document := range p.yaml[file] {
			for _, job := range document.at("jobs").pairs() {
				for step := range job.at("steps").each() {
					p.checkSteps(job, step, func(line int, text string) { check(file, line, text) })
				}
			}
			for step := range document.at("runs", "steps").each() {
				p.checkSteps(nil, step, func(line int, text string) { check(file, line, text) })
			}
		}
	}
	for _, file := range p.scripts() {
		for _, l := range p.lines(file) {
			check(file, l.number, l.text)
		}
	}
	for _, file := range p.documents() {
		for _, l := range p.lines(file) {
			if l.code {
				if l.lang == "sh" || l.lang == "bash" || l.lang == "shell" {
					check(file, l.number, l.text)
				}
				continue
			}
			for _, m := range inBackticks.FindAllStringSubmatch(l.text, -1) {
				check(file, l.number, m[1])
			}
		}
	}
	return all
}

// checkSteps calls check with each line that a step runs, once for each matrix value in the line.
func (p *Project) checkSteps(job, step *node, check func(line int, text string)) {
	run := step.at("run")
	for i, text := range strings.Split(run.str(), "\n") {
		_, line := run.place()
		if strings.Contains(run.str(), "\n") {
			line += i + 1
		}
		texts := []string{text}
		for name, values := range job.at("strategy", "matrix").pairs() {
			named := regexp.MustCompile(`\$\{\{\s*matrix\.` + regexp.QuoteMeta(name) + `\s*\}\}`)
			if values.list && named.MatchString(text) {
				texts = nil
				for _, value := range values.strs() {
					texts = append(texts, named.ReplaceAllLiteralString(text, value))
				}
			}
		}
		for _, text := range texts {
			check(line, text)
		}
	}
}
