// Package gitconfig reads the settings of git as git does: files in the order of their precedence, includes, conditional
// includes and the environment. It does not run git, which the user may not have.
package gitconfig

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Settings are settings of git in the order in which git reads them. The last value of a key counts.
type Settings []Setting

// Setting is a key and its value. Section and name of the key are in lower case.
type Setting struct {
	Key, Value string
	bare       bool // the key alone, without "=", which is true
}

// Get returns the value of a key such as user.name, or "". Section and name of a key are in lower case.
func (s Settings) Get(key string) string {
	for _, one := range slices.Backward(s) {
		if one.Key == key {
			return one.Value
		}
	}
	return ""
}

// All returns every value of a key.
func (s Settings) All(key string) []string {
	var values []string
	for _, one := range s {
		if one.Key == key {
			values = append(values, one.Value)
		}
	}
	return values
}

// Bool returns the value of a key as git understands it. It is false without a value.
func (s Settings) Bool(key string) bool {
	for _, one := range slices.Backward(s) {
		if one.Key == key {
			return one.bare || isTrue(one.Value)
		}
	}
	return false
}

func isTrue(value string) bool {
	switch strings.ToLower(value) {
	case "true", "yes", "on":
		return true
	}
	n, err := strconv.Atoi(value)
	return err == nil && n != 0
}

// InitialBranch returns the branch of a new repository: init.defaultBranch, else main.
func (s Settings) InitialBranch() string { return cmp.Or(s.Get("init.defaultbranch"), "main") }

// Remotes returns the names of the remotes with a URL, in the order in which they are first set.
func (s Settings) Remotes() []string {
	var names []string
	for _, one := range s {
		name, isRemote := strings.CutPrefix(one.Key, "remote.")
		name, hasURL := strings.CutSuffix(name, ".url")
		if isRemote && hasURL && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// RemoteURL returns the URL of a remote as git fetches from it: the longest prefix that is the value of a setting
// url.BASE.insteadOf becomes BASE.
func (s Settings) RemoteURL(name string) string {
	url := s.Get("remote." + name + ".url")
	prefix, base := "", ""
	for _, one := range s {
		key, isURL := strings.CutPrefix(one.Key, "url.")
		key, isInsteadOf := strings.CutSuffix(key, ".insteadof")
		if isURL && isInsteadOf && len(one.Value) > len(prefix) && strings.HasPrefix(url, one.Value) {
			prefix, base = one.Value, key
		}
	}
	return base + strings.TrimPrefix(url, prefix)
}

// Dir returns the directory with the configuration of the repository of a work tree. It is .git, or, in a linked work
// tree or a submodule, the directory that the file .git points to.
func Dir(workTree string) string {
	own := WorkTreeDir(workTree)
	common, err := os.ReadFile(filepath.Join(own, "commondir"))
	if err != nil {
		return own
	}
	return absolute(strings.TrimSpace(string(common)), own)
}

// WorkTreeDir returns the directory in which git keeps the index of the work tree: that of the repository, unless the work tree
// is a linked one.
func WorkTreeDir(workTree string) string {
	dotGit := filepath.Join(workTree, ".git")
	data, err := os.ReadFile(dotGit)
	if err != nil {
		return dotGit
	}
	target, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "gitdir: ")
	if !ok {
		return dotGit
	}
	return absolute(target, workTree)
}

func absolute(path, base string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, path)
}

// Branch returns the branch of a repository, or "" if its HEAD is detached or missing.
func Branch(gitDir string) string { return symbolic(filepath.Join(gitDir, "HEAD"), "refs/heads/") }

// RemoteBranch returns the default branch of the remote origin, or "" if it is unknown.
func RemoteBranch(gitDir string) string {
	return symbolic(filepath.Join(gitDir, "refs", "remotes", "origin", "HEAD"), "refs/remotes/origin/")
}

// HasBranch reports whether the repository has a local branch.
func HasBranch(gitDir, branch string) bool {
	if info, err := os.Stat(filepath.Join(gitDir, "refs", "heads", filepath.FromSlash(branch))); err == nil && !info.IsDir() {
		return true
	}
	packed, err := os.ReadFile(filepath.Join(gitDir, "packed-refs"))
	return err == nil && strings.Contains(string(packed), " refs/heads/"+branch+"\n")
}

// symbolic returns the branch that a symbolic reference refers to, or "".
func symbolic(file, prefix string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	branch, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "ref: "+prefix)
	if !ok {
		return ""
	}
	return branch
}

