package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/config"
)

func readGitConfig(file string) (*config.Config, error) {
	data, err := readFile(file)
	if err != nil {
		return nil, err
	}
	c := config.New()
	if err := config.NewDecoder(bytes.NewReader(data)).Decode(c); err != nil {
		return nil, err
	}
	return c, nil
}

// gitDir returns the directory that holds the git configuration of the work tree dir. It is .git, or, in a linked work
// tree or a submodule, the directory that the file .git points to.
func gitDir(dir string) string {
	dotGit := filepath.Join(dir, ".git")
	data, err := readFile(dotGit)
	if err != nil {
		return dotGit
	}
	target, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "gitdir: ")
	if !ok {
		return dotGit
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(dir, target)
	}
	common, err := readFile(filepath.Join(target, "commondir"))
	if err != nil {
		return target
	}
	shared := strings.TrimSpace(string(common))
	if !filepath.IsAbs(shared) {
		shared = filepath.Join(target, shared)
	}
	return shared
}

// noReply matches the address that GitHub assigns to users who hide theirs: 123+name@users.noreply.github.com.
var noReply = regexp.MustCompile(`^(?:[0-9]+\+)?([A-Za-z0-9-]+)@users\.noreply\.github\.com$`)

// gitOwner returns the GitHub user in git's global configuration: github.user, or the user in a noreply user.email.
func gitOwner(getenv func(string) string) string {
	owner := ""
	for _, file := range globalGitConfigs(getenv) {
		c, err := readGitConfig(file)
		if err != nil {
			continue
		}
		if m := noReply.FindStringSubmatch(c.Section("user").Option("email")); m != nil {
			owner = m[1]
		}
		if user := c.Section("github").Option("user"); user != "" {
			owner = user
		}
	}
	return owner
}

// globalGitConfigs returns git's global configuration files. Later files override earlier ones.
func globalGitConfigs(getenv func(string) string) []string {
	if file := getenv("GIT_CONFIG_GLOBAL"); file != "" {
		return []string{file}
	}
	home := getenv("HOME")
	if home == "" {
		home, _ = os.UserHomeDir() // on failure the paths below do not exist
	}
	xdg := getenv("XDG_CONFIG_HOME")
	if xdg == "" {
		xdg = filepath.Join(home, ".config")
	}
	return []string{filepath.Join(xdg, "git", "config"), filepath.Join(home, ".gitconfig")}
}
