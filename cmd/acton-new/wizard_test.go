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

	"github.com/go-git/go-git/v5"

	"github.com/google/go-cmp/cmp"
)

// visit is a page and the keys that answer it.
type visit struct {
	page string
	keys []string
}

// visits answers every page of the wizard for the small catalog.
var visits = []visit{
	{"New service", []string{"orders", enter, enter}},
	{"Preset", []string{enter}},
	{"Features to add", []string{down, space, enter}},
	{"Everything else", []string{enter}},
	{"Create orders?", []string{enter}},
}

var sizes = [][2]int{{80, 24}, {80, 10}, {40, 12}}

func TestWizardCreatesProjectWithSelectedFeatures(t *testing.T) {
	for _, size := range sizes {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			c := open(t, size[0], size[1], nil, "acton-small")
			for _, v := range visits {
				c.waitFor(v.page)
				c.press(v.keys...)
			}
			c.wantExit(exitDone, "orders")
			for file, want := range map[string]bool{
				"internal/authz/authz.go": true, "internal/auth/auth.go": true, "internal/cache/cache.go": false, ".git/HEAD": true,
			} {
				if _, err := os.Stat(filepath.Join(c.dir, "orders", file)); (err == nil) != want {
					t.Errorf("%s: got %v, want the file to exist: %v", file, err, want)
				}
			}
		})
	}
}

// Six pages are what a user answers who keeps every default.
func TestWizardWithDefaultsHasSixPages(t *testing.T) {
	c := open(t, 80, 24, nil, "acton-new")
	for _, v := range []visit{
		{"New service", []string{"orders", enter, enter}},
		{"Preset", []string{enter}},
		{"Features to add", []string{enter}},
		{"Sample API", []string{enter}},
		{"Everything else", []string{enter, enter, enter, enter}},
		{"Create orders?", []string{enter}},
	} {
		c.waitFor(v.page)
		c.press(v.keys...)
	}
	c.wantExit(exitDone, "orders")
}

// So does a service with a database and the team's own noun, registry, owners and domain.
func TestWizardWithOwnAnswersHasSixPages(t *testing.T) {
	for _, size := range sizes {
		c := open(t, size[0], size[1], nil, "acton-new")
		for _, v := range []visit{
			{"New service", []string{"orders", enter, erase, "github.com/acme/orders ", enter}},
			{"Preset", []string{enter}},
			{"Features to add", []string{space, enter}},
			{"Sample API", []string{erase, "invoice ", enter}},
			{"Registry of the", []string{erase, " ghcr.io/acme", enter}},
			{"Owners of the", []string{erase, "acme/orders-team", enter}},
			{"Domain of the", []string{erase, "orders.acme.com", enter}},
			{"Keep the answers", []string{enter}},
			{"Create orders?", []string{enter}},
		} {
			c.waitFor(v.page)
			c.press(v.keys...)
		}
		c.wantExit(exitDone, "orders")
		record, err := os.ReadFile(filepath.Join(c.dir, "orders", ".acton-new.yaml"))
		for _, want := range []string{"- database", "resource: invoice", "registry: ghcr.io/acme", "owners: acme/orders-team", "domain: orders.acme.com"} {
			if err != nil || !strings.Contains(string(record), want) {
				t.Errorf("%v: got a record without %q: %v\n%s", size, want, err, record)
			}
		}
	}
}

// Typing replaces a default, and is added to a typed answer. The page says which, and how to clear the answer.
func TestWizardTypingReplacesADefault(t *testing.T) {
	c := open(t, 80, 24, nil, "acton-new", "orders")
	c.waitFor("> example.com/orders", "enter next · type to replace · ctrl+c quit")
	c.press("github.com/acme")
	c.waitFor("> github.com/acme", "enter next · ctrl+u clear · ctrl+c quit")
	c.press("/orders", enter)
	c.waitFor("Preset")
	c.press(escape)
	c.waitFor("> github.com/acme/orders")
	c.press(erase)
	c.waitFor("> example.com/orders", "type to replace")
	c.press("acme.com/orders", enter)
	for _, v := range []visit{{"Preset", []string{enter}}, {"Features to add", []string{enter}}, {"Sample API", []string{"invoice", enter}}} {
		c.waitFor(v.page)
		c.press(v.keys...)
	}
	c.waitFor("Everything else", "> registry.example.com")
	c.press("ghcr.io/acme", enter, enter, enter, enter)
	c.waitFor("$ acton-new orders --yes --module acme.com/orders --resource invoice --registry", "ghcr.io/acme")
	c.press(ctrlC)
	c.wantExit(exitInterrupted)
}

