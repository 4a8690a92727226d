// Package writer writes a project to a directory with a first commit. If it fails or is killed, the target is absent or
// complete.
package writer

import (
	"time"

	"github.com/acton-go/acton-new/internal/generator"
)

// RepositoryMode determines whether Write creates a repository.
type RepositoryMode int

// The modes of a Target.
const (
	RepositoryAuto   RepositoryMode = iota // a repository, unless the target is inside another one
	RepositoryNever                        // files only
	RepositoryAlways                       // a repository, even inside another one
)

// Target determines where and how Write writes a tree.
type Target struct {
	Dir        string // must not exist, be empty, or contain only a repository with at most the starter files of a forge
	Repository RepositoryMode
	Branch     string    // branch of a new repository; empty means "main"
	Message    string    // message of the first commit; empty means "Initial commit"
	Time       time.Time // time of the first commit; zero means SOURCE_DATE_EPOCH, else the current time
}

// Result describes what Write did.
type Result struct {
	Dir       string // absolute path of the target
	Tree      generator.Tree
	Existing  []Existing // the files that were in the target
	Committed bool
	Commit    string   // ID of the first commit
	Branch    string   // branch of the first commit
	Author    string   // author of the first commit, as "Name <address>"
	Fallback  bool     // git has no user configured, so the author is a fixed one
	Unsigned  bool     // git is configured to sign commits, but the first commit is not signed
	Untrusted bool     // git refuses to work in the repository, because another user owns it
	Enclosing string   // the work tree around the target, if the target has no repository of its own
	Removed   []string // leftovers of killed runs that Write removed
}
