package generator

import "time"

// RepositoryMode says whether Write makes a repository.
type RepositoryMode int

// The modes of a Target.
const (
	RepositoryAuto   RepositoryMode = iota // a repository, unless the target lies inside one
	RepositoryNever                        // files only
	RepositoryAlways                       // a repository, also inside another
)

// Target says where and how Write puts a tree.
type Target struct {
	Dir        string // absent, an empty directory, or one that holds only a repository without a commit
	Repository RepositoryMode
	Message    string    // of the first commit; empty means "Initial commit"
	Time       time.Time // of the first commit; zero means SOURCE_DATE_EPOCH, else now

	fault func(step string) error // tests: called before each step
}

// Result says what Write did.
type Result struct {
	Dir       string // the target, as an absolute path
	Committed bool
	Commit    string   // the id of the first commit
	Branch    string   // the branch it is on
	Author    string   // "Name <address>" of the first commit
	Fallback  bool     // git has no user configured, so the author is a fixed one
	Enclosing string   // the work tree around the target, because of which no repository was made
	Removed   []string // leftovers of killed runs that were removed
}
