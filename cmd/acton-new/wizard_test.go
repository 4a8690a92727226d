package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A visit is a page, and the keys that lead on from it.
type visit struct {
	shows string
	keys  []string
}

// visits lead through every page of the small catalog.
var visits = []visit{
	{"A new service", []string{"orders", enter}},
	{"Go module path", []string{enter}},
	{"Begin with", []string{enter}},
	{"Features: access", []string{down, space, enter}},
	{"Features: storage", []string{enter}},
	{"Who is called at night", []string{enter, enter}},
	{"Make orders?", []string{enter}},
}

var sizes = [][2]int{{80, 24}, {40, 15}}

func TestWizardMakesWhatWasChosen(t *testing.T) {
	for _, size := range sizes {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			c := open(t, size[0], size[1], nil, "acton-small")
			for _, v := range visits {
				c.await(v.shows)
				c.press(v.keys...)
			}
			c.leaves(exitDone, "orders")
			for file, want := range map[string]bool{
				"internal/authz/authz.go": true, "internal/auth/auth.go": true, "internal/cache/cache.go": false, ".git/HEAD": true,
			} {
				if _, err := os.Stat(filepath.Join(c.dir, "orders", file)); (err == nil) != want {
					t.Errorf("%s: got %v, want it there: %v", file, err, want)
				}
			}
		})
	}
}

func TestWizardWithoutFeaturesHasNoPagesForThem(t *testing.T) {
	c := open(t, 80, 24, nil, "acton-bare", "orders")
	for _, v := range []visit{
		{"A new service", []string{enter}},
		{"Go module path", []string{enter}},
		{"Who is called at night", []string{enter, enter}},
		{"Make orders?", []string{enter}},
	} {
		c.await(v.shows)
		if strings.Contains(c.screen(), "Features:") {
			t.Errorf("a page of features:\n%s", c.screen())
		}
		c.press(v.keys...)
	}
	c.leaves(exitDone, "orders")
}

func TestCtrlCOnAnyPageLeavesNothing(t *testing.T) {
	for _, size := range sizes {
		for i := range visits {
			t.Run(fmt.Sprintf("%v page %d", size, i), func(t *testing.T) {
				t.Parallel()
				c := open(t, size[0], size[1], nil, "acton-small")
				for _, v := range visits[:i] {
					c.await(v.shows)
					c.press(v.keys...)
				}
				c.await(visits[i].shows)
				c.press(ctrlC)
				c.leaves(exitInterrupted)
				if !strings.Contains(c.written(), errInterrupted.Error()) {
					t.Errorf("nothing says that nothing was written:\n%s", c.screen())
				}
			})
		}
	}
}

func TestASignalLeavesNothing(t *testing.T) {
	for _, args := range [][]string{{"acton-small"}, {"acton-small", "--accessible"}} {
		c := open(t, 80, 24, nil, args...)
		c.await("A new service", "Name")
		if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		c.leaves(exitInterrupted)
	}
}

func TestLeavingAtTheSummaryLeavesNothing(t *testing.T) {
	c := open(t, 80, 24, nil, "acton-small")
	for _, v := range visits[:len(visits)-1] {
		c.await(v.shows)
		c.press(v.keys...)
	}
	c.await("Make orders?")
	c.press(down, down)
	c.await("> Leave")
	c.press(enter)
	c.leaves(exitInterrupted)
}

func TestFirstPageIsPaintedBeforeTheTerminalAnswersAnything(t *testing.T) {
	for _, command := range [][]string{{"acton-new"}, {"acton-new", "version"}} {
		c := open(t, 80, 24, nil, command...) // no question is ever answered
		if len(command) == 1 {
			c.await("A new service")
			c.press(ctrlC)
		}
		c.exit()
		for name, query := range map[string]string{
			"background": "\x1b]11;?", "foreground": "\x1b]10;?", "cursor": "\x1b[6n", "attributes": "\x1b[c",
		} {
			if strings.Contains(c.written(), query) {
				t.Errorf("%q asks the terminal for its %s: %q", command, name, c.written())
			}
		}
	}
}

func TestFlagsAndAnswersPreFillTheWizard(t *testing.T) {
	dir := t.TempDir()
	answers := "name: orders\nmodule: github.com/acme/orders\nfeatures: [session]\nvalues:\n  pager: phone\n  port: \"9000\"\n"
	if err := os.WriteFile(filepath.Join(dir, "answers.yaml"), []byte(answers), 0o600); err != nil {
		t.Fatal(err)
	}
	c := openIn(t, dir, 80, 24, nil, "acton-small", "--answers", "answers.yaml", "--port", "9999")
	c.await("> orders")
	c.press(enter)
	c.await("> github.com/acme/orders")
	c.press(enter)
	c.await("[x] session", "[ ] authz")
	c.press(enter)
	c.await("Features: storage")
	c.press(enter)
	c.await("Question 1 of 2", "> Phone")
	c.press(enter)
	c.await("Question 2 of 2", "> 9999")
	c.press(ctrlC)
	c.leaves(exitInterrupted, "answers.yaml")
}