// A new user at a terminal of the usual size sees every answer before keeping it, and addresses in one piece.
func TestWizardShowsEveryAnswerAtTheUsualSize(t *testing.T) {
	c := open(t, 80, 24, nil, "acton-new", "orders-of-all-customers", "--module", "git.acme.com/orders-of-all-customers")
	c.waitFor("> your own selection", "starts without features")
	c.press(up, enter)
	c.waitFor("Features to add")
	c.press(enter)
	c.waitFor("Sample API")
	c.press(enter)
	const address = "--runbook-url\nhttps://git.acme.com/orders-of-all-customers/blob/main/docs/runbook.md"
	c.waitUntil("every answer", func() bool {
		screen := regexp.MustCompile(` +\n`).ReplaceAllString(c.screen(), "\n")
		return strings.Contains(screen, "Everything else\n--base-image distroless --deploy kubernetes") &&
			strings.Contains(screen, address+"\n--backup s3\n") && strings.Contains(screen, "Keep the answers above?")
	})
	c.press(ctrlC)
	c.wantExit(exitInterrupted)
}

// A summary that does not fit says so.
func TestWizardMarksACutSummary(t *testing.T) {
	for _, size := range sizes[1:] {
		c := open(t, size[0], size[1], nil, "acton-new", "orders", "--module", "acme.com/orders", "--features", "database", "--resource", "note")
		c.waitFor("Everything else")
		c.press(enter, enter, enter, enter)
		c.waitFor("Create orders?", "…", enlarge, "Continue?")
		c.resize(100, 40)
		c.waitFor("$ acton-new orders --yes")
		if strings.Contains(c.screen(), enlarge) {
			t.Errorf("%v: got %q on a large terminal:\n%s", size, enlarge, c.screen())
		}
		c.press(ctrlC)
		c.wantExit(exitInterrupted)
	}
}

// Keys that arrive in one read are keys: the word home is not the key home, and esc is not the key escape.
func TestWizardTakesWordsAsText(t *testing.T) {
	c := open(t, 80, 24, nil, "acton-small")
	c.waitFor("New service")
	c.press("homeesc-up", enter)
	c.waitFor("> homeesc-up", "> example.com/homeesc-up")
	c.press(ctrlC)
	c.wantExit(exitInterrupted)
}

// A paste without brackets has line feeds.
func TestWizardTakesALineFeedAsEnter(t *testing.T) {
	c := open(t, 80, 24, nil, "acton-small")
	c.waitFor("New service")
	c.press("orders\nacme.com/orders\n")
	c.waitFor("Preset")
	c.press("\n")
	c.waitFor("Features to add")
	c.press(ctrlC)
	c.wantExit(exitInterrupted)
}

// A question needs less room than its help.
func TestWizardInFiveRowsShowsTheAnswer(t *testing.T) {
	c := open(t, 20, 5, nil, "acton-small")
	c.waitFor("Name", "> billing-api")
	c.press("orders")
	c.waitFor("Name", "> orders")
	c.press(enter)
	c.waitFor("Module", "> example.com/")
	c.press(ctrlC)
	c.wantExit(exitInterrupted)
}

func TestDumbTerminalIsAskedLineByLine(t *testing.T) {
	c := open(t, 80, 24, []string{"TERM=dumb"}, "acton-small")
	c.waitFor("Name:")
	c.press(ctrlC)
	c.wantExit(exitInterrupted)
}

func TestWizardWithoutFeaturesHasNoFeaturePages(t *testing.T) {
	c := open(t, 80, 24, nil, "acton-bare", "orders")
	for _, v := range []visit{
		{"New service", []string{enter}},
		{"Everything else", []string{enter}},
		{"Create orders?", []string{enter}},
	} {
		c.waitFor(v.page)
		if strings.Contains(c.screen(), "Features to add") {
			t.Errorf("got a page of features:\n%s", c.screen())
		}
		c.press(v.keys...)
	}
	c.wantExit(exitDone, "orders")
}

// The answer None removes later questions, whose defaults the wizard has shown.
func TestWizardTakesAChoiceThatRemovesQuestions(t *testing.T) {
	c := open(t, 120, 40, nil, "acton-new", "orders", "--module", "acme.com/orders", "--features", "database", "--resource", "note")
	for _, v := range []visit{
		{"Everything else", []string{enter, enter, enter, down, enter}}, // go through them
		{"Base of the container image", []string{enter}},
		{"Deployment", []string{down, enter}}, // None
		{"Pipeline", []string{enter}},
	} {
		c.waitFor(v.page)
		c.press(v.keys...)
	}
	c.waitFor("Create orders?", "--deploy none")
	c.press(enter)
	c.wantExit(exitDone, "orders")
}