// Read returns the settings in the work tree with the repository gitDir, which need not exist yet: those of the system,
// of the user, of the repository and of the environment.
func Read(gitDir string, getenv func(string) string) Settings { return read(gitDir, getenv).settings }

func read(gitDir string, getenv func(string) string) *reader {
	r := newReader(gitDir, getenv)
	// The first time without the remotes and the initial branch, on which conditional includes can depend.
	r.files()
	for _, one := range r.settings {
		if strings.HasPrefix(one.Key, "remote.") && strings.HasSuffix(one.Key, ".url") {
			r.remotes = append(r.remotes, one.Value)
		}
	}
	if !exists(gitDir) {
		r.branch = r.settings.InitialBranch()
	}
	r.settings = nil
	r.files()
	return r
}

// files reads all files and the environment.
func (r *reader) files() {
	for _, file := range slices.Concat(r.systemFiles(), r.userFiles(), []string{filepath.Join(r.gitDir, "config")}) {
		r.file(file)
	}
	r.environment()
}

// ReadRepository returns the settings of the repository alone.
func ReadRepository(gitDir string, getenv func(string) string) Settings {
	r := newReader(gitDir, getenv)
	r.file(filepath.Join(gitDir, "config"))
	return r.settings
}

// Check returns an error with the file and the line if git does not accept a file that Read reads.
func Check(gitDir string, getenv func(string) string) error {
	if _, err := os.ReadFile(filepath.Join(gitDir, "config")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return read(gitDir, getenv).refused
}

// maxIncludes is the depth of includes that git allows.
const maxIncludes = 10

type reader struct {
	gitDir   string
	gitDirs  []string // path of the repository, as given and with symbolic links resolved
	branch   string   // "" if HEAD is detached
	remotes  []string // URLs
	home     string
	getenv   func(string) string
	open     []string // the file that is being read, after those that include it
	settings Settings
	refused  error // of the first file that git does not accept
}

func newReader(gitDir string, getenv func(string) string) *reader {
	r := &reader{
		gitDir: gitDir, gitDirs: []string{filepath.ToSlash(gitDir)}, branch: Branch(gitDir), home: getenv("HOME"), getenv: getenv,
	}
	if r.home == "" {
		r.home, _ = os.UserHomeDir() // on failure the files below it do not exist
	}
	if parent, err := filepath.EvalSymlinks(existing(gitDir)); err == nil {
		rest, _ := filepath.Rel(existing(gitDir), gitDir)
		r.gitDirs = append(r.gitDirs, filepath.ToSlash(filepath.Join(parent, rest)))
	}
	return r
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// existing returns the path, or its closest parent that exists.
func existing(path string) string {
	for {
		if exists(path) || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
}

func (r *reader) systemFiles() []string {
	if isTrue(r.getenv("GIT_CONFIG_NOSYSTEM")) {
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

// file adds the settings of a file. It skips a file that is missing, that includes itself or that git could not read either.
func (r *reader) file(name string) {
	if slices.Contains(r.open, name) || len(r.open) > maxIncludes {
		return
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return
	}
	before := len(r.settings)
	r.open = append(r.open, name)
	err = parse(string(data), func(s Setting) { r.add(s, name) })
	r.open = r.open[:len(r.open)-1]
	if err != nil {
		r.settings = r.settings[:before]
		r.refused = cmp.Or(r.refused, fmt.Errorf("%s: %w", name, err))
	}
}

// add adds a setting of a file, or of the environment if the name is empty. It follows an include.
func (r *reader) add(s Setting, file string) {
	r.settings = append(r.settings, s)
	condition, ok := strings.CutPrefix(s.Key, "includeif.")
	condition, isPath := strings.CutSuffix(condition, ".path")
	if s.Key == "include.path" || ok && isPath && r.applies(condition, file) {
		if path := r.path(s.Value, file); filepath.IsAbs(path) {
			r.file(path)
		}
	}
}

// path returns the path of an include in a file. In the environment, it must be absolute.
func (r *reader) path(value, file string) string {
	if rest, ok := strings.CutPrefix(value, "~/"); ok {
		return filepath.Join(r.home, rest)
	}
	if file == "" {
		return value
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
		r.add(Setting{Key: strings.ToLower(section) + "." + subsection + strings.ToLower(name), Value: value}, "")
	}
}
