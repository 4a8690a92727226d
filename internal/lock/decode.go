package lock

import (
	"fmt"
	"strings"

	"golang.org/x/mod/module"
)

// The words that lines of lock.txt begin with; lockHead, which stands above them, tells what they mean.
const (
	wordGo      = "go"
	wordPin     = "pin"
	wordRead    = "read"
	wordPackage = "\tpackage"
	wordHas     = "\thas"
	wordLacks   = "\tlacks"
	unknown     = "-" // in place of a version or a hash
	testsFollow = "|"
)

const lockHead = `# What is known about the modules that a project can need. Made by go generate ./internal/lock; do not edit.
#
# go VERSION                                 the go line of every project
# pin MODULE VERSION GO HASH HASH REQUIRES   the version that provides the packages of a module
# read MODULE VERSION GO HASH HASH REQUIRES  another version, of which the go command reads go.mod or files
#
# GO is the go line of the module's go.mod; the hashes are those of its go.mod and of all its files. "-" stands where there
# is none, or where none is ever needed. REQUIRES leaves out what can never count.
#
# 	package DIRECTORY IMPORTS | IMPORTS      a package of the module above: what it imports, and what its tests import, if
# 	                                         that can count; "." begins what is in the same module
# 	has PACKAGE, lacks PACKAGE               whether the module above has Go files in the place of a package of another
`

// Decode reads the text of a lock.
func Decode(text []byte) (*Lock, error) {
	l := newLock("")
	d := decoder{lock: l}
	for line := range strings.Lines(string(text)) {
		d.number++
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		if err := d.line(line); err != nil {
			return nil, fmt.Errorf("lock.txt:%d: %w", d.number, err)
		}
	}
	if l.goVersion == "" {
		return nil, fmt.Errorf("lock.txt: no line begins with %q", wordGo)
	}
	return l, d.link()
}

// decoder reads lines in order. Packages are linked when all are known.
type decoder struct {
	lock   *Lock
	number int
	module *moduleFacts // of the last line that began with pin or read
	links  []link
}

// link is a package with the words of its line that name others.
type link struct {
	pkg     *packageFacts
	imports string
}

func (d *decoder) line(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case wordGo:
		d.lock.goVersion = rest
		return nil
	case wordPin, wordRead:
		return d.version(rest, word == wordPin)
	}
	if d.module == nil {
		return fmt.Errorf("%q stands below no module", line)
	}
	name, rest, _ := strings.Cut(rest, " ")
	switch word {
	case wordPackage:
		if d.lock.pins[d.module.Path] != d.module {
			return fmt.Errorf("%s is not pinned, and has a package", d.module.Version)
		}
		path := d.module.Path
		if name != "." {
			path += "/" + name
		}
		if _, twice := d.lock.packages[path]; twice {
			return fmt.Errorf("%s occurs twice", path)
		}
		d.links = append(d.links, link{pkg: d.lock.addPackage(path, d.module), imports: rest})
	case wordHas, wordLacks:
		if d.module.dirs == nil {
			d.module.dirs = map[string]bool{}
		}
		d.module.dirs[name] = word == wordHas
	default:
		return fmt.Errorf("%q is no line of a lock", line)
	}
	return nil
}

// version reads a line that begins with pin or read.
func (d *decoder) version(rest string, pinned bool) error {
	var fields [5]string
	for i := range fields {
		fields[i], rest, _ = strings.Cut(rest, " ")
	}
	path, version, goVersion, modSum, zipSum := fields[0], fields[1], fields[2], fields[3], fields[4]
	if zipSum == "" {
		return fmt.Errorf("%s: the line ends too early", path)
	}
	v := module.Version{Path: path, Version: version}
	m := d.lock.module(v)
	d.module = m
	if pinned {
		if other, twice := d.lock.pins[path]; twice {
			return fmt.Errorf("%s is pinned as %s, too", v, other.Version.Version)
		}
		d.lock.pin(v)
	}
	if goVersion == unknown {
		goVersion = ""
	}
	if modSum != unknown {
		m.setGoMod(goVersion, modSum)
	}
	if zipSum != unknown {
		m.zipSum = zipSum
	}
	for rest != "" {
		var word string
		word, rest, _ = strings.Cut(rest, " ")
		path, version, ok := strings.Cut(word, "@")
		if !ok {
			return fmt.Errorf("%q is no module with a version", word)
		}
		m.requires = append(m.requires, d.lock.module(module.Version{Path: path, Version: version}))
	}
	return nil
}

// link resolves what packages import.
func (d *decoder) link() error {
	for _, l := range d.links {
		to := &l.pkg.imports
		rest := l.imports
		for rest != "" {
			var word string
			word, rest, _ = strings.Cut(rest, " ")
			if word == testsFollow {
				l.pkg.hasTests = true
				to = &l.pkg.tests
				continue
			}
			if word[0] == '.' {
				word = l.pkg.module.Path + word[1:]
			}
			dep, ok := d.lock.packages[word]
			if !ok {
				return fmt.Errorf("lock.txt: %s imports %s, which is missing", l.pkg.path, word)
			}
			*to = append(*to, dep)
		}
	}
	return nil
}
