package writer

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// The author of the first commit if git has no user configured.
const (
	fallbackName  = "acton-new"
	fallbackEmail = "acton-new@localhost.invalid"
)

// commitPlan holds the metadata of the first commit.
type commitPlan struct {
	branch    string
	message   string
	author    object.Signature
	committer object.Signature
	fallback  bool // the author is the fallback author
}

// newCommitPlan reads the author from the environment and git's configuration, as git does. repo is the existing
// repository, or nil.
func newCommitPlan(target Target, repo *repository) (*commitPlan, error) {
	when, err := commitTime(target.Time)
	if err != nil {
		return nil, err
	}
	p := &commitPlan{branch: "main", message: "Initial commit"}
	var local *config.Config
	if repo != nil {
		p.branch, local = repo.branch, repo.config
	}
	if target.Message != "" {
		p.message = target.Message
	}
	p.message = strings.TrimRight(p.message, "\n") + "\n"

	name, email := configuredUser(local)
	p.fallback = name == "" || email == ""
	if p.fallback {
		name, email = fallbackName, fallbackEmail
	}
	p.author = signature("GIT_AUTHOR", name, email, when)
	p.committer = signature("GIT_COMMITTER", name, email, when)
	if p.author.Name != name || p.author.Email != email {
		p.fallback = false
	}
	return p, nil
}

// commitTime returns the given time, else SOURCE_DATE_EPOCH, else the current time.
func commitTime(set time.Time) (time.Time, error) {
	if !set.IsZero() {
		return set, nil
	}
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		return time.Now(), nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil || seconds < 0 {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH %q: not a number of seconds since 1970; for example 1767225600",
			epoch)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// signature returns a signature. The environment variables override name and email.
func signature(variable, name, email string, when time.Time) object.Signature {
	if v := clean(os.Getenv(variable + "_NAME")); v != "" {
		name = v
	}
	if v := clean(os.Getenv(variable + "_EMAIL")); v != "" {
		email = v
	}
	return object.Signature{Name: name, Email: email, When: when}
}

// configuredUser reads user.name and user.email from the local, global and system git configuration.
func configuredUser(local *config.Config) (name, email string) {
	sources := []*config.Config{local}
	for _, file := range gitConfigFiles() {
		f, err := os.Open(file)
		if err != nil {
			continue
		}
		if c, err := config.ReadConfig(f); err == nil { // skip a file that git could not read either
			sources = append(sources, c)
		}
		_ = f.Close()
	}
	for _, c := range sources {
		if c == nil {
			continue
		}
		if name == "" {
			name = clean(c.User.Name)
		}
		if email == "" {
			email = clean(c.User.Email)
		}
	}
	return name, email
}

// gitConfigFiles returns git's global and system configuration files, highest precedence first.
func gitConfigFiles() []string {
	var files []string
	if global := os.Getenv("GIT_CONFIG_GLOBAL"); global != "" {
		files = append(files, global)
	} else if paths, err := config.Paths(config.GlobalScope); err == nil {
		// go-git lists the file below XDG_CONFIG_HOME first, but git gives ~/.gitconfig precedence.
		for _, own := range []bool{true, false} {
			for _, path := range paths {
				if strings.HasSuffix(path, ".gitconfig") == own {
					files = append(files, path)
				}
			}
		}
	}
	if os.Getenv("GIT_CONFIG_NOSYSTEM") == "" {
		if paths, err := config.Paths(config.SystemScope); err == nil {
			files = append(files, paths...)
		}
	}
	return files
}

// clean removes the characters that would end a name or an address in a commit.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == '<' || r == '>' || r == 0x7f {
			return -1
		}
		return r
	}, s))
}
