package main

import (
	"cmp"
	"os"
	"path"
	"path/filepath"
	"regexp"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/gitconfig"
	"github.com/acton-go/acton-new/internal/writer"
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
			if prefix, _, ok := module.SplitPathVersion(root); ok && below != "." {
				root = prefix // the major version is no directory
			}
			candidates = append(candidates, candidate{path.Join(root, below), reason})
		}
		if root, remote := l.remoteAt(dir); root != "" {
			reason := "derived from the git remote " + remote + " of " + dir
			candidates = append(candidates, candidate{path.Join(root, below), reason})
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	if owner := githubUser(gitconfig.Read(filepath.Join(target, ".git"), l.getenv)); owner != "" {
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

// defaultBranch returns the default branch of the repository to which a project in the target directory belongs. It is the
// branch of a clone, the default branch of the repository around the target, or the branch that git init creates. The source
// says which.
func (l location) defaultBranch(target string, mode writer.RepositoryMode) (branch, source string) {
	git := gitconfig.Dir(target)
	own := gitconfig.Branch(git)
	if enclosing := writer.Enclosing(target); own == "" && enclosing != "" && mode != writer.RepositoryAlways {
		git = gitconfig.Dir(enclosing)
		own = l.mainBranch(git)
	}
	if branch := cmp.Or(gitconfig.RemoteBranch(git), own); branch != "" {
		return branch, "the repository in " + git
	}
	return gitconfig.Read(git, l.getenv).InitialBranch(), "init.defaultBranch of git"
}

// mainBranch returns the local branch of a repository that is most likely its default branch, or "". The current branch is the
// last choice, because it can be a topic branch. With a remote it almost always is.
func (l location) mainBranch(git string) string {
	for _, branch := range []string{gitconfig.Read(git, l.getenv).InitialBranch(), "main", "master"} {
		if gitconfig.HasBranch(git, branch) {
			return branch
		}
	}
	if len(gitconfig.ReadRepository(git, l.getenv).Remotes()) > 0 {
		return ""
	}
	return gitconfig.Branch(git)
}

// inWorkspace reports whether the go command would use a go.work that does not list the new project: the one in a
// directory above it, or $GOWORK.
func (r request) inWorkspace() bool {
	if work := r.location.getenv("GOWORK"); work != "" {
		return work != "off"
	}
	for dir := r.absolute(); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(filepath.Dir(dir), "go.work")); err == nil && !info.IsDir() {
			return true
		}
	}
	return false
}

// moduleAt returns the module path of dir's go.mod, or "".
func moduleAt(dir string) string {
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return ""
	}
	return modfile.ModulePath(data)
}

// remoteAt returns the module path and the name of the remote of the repository with the work tree dir. The remote is
// origin, or the only one. Without such a remote both are empty.
func (l location) remoteAt(dir string) (modulePath, remote string) {
	remotes := gitconfig.ReadRepository(gitconfig.Dir(dir), l.getenv).Remotes()
	for _, name := range remotes {
		if name == "origin" || len(remotes) == 1 {
			return generator.ModuleOf(gitconfig.Read(gitconfig.Dir(dir), l.getenv).RemoteURL(name)), name
		}
	}
	return "", ""
}

// noReply matches the address that GitHub assigns to users who hide theirs: 123+name@users.noreply.github.com.
var noReply = regexp.MustCompile(`^(?:[0-9]+\+)?([A-Za-z0-9-]+)@users\.noreply\.github\.com$`)

// githubUser returns github.user, or the user in a noreply user.email, or "".
func githubUser(settings gitconfig.Settings) string {
	if user := settings.Get("github.user"); user != "" {
		return user
	}
	if m := noReply.FindStringSubmatch(settings.Get("user.email")); m != nil {
		return m[1]
	}
	return ""
}
