package main

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/acton-go/acton-new/internal/generator"
)

// surroundings are where a project is made: what they tell is only ever a default, and shown with its reason.
type surroundings struct {
	working string // the working directory
	getenv  func(string) string
}

// module returns the default module path of a project in the target directory, and why it is that: the module around it,
// the remote of the repository around it, git's user, or else a placeholder.
func (s surroundings) module(target, name string) (modulePath, reason string) {
	if !filepath.IsAbs(target) {
		target = filepath.Join(s.working, target)
	}
	type guess struct{ path, reason string }
	guesses := []guess{}
	for dir := filepath.Clean(target); ; dir = filepath.Dir(dir) {
		rel, err := filepath.Rel(dir, target)
		if err != nil {
			break
		}
		below := filepath.ToSlash(rel)
		if root := moduleAt(dir); root != "" {
			guesses = append(guesses, guess{path.Join(root, below), "below the module of " + filepath.Join(dir, "go.mod")})
		}
		if root, remote := remoteAt(dir); root != "" {
			guesses = append(guesses, guess{path.Join(root, below), "derived from the remote " + remote + " of " + dir})
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	if owner := gitOwner(s.getenv); owner != "" {
		guesses = append(guesses, guess{"github.com/" + owner + "/" + name, "derived from git's user " + owner})
	}
	for _, g := range guesses {
		if generator.CheckModule(g.path) == nil {
			return g.path, g.reason
		}
	}
	return "example.com/" + name, "a placeholder, as nothing around it tells a better one"
}

// readFile reads what lies where the command runs, or where its flags say.
func readFile(file string) ([]byte, error) {
	return os.ReadFile(file)
}

// moduleAt returns the module path of dir's go.mod, or "".
func moduleAt(dir string) string {
	data, err := readFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return ""
	}
	return modfile.ModulePath(data)
}

// remoteAt returns the remote of the repository whose work tree is dir, as a module path, and the remote's name. The
// remote is origin, or else the only one.
func remoteAt(dir string) (modulePath, remote string) {
	config, err := readGitConfig(filepath.Join(gitDir(dir), "config"))
	if err != nil {
		return "", ""
	}
	remotes := config.Section("remote").Subsections
	for _, r := range remotes {
		if r.Name == "origin" || len(remotes) == 1 {
			return remotePath(r.Option("url")), r.Name
		}
	}
	return "", ""
}

// remotePath turns the address of a remote into a module path: git@host:owner/name.git and https://host/owner/name both
// become host/owner/name. User, password and port are left out; local paths have no module path.
func remotePath(address string) string {
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
	return path.Join(strings.ToLower(host), strings.TrimSuffix(strings.Trim(rest, "/"), ".git"))
}
