package writer

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/acton-go/acton-new/internal/generator"
	"github.com/acton-go/acton-new/internal/gitconfig"
)

// The author of the first commit if git has no user configured.
const (
	fallbackName  = "acton-new"
	fallbackEmail = "acton-new@localhost.invalid"
)

// commitPlan holds the metadata of the commit.
type commitPlan struct {
	branch    string
	message   string
	parent    plumbing.Hash // zero for the first commit
	author    object.Signature
	committer object.Signature
	fallback  bool // the author is the fallback author
	unsigned  bool // git signs commits here, but go-git does not
}

// newCommitPlan reads the author from the environment and git's settings in dir, as git does. repo is the existing
// repository, or nil.
func newCommitPlan(target Target, dir string, repo *repository) (*commitPlan, error) {
	when, err := commitTime(target.Time)
	if err != nil {
		return nil, err
	}
	p := &commitPlan{branch: cmp.Or(target.Branch, generator.DefaultBranch), message: "Initial commit"}
	if repo != nil {
		p.branch, p.parent = repo.branch, repo.parent
		if !p.parent.IsZero() {
			p.message = "Add the generated service"
		}
	}
	if target.Message != "" {
		p.message = target.Message
	}
	p.message = strings.TrimRight(p.message, "\n") + "\n"

	if err := checkSettings(dir); err != nil {
		return nil, err
	}
	settings := gitconfig.Read(filepath.Join(dir, gitDir), os.Getenv)
	p.unsigned = settings.Bool("commit.gpgsign")
	var known bool
	if p.author, known = signature("author", settings, when); !known {
		p.fallback = true
	}
	p.committer, _ = signature("committer", settings, when)
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

// signature returns the author or the committer: from the environment, such as GIT_AUTHOR_NAME, else from author.name,
// else from user.name. It returns false if it has to use a fixed name and address.
func signature(role string, settings gitconfig.Settings, when time.Time) (object.Signature, bool) {
	first := func(key string, more ...string) string {
		candidates := append([]string{
			os.Getenv("GIT_" + strings.ToUpper(role+"_"+key)), settings.Get(role + "." + key), settings.Get("user." + key),
		}, more...)
		for _, value := range candidates {
			if value = clean(value); value != "" {
				return value
			}
		}
		return ""
	}
	name, email := first("name"), first("email", os.Getenv("EMAIL"))
	if name == "" || email == "" {
		return object.Signature{Name: cmp.Or(name, fallbackName), Email: cmp.Or(email, fallbackEmail), When: when}, false
	}
	return object.Signature{Name: name, Email: email, When: when}, true
}

// clean removes what git removes from a name or an address: some characters at its ends, and those that would end it in a
// commit.
func clean(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`.,:;<>"\'`, r) })
	return strings.NewReplacer("\n", "", "<", "", ">", "").Replace(s)
}
