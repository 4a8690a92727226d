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

// location is the place in which the command runs. It gives the default module path.
type location struct {
	workDir string
	getenv  func(string) string
}

// defaultModule returns the default module path of a project in the target directory, and the reason for it. The path
// comes from the closest enclosing Go module or git remote, then from git's GitHub user, else it is a placeholder.
func (l location) defaultModule(target, name string) (modulePath, reason string) {
	if !filepath.IsAbs(target) {
		target = filepath.Join(l.workDir, target)
	}
	type candidate struct{ path, reason string }
	candidates := []candidate{}
	for dir := filepath.Clean(target); ; dir = filepath.Dir(dir) {
		rel, err := filepath.Rel(dir, target)
		if err != nil {
			break
		}
		below := filepath.ToSlash(rel)
		if root := moduleAt(dir); root != "" {
			reason := "derived from the module in " + filepath.Join(dir, "go.mod")
			candidates = append(candidates, candidate{path.Join(root, below), reason})
		}
		if root, remote := remoteAt(dir); root != "" {
			reason := "derived from the git remote " + remote + " of " + dir
			candidates = append(candidates, candidate{path.Join(root, below), reason})
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	if owner := gitOwner(l.getenv); owner != "" {
		reason := "derived from the GitHub user " + owner + " in git's configuration"
		candidates = append(candidates, candidate{"github.com/" + owner + "/" + name, reason})
	}
	for _, c := range candidates {
		if generator.CheckModule(c.path) == nil {
			return c.path, c.reason
		}
	}
	return "example.com/" + name, "a placeholder: there is no go.mod, git remote or GitHub user to derive it from"
}

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

// remoteAt returns the module path and the name of the remote of the repository with the work tree dir. The remote is
// origin, or the only one. Without such a remote both are empty.
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

// remotePath converts the URL of a remote to a module path: git@host:owner/name.git and https://host/owner/name both
// become host/owner/name. It drops user, password and port. It returns "" for local paths.
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