func TestRequirementsAreForcedAndExplained(t *testing.T) {
	c := open(t, 80, 24, nil, "acton-small", "orders", "--features", "session")
	c.await("A new service")
	c.press(enter)
	c.await("Go module path")
	c.press(enter)
	c.await("Features: access", "cache is added: session requires it.")
	c.press(down, space)
	c.await("Requires auth.", "auth is added: authz requires it.")
	c.press(enter)
	c.await("Features: storage", "cache is added, because session requires it: Answers a second time from Redis.")
	if strings.Contains(c.screen(), "[ ] cache") {
		t.Errorf("what is required can be left out:\n%s", c.screen())
	}
	c.press(enter)
	c.await("Who is called at night")
	c.press(enter, enter)
	c.await("auth (authz requires it), authz, cache (session requires it)", "auth,authz,cache,session")
	c.press(ctrlC)
	c.leaves(exitInterrupted)
}

func TestWhatIsWrongIsSaidBesideTheAnswerWithAnExample(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "taken", "src"), 0o700); err != nil {
		t.Fatal(err)
	}
	c := openIn(t, dir, 80, 24, nil, "acton-small")
	c.await("A new service")
	c.press("Orders", enter)
	c.await("lower-case", "for example billing-api")
	c.press(erase, "taken", enter)
	c.await("directory taken is not empty", "--dir")
	c.press(erase, "orders", enter)
	c.await("Go module path")
	c.press(erase, "a b", enter)
	c.await("for example github.com/acme/billing-api")
	c.press(erase, "acme.com/orders", enter)
	c.await("Begin with")
	c.press(enter)
	c.await("Features: access")
	c.press(enter)
	c.await("[ ] archive", "[ ] database")
	c.press(space, down, down, space, enter)
	c.await(`both provide "store": choose one`)
	c.press(space, enter)
	c.await("Who is called at night")
	c.press(enter)
	c.await("┃ Port")
	c.press(erase, "99999", enter)
	c.await("from 1 to 65535, for example 8080")
	c.press(ctrlC)
	c.leaves(exitInterrupted, "taken")
}

func TestAnswersOutliveGoingBackAndResizing(t *testing.T) {
	c := open(t, 80, 24, nil, "acton-small")
	c.await("A new service")
	c.press("orders", enter)
	c.await("> example.com/orders")
	c.press(escape)
	c.await("A new service", "> orders")
	c.press("-v2", enter)
	c.await("> example.com/orders-v2") // what is derived follows the name
	c.press(erase, "acme.com/o", backTab)
	c.await("A new service")
	c.press(enter)
	c.await("> acme.com/o") // what was typed does not
	c.press(enter)
	c.await("Begin with")
	c.press(down, enter)
	c.await("[x] auth")
	c.press(enter)
	c.await("[x] database")
	c.press(enter)
	c.await("Who is called at night")
	c.press(down, enter)
	c.await("┃ Port")
	c.press(erase, "9000")
	c.resize(40, 15)
	c.await("┃ > 9000", "enter next · esc back · ctrl+c leave")
	c.resize(100, 40)
	c.await("Question 2 of 3", "┃ Port", "> 9000", "writing nothing")
	c.press(escape)
	c.await("> Phone")
	c.press(enter)
	c.await("> 9000")
	c.press(enter)
	c.await("Name of the database")
	c.press(enter)
	c.await("Make orders-v2?")
	c.press(down, enter)
	c.await("A new service", "> orders-v2")
	c.press(ctrlC)
	c.leaves(exitInterrupted)
}

var colour = regexp.MustCompile(`\x1b\[[0-9;]+m`)

func TestNoColorIsHonoured(t *testing.T) {
	for _, env := range [][]string{nil, {"NO_COLOR=1"}} {
		c := open(t, 80, 24, env, "acton-small", "--features", "auth", "orders")
		c.await("A new service")
		c.press(enter)
		c.await("Go module path")
		c.press(enter)
		c.await("[x] auth")
		c.press(ctrlC)
		c.leaves(exitInterrupted)
		if got, want := colour.MatchString(c.written()), env == nil; got != want {
			t.Errorf("with %q: colours: got %v, want %v", env, got, want)
		}
	}
}

func TestTheCommandInTheSummaryMakesTheSame(t *testing.T) {
	c := open(t, 200, 50, nil, "acton-small", "orders", "--features", "database,session", "--module", "acme.com/orders")
	for _, v := range []visit{
		{"A new service", []string{enter}},
		{"Go module path", []string{enter}},
		{"Features: access", []string{enter}},
		{"Features: storage", []string{enter}},
		{"Who is called at night", []string{down, enter, erase, "9000", enter, erase, "the orders", enter}},
	} {
		c.await(v.shows)
		c.press(v.keys...)
	}
	c.await("$ acton-new orders")
	_, rest, _ := strings.Cut(c.screen(), "$ acton-new")
	command, _, _ := strings.Cut(rest, "\n")
	c.press(enter)
	c.leaves(exitDone, "orders")

	again := t.TempDir()
	catalog, err := filepath.Abs("testdata/small.txtar")
	if err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("sh", "-c", "acton-small "+strings.TrimSpace(command))
	shell.Dir = again
	shell.Env = append(os.Environ(), smallCatalog+"="+catalog)
	if out, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	if diff := cmp.Diff(files(t, filepath.Join(c.dir, "orders")), files(t, filepath.Join(again, "orders"))); diff != "" {
		t.Errorf("%s: another project (-wizard +command):\n%s", command, diff)
	}
}
