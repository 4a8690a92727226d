package consistency

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	buildOutput  = regexp.MustCompile(`\bgo build\b.*?\s-o\s+(\S+)`)
	buildPackage = regexp.MustCompile(`\./cmd/[A-Za-z0-9_.-]+`)
	linkerX      = regexp.MustCompile(`-X\s+(\S+?)\.([A-Za-z_][A-Za-z0-9_]*)=`)
)

// checkEntryPoint follows the binary: from its package by the image to what starts it.
func checkEntryPoint(p *Project) []Finding {
	var all []Finding
	add := func(f Finding) { all = append(all, f) }
	built := ""
	for _, run := range p.dockerfile.of("RUN") {
		if m := buildOutput.FindStringSubmatch(run.args); m != nil {
			built = m[1]
		}
		p.checkBuild("Dockerfile", run.line, run.args, add)
	}
	for _, r := range p.makefile.recipes {
		p.checkBuild("Makefile", r.line, p.makefile.expand(r.text), add)
	}
	binary := p.copied(built, add)
	p.checkStarters(binary, add)
	return all
}

// expand replaces $(NAME) by the variable of the Makefile.
func (m *makefile) expand(text string) string {
	for range 5 { // as deep as variables refer to each other
		replaced := reference.ReplaceAllStringFunc(text, func(name string) string {
			if value, ok := m.variables[name[2:len(name)-1]]; ok {
				return value
			}
			return name
		})
		if replaced == text {
			break
		}
		text = replaced
	}
	return text
}

// checkBuild looks at the arguments of go build: packages, and variables that the linker sets.
func (p *Project) checkBuild(file string, line int, text string, add func(Finding)) {
	if !strings.Contains(text, "go build") {
		return
	}
	for _, dir := range buildPackage.FindAllString(text, -1) {
		if dir = path.Clean(dir); !p.has(dir + "/main.go") {
			add(foundIn(file, line, "go build", "build ./cmd/"+p.Name, "there is no package %s", dir))
		}
	}
	for _, m := range linkerX.FindAllStringSubmatch(text, -1) {
		dir, own := strings.CutPrefix(m[1], p.Module+"/")
		if !own && m[1] != "main" {
			add(foundIn(file, line, "-X "+m[1], "write "+p.Module, "is not in the module of go.mod, which is %s", p.Module))
			continue
		}
		if own && !p.declares(dir, m[2]) {
			add(foundIn(file, line, "-X "+m[1]+"."+m[2], "name the variable that internal/buildinfo reads", "%s has no such variable, so the linker sets nothing", dir))
		}
	}
}

func (p *Project) declares(dir, name string) bool {
	declared := regexp.MustCompile(`(?m)^(?:var\s+|\t)` + name + `\b`)
	return slices.ContainsFunc(p.in(dir, ".go"), func(file string) bool { return declared.Match(p.files[file]) })
}

// copied returns where the image has the binary.
func (p *Project) copied(built string, add func(Finding)) string {
	for _, c := range p.dockerfile.of("COPY") {
		words := c.words()
		if !c.final || len(words) < 3 || !strings.HasPrefix(words[0], "--from=") {
			continue
		}
		from, to := words[len(words)-2], words[len(words)-1]
		if built != "" && path.Base(from) == path.Base(built) && from != built || path.Base(from) == p.Name && built != "" && from != built {
			add(foundIn("Dockerfile", c.line, "COPY", "copy "+built, "copies %s, but go build writes %s", from, built))
		}
		if from == built || path.Base(from) == p.Name {
			if strings.HasSuffix(to, "/") {
				to += path.Base(from)
			}
			return to
		}
	}
	return ""
}

// checkStarters looks at what starts the binary: the image, its health check, pods and Compose.
func (p *Project) checkStarters(binary string, add func(Finding)) {
	entry, ok := p.dockerfile.last("ENTRYPOINT")
	if ok && binary != "" && len(entry.words()) > 0 && entry.words()[0] != binary {
		add(foundIn("Dockerfile", entry.line, "ENTRYPOINT", "name the path that COPY writes", "starts %s, but the binary is %s", entry.words()[0], binary))
	}
	if len(p.dockerfile.instructions) > 0 && !ok {
		add(foundIn("Dockerfile", 0, "ENTRYPOINT", "name the binary in exec form", "there is none, so nothing starts the service"))
	}
	if cmd, ok := p.dockerfile.last("CMD"); ok {
		p.checkCommand(foundIn("Dockerfile", cmd.line, "CMD", "", ""), cmd.words(), add)
	}
	if health, ok := p.dockerfile.last("HEALTHCHECK"); ok {
		_, command, _ := strings.Cut(health.args, "CMD ")
		words := instruction{args: strings.TrimSpace(command)}.words()
		if len(words) > 0 && binary != "" && path.Base(words[0]) == p.Name && words[0] != binary {
			add(foundIn("Dockerfile", health.line, "HEALTHCHECK", "name the path that COPY writes", "asks %s, but the binary is %s", words[0], binary))
		}
		if len(words) > 1 && path.Base(words[0]) == p.Name {
			p.checkCommand(foundIn("Dockerfile", health.line, "HEALTHCHECK", "", ""), words[1:], add)
		}
	}
	for _, c := range p.containers {
		command, args := c.at("command").strs(), c.at("args").strs()
		at := c.at("args")
		if c.object == nil { // Compose calls the arguments a command
			command, args, at = nil, command, c.at("command")
		}
		if len(command) > 0 && binary != "" && path.IsAbs(command[0]) && path.Base(command[0]) == p.Name && command[0] != binary {
			add(found(c.at("command"), c.title()+".command", "leave it to the image, or write "+binary, "starts %s, but the image has %s", command[0], binary))
		}
		if len(command) > 0 && path.Base(command[0]) != p.Name {
			continue // a shell, say
		}
		if len(command) > 1 {
			args, at = command[1:], c.at("command")
		}
		p.checkCommand(found(at, c.title()+".args", "", ""), args, add)
	}
}

// checkCommand compares the first word of arguments with the commands of the binary.
func (p *Project) checkCommand(at Finding, args []string, add func(Finding)) {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") || p.golang.commands[args[0]] {
		return
	}
	at.Problem = "the binary has no command " + args[0]
	at.Next = "use one of " + strings.Join(p.commands(), ", ")
	add(at)
}

func (p *Project) commands() []string {
	return slices.DeleteFunc(sortedKeys(p.golang.commands), func(name string) bool { return name == p.Name })
}
