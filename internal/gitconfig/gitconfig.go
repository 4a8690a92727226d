// Package gitconfig reads the settings of git as git does: files in the order of their precedence, includes, conditional
// includes and the environment. It does not run git, which the user may not have.
package gitconfig

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/gcfg"
)

// Settings are settings of git in the order in which git reads them. The last value of a key counts.
type Settings []setting

type setting struct{ key, value string }

// Get returns the value of a key such as user.name, or "". Section and name of a key are in lower case.
func (s Settings) Get(key string) string {
	for _, one := range slices.Backward(s) {
		if one.key == key {
			return one.value
		}
	}
	return ""
}

// Remotes returns the names of the remotes with a URL, in the order in which they are first set.
func (s Settings) Remotes() []string {
	var names []string
	for _, one := range s {
		name, isRemote := strings.CutPrefix(one.key, "remote.")
		name, hasURL := strings.CutSuffix(name, ".url")
		if isRemote && hasURL && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Dir returns the directory with the configuration of the repository of a work tree. It is .git, or, in a linked work
// tree or a submodule, the directory that the file .git points to.
func Dir(workTree string) string {
	dotGit := filepath.Join(workTree, ".git")
	data, err := os.ReadFile(dotGit)
	if err != nil {
		return dotGit
	}
	target, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "gitdir: ")
	if !ok {
		return dotGit
	}
	target = absolute(target, workTree)
	common, err := os.ReadFile(filepath.Join(target, "commondir")) //nolint:gosec // git follows the same path
	if err != nil {
		return target
	}
	return absolute(strings.TrimSpace(string(common)), target)
}

func absolute(path, base string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, path)
}

// Read returns the settings in the work tree with the repository gitDir, which need not exist yet: those of the system,
// of the user, of the repository and of the environment.
func Read(gitDir string, getenv func(string) string) Settings {
	r := newReader(gitDir, getenv)
	for _, file := range r.systemFiles() {
		r.file(file, 0)
	}
	for _, file := range r.userFiles() {
		r.file(file, 0)
	}
	r.file(filepath.Join(gitDir, "config"), 0)
	r.environment()
	return r.settings
}

// ReadRepository returns the settings of the repository alone.
func ReadRepository(gitDir string, getenv func(string) string) Settings {
	r := newReader(gitDir, getenv)
	r.file(filepath.Join(gitDir, "config"), 0)
	return r.settings
}

// maxIncludes is the depth of includes that git allows.
const maxIncludes = 10

type reader struct {
	gitDirs  []string // path of the repository, as given and with symbolic links resolved
	branch   string   // "" without a repository
	home     string
	getenv   func(string) string
	settings Settings
}

func newReader(gitDir string, getenv func(string) string) *reader {
	r := &reader{gitDirs: []string{filepath.ToSlash(gitDir)}, home: getenv("HOME"), getenv: getenv}
	if r.home == "" {
		r.home, _ = os.UserHomeDir() // on failure the files below it do not exist
	}
	if parent, err := filepath.EvalSymlinks(existing(gitDir)); err == nil {
		rest, _ := filepath.Rel(existing(gitDir), gitDir)
		r.gitDirs = append(r.gitDirs, filepath.ToSlash(filepath.Join(parent, rest)))
	}
	if head, err := os.ReadFile(filepath.Join(gitDir, "HEAD")); err == nil {
		r.branch, _ = strings.CutPrefix(strings.TrimSpace(string(head)), "ref: refs/heads/")
	}
	return r
}

// existing returns the path, or its closest parent that exists.
func existing(path string) string {
	for {
		if _, err := os.Lstat(path); err == nil || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
}

func (r *reader) systemFiles() []string {
	if r.getenv("GIT_CONFIG_NOSYSTEM") != "" {
		return nil
	}
	if file := r.getenv("GIT_CONFIG_SYSTEM"); file != "" {
		return []string{file}
	}
	return []string{"/etc/gitconfig"}
}

func (r *reader) userFiles() []string {
	if file := r.getenv("GIT_CONFIG_GLOBAL"); file != "" {
		return []string{file}
	}
	xdg := r.getenv("XDG_CONFIG_HOME")
	if xdg == "" {
		xdg = filepath.Join(r.home, ".config")
	}
	return []string{filepath.Join(xdg, "git", "config"), filepath.Join(r.home, ".gitconfig")}
}

// file adds the settings of a file. It skips a file that is missing or that git could not read either.
func (r *reader) file(name string, depth int) {
	f, err := os.Open(name)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	before := len(r.settings)
	err = gcfg.ReadWithCallback(f, func(section, subsection, key, value string, _ bool) error {
		if key == "" {
			return nil
		}
		section, key = strings.ToLower(section), strings.ToLower(key)
		full := section + "." + key
		if subsection != "" {
			full = section + "." + subsection + "." + key
		}
		r.settings = append(r.settings, setting{full, value})
		if key == "path" && depth < maxIncludes && (full == "include.path" || section == "includeif" && r.applies(subsection, name)) {
			r.file(r.path(value, name), depth+1)
		}
		return nil
	})
	if gcfg.FatalOnly(err) != nil {
		r.settings = r.settings[:before]
	}
}

// path returns the absolute path of an include in a file.
func (r *reader) path(value, file string) string {
	if rest, ok := strings.CutPrefix(value, "~/"); ok {
		return filepath.Join(r.home, rest)
	}
	return absolute(value, filepath.Dir(file))
}

// environment adds the settings of GIT_CONFIG_COUNT, GIT_CONFIG_KEY_0, GIT_CONFIG_VALUE_0 and so on.
func (r *reader) environment() {
	n, err := strconv.Atoi(r.getenv("GIT_CONFIG_COUNT"))
	if err != nil {
		return
	}
	for i := range n {
		key, value := r.getenv("GIT_CONFIG_KEY_"+strconv.Itoa(i)), r.getenv("GIT_CONFIG_VALUE_"+strconv.Itoa(i))
		section, rest, _ := strings.Cut(key, ".")
		subsection, name := "", rest
		if last := strings.LastIndex(rest, "."); last >= 0 {
			subsection, name = rest[:last+1], rest[last+1:]
		}
		r.settings = append(r.settings, setting{strings.ToLower(section) + "." + subsection + strings.ToLower(name), value})
	}
}
