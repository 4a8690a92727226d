package generator

import (
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/acton-go/acton-new/internal/lock"
)

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,38}[a-z0-9]$`)

// reservedNames maps names with a special meaning to the reason why they are invalid. The templates use the name of the
// sample service.
var reservedNames = map[string]string{
	"testdata":  "the go command ignores directories with that name",
	"vendor":    "the go command reads vendored modules from a directory with that name",
	"internal":  "the go command restricts imports from a directory with that name",
	"bin":       "tools ignore directories with that name",
	"make":      "the documents use the program with that name",
	"sh":        "it would replace the shell of its image",
	"template0": postgresName, "template1": postgresName,
	"true": yamlWord, "false": yamlWord, "yes": yamlWord, "no": yamlWord, "on": yamlWord, "off": yamlWord, "null": yamlWord,
	"con": device, "prn": device, "aux": device, "nul": device,
	sampleName: "the templates use that name",
	"add":      commandWord, "check": commandWord, "completion": commandWord, "features": commandWord, "help": commandWord,
	"remove": commandWord, "update": commandWord, "version": commandWord,
}

const (
	commandWord = "that name is reserved for a command of acton-new"

	yamlWord = "YAML reads that word as a boolean or null"
	device   = "Windows reserves that name for a device"

	postgresName = "PostgreSQL has a database with that name"

	otherVariable = "the variables of its settings would begin with %s, like %s"
)

// takenNames has a line for each name that means something else in a project: the name, a tab and the reason. An asterisk
// ends the beginning of names. A test derives them from the templates.
//
//go:embed takennames.txt
var takenNames string

// otherVariables are variables that other programs read or set on many machines. A service refuses to start if a variable
// begins like its settings, but is none.
var otherVariables = strings.Fields(`ALL_PROXY AWS_REGION AZURE_CLIENT_ID CI_JOB_ID DOCKER_HOST GIT_AUTHOR_NAME GOOGLE_CLOUD_PROJECT
	HTTP_PROXY HTTPS_PROXY LC_ALL SSH_AUTH_SOCK SSL_CERT_FILE TERM_PROGRAM`)

// checkTaken rejects a name that means something else in the project, or whose settings look like variables of other programs.
func checkTaken(name string) error {
	for line := range strings.Lines(takenNames) {
		taken, reason, _ := strings.Cut(strings.TrimSpace(line), "\t")
		beginning, several := strings.CutSuffix(taken, "*")
		if taken == name || several && strings.HasPrefix(name, beginning) {
			return errors.New(reason)
		}
	}
	prefix := strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_"
	for _, variable := range otherVariables {
		if strings.HasPrefix(variable, prefix) {
			return fmt.Errorf(otherVariable, prefix, variable)
		}
	}
	return nil
}

var (
	devicePattern  = regexp.MustCompile(`^(com|lpt)[0-9]$`)
	versionPattern = regexp.MustCompile(`^v[0-9]+$`)
)

// CheckName validates the name of a service, which is also the name of its directory, its command, its image and its
// Kubernetes objects. The error contains an example.
func CheckName(name string) error {
	const example = "for example billing-api"
	reason, reserved := reservedNames[name]
	if devicePattern.MatchString(name) {
		reason, reserved = device, true
	}
	if versionPattern.MatchString(name) {
		reason, reserved = "the go command reads that as the version of a module", true
	}
	switch {
	case name == "":
		return errors.New("name: missing; " + example)
	case name == "." || name == ".." || strings.ContainsAny(name, `/\`):
		return fmt.Errorf("name %q: that is a directory; give the name of the service, and add --dir %s; %s --dir %s", name, name, example, name)
	case len(name) < 2 || len(name) > 40:
		return fmt.Errorf("name %q: must have 2 to 40 characters; %s", name, example)
	case !namePattern.MatchString(name):
		return fmt.Errorf("name %q: must contain only lower-case letters, digits and hyphens, begin with a letter, "+
			"and not end with a hyphen; %s", name, example)
	case strings.Contains(name, "--"):
		return fmt.Errorf("name %q: cannot contain two hyphens in a row; %s", name, example)
	case reserved:
		return fmt.Errorf("name %q: %s; %s", name, reason, example)
	case strings.HasPrefix(name, "kube-"):
		return fmt.Errorf("name %q: Kubernetes reserves namespaces that begin with kube-; %s", name, example)
	}
	if err := checkTaken(name); err != nil {
		return fmt.Errorf("name %q: %w; %s", name, err, example)
	}
	return nil
}

var branchPattern = regexp.MustCompile(`^\w[\w-]*(\.[\w-]+)*(/[\w-]+(\.[\w-]+)*)*$`)

// CheckBranch validates the name of a branch. Links and patterns of workflows contain it, so that it cannot have every
// character that git allows.
func CheckBranch(branch string) error {
	if name, ok := strings.CutPrefix(branch, "refs/heads/"); ok {
		return fmt.Errorf("branch %q: that is a reference; write the name of the branch: --branch %s", branch, name)
	}
	if len(branch) > maxBranch {
		return fmt.Errorf("branch: has %d characters, at most %d are allowed; give a shorter one, for example --branch trunk", len(branch), maxBranch)
	}
	if !branchPattern.MatchString(branch) || branch == "HEAD" || strings.Contains(branch+"/", ".lock/") {
		return fmt.Errorf("branch %q: must be a branch name of letters, digits, dots, hyphens, underscores and slashes; "+
			"for example --branch trunk", branch)
	}
	return nil
}

// The maximum lengths of a module path and of a branch.
const (
	maxModule = 150
	maxBranch = 100
)

// suffixForges are the hosts for which the go command rejects a path with the suffix .git.
var suffixForges = []string{"github.com", "bitbucket.org"}

// CheckModule validates the module path of a service. The error contains an example.
func CheckModule(path string) error {
	const example = "for example github.com/acme/billing-api"
	if path == "" {
		return errors.New("module: missing; " + example)
	}
	if err := checkAddress(path); err != nil {
		return err
	}
	if len(path) > maxModule {
		return fmt.Errorf("module: has %d characters, at most %d are allowed; write a shorter path, %s", len(path), maxModule, example)
	}
	if err := module.CheckPath(path); err != nil {
		var invalid *module.InvalidPathError
		if errors.As(err, &invalid) && invalid.Err != nil {
			err = invalid.Err
		}
		return fmt.Errorf("module %q: %w; %s", path, err, example)
	}
	if slices.Contains(strings.Split(path, "/"), "vendor") {
		return fmt.Errorf("module %q: cannot contain the path element vendor; %s", path, example)
	}
	if lock.Recorded().ContainsModule(path) {
		return fmt.Errorf("module %q: the service depends on a module with that path; %s", path, example)
	}
	return nil
}

// forge is a kind of host of repositories.
type forge struct {
	host   string // how the name of the host begins
	file   string // what a URL of a file has between the repository and the branch
	nested bool   // groups can be nested, so that a module is taken for the root of its repository
}

var forges = []forge{
	{"github.", "/blob/", false},
	{"gitlab.", "/-/blob/", true},
	{"bitbucket.org/", "/src/", false},
	{"codeberg.org/", "/src/branch/", false},
	{"gitea.", "/src/branch/", false},
	{"forgejo.", "/src/branch/", false},
}

// forgeOf returns the forge of a module path. If it is unknown, URLs have the form of GitHub, and known is false.
func forgeOf(modulePath string) (f forge, known bool) {
	for _, f := range forges {
		if strings.HasPrefix(modulePath, f.host) {
			return f, true
		}
	}
	return forge{file: "/blob/", nested: true}, false
}

// repositoryOf splits a module path into the path of the repository and the directory in it, with a slash at its end. On most
// forges, a repository has an owner and a name.
func repositoryOf(modulePath string) (repository, below string) {
	parts := strings.Split(modulePath, "/")
	if last := len(parts) - 1; last > 1 && versionPattern.MatchString(parts[last]) { // the major version is no directory
		parts = parts[:last]
	}
	if f, _ := forgeOf(modulePath); len(parts) <= 3 || f.nested {
		return strings.Join(parts, "/"), ""
	}
	return strings.Join(parts[:3], "/"), strings.Join(parts[3:], "/") + "/"
}

// portPattern matches a host with a port, which is not the host:path of SSH.
var portPattern = regexp.MustCompile(`^[^@/]+:[0-9]+(/|$)`)

// checkAddress rejects the address of a repository, and returns an error with its module path. The error omits the address
// itself, which may contain a password.
func checkAddress(text string) error {
	if forge, _, _ := strings.Cut(text, "/"); slices.Contains(suffixForges, forge) && strings.HasSuffix(text, ".git") {
		return fmt.Errorf("module %q: the go command rejects the suffix .git on %s; write %s", text, forge, strings.TrimSuffix(text, ".git"))
	}
	if modulePath := ModuleOf(text); modulePath != "" && !portPattern.MatchString(text) && CheckModule(modulePath) == nil {
		return fmt.Errorf("module: that is the address of a repository; write the module path %s", modulePath)
	}
	if strings.Contains(text, "://") {
		return errors.New("module: that is an address; write a module path, without https:// and with a dot in its first part, " +
			"for example github.com/acme/billing-api")
	}
	return nil
}

// hostAlias matches a host with a suffix for one of several SSH keys, such as github.com-work, which only the SSH
// configuration of the user knows. A top-level domain has a dash only in the form xn--.
var hostAlias = regexp.MustCompile(`^(.*\.[A-Za-z]+)-[^-.][^.]*$`)

// sshHost matches a host of SSH at port 443, for networks that block port 22.
var sshHost = regexp.MustCompile(`^(?:ssh|altssh)\.(github\.com|gitlab\.com|bitbucket\.org)$`)

// ModuleOf converts the address of a repository to a module path: git@host:owner/name.git and https://host/owner/name both
// become host/owner/name. It drops user, password, port and the suffix of an SSH host alias. It returns "" if the text is not an address, and for local
// paths.
func ModuleOf(address string) string {
	host, rest := "", ""
	if u, err := url.Parse(address); err == nil && u.Scheme != "" && u.Host != "" {
		host, rest = u.Hostname(), u.Path
	} else if before, after, ok := strings.Cut(address, ":"); ok && !strings.Contains(before, "/") {
		_, host, ok = strings.Cut(before, "@")
		if !ok {
			host = before
		}
		rest = after
	}
	if !strings.Contains(host, ".") {
		return ""
	}
	host = sshHost.ReplaceAllString(strings.ToLower(hostAlias.ReplaceAllString(host, "$1")), "$1")
	return path.Join(host, strings.TrimSuffix(strings.Trim(rest, "/"), ".git"))
}