func TestWizardRefusesATakenNounOnItsPage(t *testing.T) {
	c := open(t, 80, 24, nil, "acton-new", "orders", "--module", "acme.com/orders", "--features", "database")
	c.waitFor("Sample API")
	c.press(erase, "user", enter)
	c.waitFor("is a name in the service")
	c.press(erase, "invoice", enter)
	c.waitFor("Everything else")
	c.press(ctrlC)
	c.wantExit(exitInterrupted)
}

func TestWizardAcceptsACloneWithStarters(t *testing.T) {
	dir := t.TempDir()
	if _, err := git.PlainInit(filepath.Join(dir, "orders"), false); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "orders", "LICENSE"), []byte("MIT\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := openIn(t, dir, 80, 24, nil, "acton-small", "orders", "--features", "auth")
	c.waitFor("New service")
	c.press(erase, "acme.com/orders", enter)
	c.waitFor("Everything else")
	c.press(enter)
	c.waitFor("Create orders?")
	c.press(ctrlC)
	c.wantExit(exitInterrupted, "orders")
}

func TestCtrlCOnAnyPageWritesNothing(t *testing.T) {
	for _, size := range sizes {
		for i := range visits {
			t.Run(fmt.Sprintf("%v page %d", size, i), func(t *testing.T) {
				t.Parallel()
				c := open(t, size[0], size[1], nil, "acton-small")
				for _, v := range visits[:i] {
					c.waitFor(v.page)
					c.press(v.keys...)
				}
				c.waitFor(visits[i].page)
				c.press(ctrlC)
				c.wantExit(exitInterrupted)
				if !strings.Contains(c.output(), errInterrupted.Error()) {
					t.Errorf("got no message %q:\n%s", errInterrupted, c.screen())
				}
			})
		}
	}
}

func TestSignalWritesNothing(t *testing.T) {
	for _, args := range [][]string{{"acton-small"}, {"acton-small", "--accessible"}} {
		for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
			c := open(t, 80, 24, nil, args...)
			c.waitFor("New service", "Name")
			if err := c.cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			c.wantExit(exitInterrupted)
		}
	}
}

func TestFailureAfterTheWizardPrintsTheCommand(t *testing.T) {
	c := open(t, 120, 40, nil, "acton-small", "orders", "--features", "auth")
	c.waitFor("New service")
	c.press(erase, "acme.com/orders", enter)
	c.waitFor("Everything else")
	c.press(enter)
	c.waitFor("Create orders?")
	if err := os.MkdirAll(filepath.Join(c.dir, "orders", "src"), 0o700); err != nil {
		t.Fatal(err)
	}
	c.press(enter)
	c.wantExit(exitFailed, "orders")
	if want := "acton-new orders --yes --module acme.com/orders --features auth"; !strings.Contains(c.output(), want) {
		t.Errorf("got no command %q:\n%s", want, c.output())
	}
}

func TestQuitAtTheSummaryWritesNothing(t *testing.T) {
	c := open(t, 80, 24, nil, "acton-small")
	for _, v := range visits[:len(visits)-1] {
		c.waitFor(v.page)
		c.press(v.keys...)
	}
	c.waitFor("Create orders?")
	c.press(down, down)
	c.waitFor("> Quit")
	c.press(enter)
	c.wantExit(exitInterrupted)
}

func TestCommandsDoNotQueryTheTerminal(t *testing.T) {
	for _, command := range [][]string{{"acton-new"}, {"acton-new", "version"}} {
		c := open(t, 80, 24, nil, command...) // a console does not answer queries
		if len(command) == 1 {
			c.waitFor("New service")
			c.press(ctrlC)
		}
		c.exit()
		for name, query := range map[string]string{
			"background": "\x1b]11;?", "foreground": "\x1b]10;?", "cursor": "\x1b[6n", "attributes": "\x1b[c",
		} {
			if strings.Contains(c.output(), query) {
				t.Errorf("%q queries the terminal for its %s: %q", command, name, c.output())
			}
		}
	}
}

