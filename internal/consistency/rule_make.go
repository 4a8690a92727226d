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
	verbWord    = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	settingWord = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)
)

// beforeCommand are words after which a command begins.
var beforeCommand = []string{"exec", "time", "env", "sudo", "then", "do", "else", "!", "if", "while"}

// verbsOf returns what a line of shell tells make to do, in this directory.
func verbsOf(text string) []string {
	var verbs []string
	text = strings.NewReplacer("$(MAKE)", "make", "${MAKE}", "make").Replace(text)
	words := shellWord.FindAllString(expression.ReplaceAllLiteralString(text, "$x"), -1)
	begins := true
	for i := 0; i < len(words); i++ {
		word := words[i]
		if !begins || word != "make" {
			begins = strings.ContainsAny(word[:1], ";&|(`") || settingWord.MatchString(word) && begins || slices.Contains(beforeCommand, word)
			continue
		}
		var named []string
		elsewhere := false
		for i+1 < len(words) && !strings.ContainsAny(words[i+1][:1], ";&|()<>`#") {
			i++
			if words[i] == "-C" || words[i] == "-f" {
				elsewhere = true
			}
			if verbWord.MatchString(words[i]) {
				named = append(named, words[i])
			}
		}
		if !elsewhere {
			verbs = append(verbs, named...)
		}
	}
	return verbs
}

// checkMake wants every verb that a workflow, a script or a document tells to run to be in the Makefile, once.
func checkMake(p *Project) []Finding {
	if !p.has("Makefile") {
		return nil
	}
	var all []Finding
	check := func(file string, number int, command string) {
		for _, verb := range verbsOf(command) {
			if _, ok := p.makefile.verbs[verb]; !ok {
				all = append(all, foundIn(file, number, "make "+verb, nearestOf(verb, sortedKeys(p.makefile.verbs), "add the verb, or correct the name"), "the Makefile has no such verb"))
			}
		}
	}
	for _, verb := range sortedKeys(p.makefile.twice) {
		all = append(all, foundIn("Makefile", p.makefile.twice[verb], verb, "remove one of them", "has a recipe already: make runs the last one only"))
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

// checkSteps calls check with each line that a step runs, once for each value of the matrix that it names.
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
