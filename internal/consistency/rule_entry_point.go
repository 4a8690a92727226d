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

// checkEntryPoint checks that the Dockerfile, the Makefile, Compose and the pods build, copy and run the same binary.
func checkEntryPoint(p *Project) []Problem {
	var all []Problem
	add := func(f Problem) { all = append(all, f) }
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
	binary := p.binaryPath(built, add)
	p.checkRun(binary, add)
	return all
}

// expand replaces $(NAME) with the Makefile variable.
func (m *makefile) expand(text string) string {
	for range 5 { // limits the depth of nested variables
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

// checkBuild checks the packages and the -X linker flags of a go build command.
func (p *Project) checkBuild(file string, line int, text string, add func(Problem)) {
	if !strings.Contains(text, "go build") {
		return
	}
	for _, dir := range buildPackage.FindAllString(text, -1) {
		if dir = path.Clean(dir); !p.has(dir + "/main.go") {
			add(problemInFile(file, line, "go build", "build ./cmd/"+p.Name, "there is no package %s", dir))
		}
	}
	for _, m := range linkerX.FindAllStringSubmatch(text, -1) {
		dir, own := strings.CutPrefix(m[1], p.Module+"/")
		if !own && m[1] != "main" {
			add(problemInFile(file, line, "-X "+m[1], "use "+p.Module, "is not in the module of go.mod, %s", p.Module))
			continue
		}
		if own && !p.declares(dir, m[2]) {
			add(problemInFile(file, line, "-X "+m[1]+"."+m[2], "name a variable of internal/buildinfo",
				"%s has no such variable, so the linker ignores the flag", dir))
		}
	}
}

func (p *Project) declares(dir, name string) bool {
	declared := regexp.MustCompile(`(?m)^(?:var\s+|\t)` + name + `\b`)
	return slices.ContainsFunc(p.in(dir, ".go"), func(file string) bool { return declared.Match(p.files[file]) })
}

// binaryPath returns the path of the binary in the image.
func (p *Project) binaryPath(built string, add func(Problem)) string {
	for _, c := range p.dockerfile.of("COPY") {
		words := c.words()
		if !c.final || len(words) < 3 || !strings.HasPrefix(words[0], "--from=") {
			continue
		}
		from, to := words[len(words)-2], words[len(words)-1]
		if built != "" && path.Base(from) == path.Base(built) && from != built || path.Base(from) == p.Name && built != "" && from != built {
			add(problemInFile("Dockerfile", c.line, "COPY", "copy "+built, "copies %s, but go build writes %s", from, built))
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

// checkRun checks everything that runs the binary: the entry point, the health check, the pods and Compose.
func (p *Project) checkRun(binary string, add func(Problem)) {
	entry, ok := p.dockerfile.last("ENTRYPOINT")
	if ok && binary != "" && len(entry.words()) > 0 && entry.words()[0] != binary {
		add(problemInFile("Dockerfile", entry.line, "ENTRYPOINT", "use the destination of COPY",
			"starts %s, but the binary is %s", entry.words()[0], binary))
	}
	if len(p.dockerfile.instructions) > 0 && !ok {
		add(problemInFile("Dockerfile", 0, "ENTRYPOINT", "add it in exec form",
			"is missing, so the image does not start the service"))
	}
	if cmd, ok := p.dockerfile.last("CMD"); ok {
		p.checkCommand(problemInFile("Dockerfile", cmd.line, "CMD", "", ""), cmd.words(), add)
	}
	if health, ok := p.dockerfile.last("HEALTHCHECK"); ok {
		_, command, _ := strings.Cut(health.args, "CMD ")
		words := instruction{args: strings.TrimSpace(command)}.words()
		if len(words) > 0 && binary != "" && path.Base(words[0]) == p.Name && words[0] != binary {
			add(problemInFile("Dockerfile", health.line, "HEALTHCHECK", "use the destination of COPY",
				"runs %s, but the binary is %s", words[0], binary))
		}
		if len(words) > 1 && path.Base(words[0]) == p.Name {
			p.checkCommand(problemInFile("Dockerfile", health.line, "HEALTHCHECK", "", ""), words[1:], add)
		}
	}
	for _, c := range p.containers {
		command, args := c.at("command").strs(), c.at("args").strs()
		at := c.at("args")
		if c.object == nil { // command in Compose is args in Kubernetes
			command, args, at = nil, command, c.at("command")
		}
		if len(command) > 0 && binary != "" && path.IsAbs(command[0]) && path.Base(command[0]) == p.Name && command[0] != binary {
			add(problemAt(c.at("command"), c.title()+".command", "remove it, or use "+binary, "starts %s, but the image has %s",
				command[0], binary))
		}
		if len(command) > 0 && path.Base(command[0]) != p.Name {
			continue // another program, such as a shell
		}
		if len(command) > 1 {
			args, at = command[1:], c.at("command")
		}
		p.checkCommand(problemAt(at, c.title()+".args", "", ""), args, add)
	}
}

// checkCommand requires the first argument to be a command of the binary.
func (p *Project) checkCommand(at Problem, args []string, add func(Problem)) {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") || p.golang.commands[args[0]] {
		return
	}
	at.Message = "the binary has no command " + args[0]
	at.Fix = "use one of " + strings.Join(p.commands(), ", ")
	add(at)
}

func (p *Project) commands() []string {
	return slices.DeleteFunc(sortedKeys(p.golang.commands), func(name string) bool { return name == p.Name })
}