// What flags and files answer is asked only if the user wants to change the answers.
func TestFlagsAndAnswersFilePreFillTheWizard(t *testing.T) {
	dir := t.TempDir()
	answers := "name: orders\nmodule: github.com/acme/orders\nfeatures: [session]\nvalues:\n  pager: phone\n  port: \"9000\"\n"
	if err := os.WriteFile(filepath.Join(dir, "answers.yaml"), []byte(answers), 0o600); err != nil {
		t.Fatal(err)
	}
	c := openIn(t, dir, 80, 24, nil, "acton-small", "--answers", "answers.yaml", "--port", "9999")
	c.waitFor("Create orders?", "--port 9999")
	c.press(down, enter)
	c.waitFor("Which one?", "> Name and module: orders, github.com/acme/orders", "Features: session", "Pager at night: Phone", "Port: 9999")
	c.press(down, enter)
	c.waitFor("[x] session", "[ ] authz")
	c.press(ctrlC)
	c.wantExit(exitInterrupted, "answers.yaml")
}

// The summary leads to the page of one answer, and back.
func TestWizardChangesOneAnswer(t *testing.T) {
	for _, size := range sizes {
		c := open(t, size[0], size[1], nil, "acton-small", "orders", "--features", "auth", "--module", "acme.com/orders")
		for _, v := range []visit{
			{"Everything else", []string{enter}},
			{"Create orders?", []string{down, enter}},
			{"Which one?", []string{down, down, down, enter}},
			{"┃ Port", []string{erase, "9000", enter}},
			{"Create orders?", []string{down, enter}},
			{"Which one?", []string{enter}},
			{"> orders", []string{erase, "invoices", enter, enter}},
			{"Create invoices?", []string{down, enter}},
			{"Which one?", []string{up, enter}},
			{"Create invoices?", []string{enter}},
		} {
			c.waitFor(v.page)
			c.press(v.keys...)
		}
		c.wantExit(exitDone, "invoices")
		record, err := os.ReadFile(filepath.Join(c.dir, "invoices", ".acton-new.yaml"))
		if err != nil || !strings.Contains(string(record), `port: "9000"`) {
			t.Errorf("%v: got a record without port 9000: %v\n%s", size, err, record)
		}
	}
}

// A text with few valid answers is a list, and examples are named where the user can still replace them.
func TestWizardListsValuesAndNamesExamples(t *testing.T) {
	c := open(t, 100, 40, nil, "acton-new", "orders", "--module", "github.com/acme/orders", "--features", "database", "--resource", "note")
	c.waitFor("Everything else", "> acme/platform-team", "> registry.example.com")
	c.press(enter, enter, enter, enter)
	c.waitFor("Create orders?", "Examples   --registry, --owners, --domain", " --domain orders.example.com")
	c.press(down, enter)
	c.waitFor("Which one?", "acme/platform-team (an example)")
	c.press(up, up, up, up, up, enter)
	c.waitFor("> 0.5", "0.75")
	c.press(up, enter)
	c.waitFor("--latency 0.25")
	c.press(ctrlC)
	c.wantExit(exitInterrupted)
}

func TestWizardAddsAndExplainsRequirements(t *testing.T) {
	c := open(t, 80, 24, nil, "acton-small", "orders")
	c.waitFor("New service")
	c.press(enter)
	c.waitFor("Preset")
	c.press(enter)
	c.waitFor("[ ] session", "[ ] cache")
	c.press(down, space)
	c.waitFor("Requires auth.", "auth is added: authz requires it.")
	c.press(down, space)
	c.waitFor("cache is added: session requires it.")
	c.press(enter)
	c.waitFor("Everything else")
	c.press(enter)
	c.waitFor("auth (authz requires it), authz, cache (session requires it)", "auth,authz,cache,session")
	c.press(ctrlC)
	c.wantExit(exitInterrupted)
}

func TestWizardExplainsInvalidAnswers(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "taken", "src"), 0o700); err != nil {
		t.Fatal(err)
	}
	c := openIn(t, dir, 80, 24, nil, "acton-small")
	c.waitFor("New service")
	c.press("Orders", enter)
	c.waitFor("lower-case", "for example billing-api")
	c.press(erase, "taken", enter)
	c.waitFor("choose another name", "empty (src)", "--dir")
	c.press(erase, "orders", enter)
	c.waitFor("> example.com/orders")
	c.press(erase, "a b", enter)
	c.waitFor("for example github.com/acme/billing-api")
	c.press(erase, "acme.com/orders", enter)
	c.waitFor("Preset")
	c.press(enter)
	c.waitFor("[ ] archive", "[ ] database")
	c.press(down, down, down, space, down, down, space, enter)
	c.waitFor(`both provide "store"; choose one`)
	c.press(space, enter)
	c.waitFor("Everything else")
	c.press(down, enter)
	c.waitFor("Pager at night")
	c.press(enter)
	c.waitFor("┃ Port")
	c.press(erase, "99999", enter)
	c.waitFor("from 1 to 65535; for example 8080")
	c.press(ctrlC)
	c.wantExit(exitInterrupted, "taken")
}

// The preset answers the questions of choices, and those that only another value asks are left out.
func TestWizardPresetMinimalAnswersChoices(t *testing.T) {
	c := open(t, 120, 40, nil, "acton-new", "orders", "--resource", "note")
	for _, v := range []visit{{"New service", []string{enter}}, {"Preset", []string{down, enter}}, {"Features to add", []string{enter}}} {
		c.waitFor(v.page)
		c.press(v.keys...)
	}
	c.waitFor("Deployment: None", "Pipeline: None")
	c.press(enter)
	c.waitFor("Create orders?", "--deploy none --ci none")
	for _, page := range []string{"Everything else", "Features to add", "Preset"} {
		c.press(escape)
		c.waitFor(page)
	}
	c.waitFor("> minimal")
	c.press(up, enter)
	c.waitFor("Features to add")
	c.press(enter)
	c.waitFor("Deployment: Kubernetes")
	c.press(ctrlC)
	c.wantExit(exitInterrupted)
}

func TestWizardKeepsAnswersAfterBackAndResize(t *testing.T) {
	c := open(t, 80, 24, nil, "acton-small")
	c.waitFor("New service")
	c.press("orders", enter)
	c.waitFor("> example.com/orders", "a placeholder")
	c.press(backTab, "-v2", enter)
	c.waitFor("> example.com/orders-v2") // the default follows the name
	c.press(erase, "acme.com/o", backTab, enter)
	c.waitFor("> acme.com/o") // a typed answer does not
	c.press(enter)
	c.waitFor("Preset")
	c.press(down, down, enter)
	c.waitFor("[x] auth", "[x] database")
	c.press(enter)
	c.waitFor("Everything else")
	c.press(down, enter)
	c.waitFor("Pager at night")
	c.press(down, enter)
	c.waitFor("┃ Port")
	c.press(erase, "9000")
	c.resize(40, 15)
	c.waitFor("┃ > 9000", "enter next · esc back · ctrl+c quit")
	c.resize(100, 40)
	c.waitFor("Question 2 of 3", "┃ Port", "> 9000", "write nothing")
	c.press(escape)
	c.waitFor("> Phone")
	c.press(enter)
	c.waitFor("> 9000")
	c.press(enter)
	c.waitFor("Name of the database")
	c.press(enter)
	c.waitFor("Create orders-v2?")
	c.press(down, enter)
	c.waitFor("Which one?")
	c.press(enter)
	c.waitFor("New service", "> orders-v2")
	c.press(ctrlC)
	c.wantExit(exitInterrupted)
}

// A split of the terminal can be narrower than any text.
func TestWizardSurvivesANarrowTerminal(t *testing.T) {
	c := open(t, 80, 24, nil, "acton-small")
	c.waitFor("New service", "> billing-api")
	for _, columns := range []int{4, 1} {
		c.resize(columns, 24)
		c.waitIdle()
		c.resize(80, 24)
		c.waitFor("New service", "> billing-api", "write nothing")
	}
	c.press(ctrlC)
	c.wantExit(exitInterrupted)
}

var colour = regexp.MustCompile(`\x1b\[[0-9;]+m`)

func TestWizardHonoursNoColor(t *testing.T) {
	for _, env := range [][]string{nil, {"NO_COLOR=1"}} {
		c := open(t, 80, 24, env, "acton-small", "orders")
		c.waitFor("New service")
		c.press(enter)
		c.waitFor("Preset")
		c.press(enter)
		c.waitFor("[ ] auth")
		c.press(ctrlC)
		c.wantExit(exitInterrupted)
		if got, want := colour.MatchString(c.output()), env == nil; got != want {
			t.Errorf("with %q: colours: got %v, want %v", env, got, want)
		}
	}
}

func TestSummaryCommandCreatesTheSameProject(t *testing.T) {
	c := open(t, 200, 50, nil, "acton-small", "orders", "--features", "database,session", "--module", "acme.com/orders")
	for _, v := range []visit{
		{"Everything else", []string{down, enter}},
		{"Pager at night", []string{down, enter, erase, "9000", enter, erase, "the orders", enter}},
	} {
		c.waitFor(v.page)
		c.press(v.keys...)
	}
	c.waitFor("$ acton-new orders")
	_, rest, _ := strings.Cut(c.screen(), "$ acton-new")
	command, _, _ := strings.Cut(rest, "\n")
	c.press(enter)
	c.wantExit(exitDone, "orders")

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
		t.Errorf("%s: projects differ (-wizard +command):\n%s", command, diff)
	}
}
