package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// lines answers every question of the small catalog, in order.
var lines = []visit{
	{"Name:", []string{"orders"}},
	{"Module (example.com/orders):", []string{""}},
	{"Preset (your own selection)", []string{"3"}},
	{"Features to add (auth,database):", []string{"authz, database"}},
	{"Keep the answers above? (Keep them)", []string{"2"}},
	{"Pager at night (Mail)", []string{"2"}},
	{"Port (8080):", []string{"9000"}},
	{"Name of the database (orders):", []string{""}},
	{"Continue? (Create the project)", []string{"1"}},
}

func TestAccessibleModeCreatesProject(t *testing.T) {
	for name, start := range map[string]struct{ env, args []string }{
		"by flag":        {nil, []string{"acton-small", "--accessible"}},
		"by environment": {[]string{"ACCESSIBLE=1"}, []string{"acton-small"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t, 100, 200, start.env, start.args...)
			for _, l := range lines {
				c.waitFor(l.page)
				c.press(l.keys[0], enter)
			}
			c.wantExit(exitDone, "orders")
			if got := colour.FindString(c.output()); got != "" {
				t.Errorf("got the colour %q, want none", got)
			}
			record, err := os.ReadFile(filepath.Join(c.dir, "orders", ".acton-new.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{`port: "9000"`, "pager: phone", "- authz", "- database", "database-name: orders"} {
				if !strings.Contains(string(record), want) {
					t.Errorf("got a record without %s:\n%s", want, record)
				}
			}
		})
	}
}

func TestAccessibleModeKeepsLinesTypedAhead(t *testing.T) {
	c := open(t, 100, 200, nil, "acton-small", "--accessible")
	c.waitFor("Name:")
	for _, l := range lines {
		c.press(l.keys[0], enter)
	}
	c.wantExit(exitDone, "orders")
}

func TestAccessibleModeAsksAgainAfterInvalidAnswer(t *testing.T) {
	c := open(t, 100, 200, nil, "acton-small", "--accessible")
	c.waitFor("Name:")
	c.press("Orders", enter)
	c.waitFor("for example billing-api")
	c.press(enter)
	c.waitFor("name: missing")
	c.press("orders", enter)
	c.waitFor("Module (example.com/orders):")
	c.press(ctrlC)
	c.wantExit(exitInterrupted)
}

// Enter keeps the features, and none removes them.
func TestAccessibleModeTakesAListOfFeatures(t *testing.T) {
	for _, tt := range []struct {
		line, want string
		again      bool
	}{
		{"", "Features   auth, database", false},
		{"none", "Features   none", false},
		{"session", "Features   cache (session requires it), session", false},
		{"session auht", `"auht" is not in the list`, true},
		{"archive,database", `both provide "store"`, true},
	} {
		c := open(t, 100, 200, nil, "acton-small", "orders", "--module", "acme.com/orders", "--accessible")
		c.waitFor("Preset (your own selection)")
		c.press("3", enter)
		c.waitFor("Features to add (auth,database):")
		c.press(tt.line, enter)
		if !tt.again {
			c.waitFor("Keep the answers above?")
			c.press(enter)
		}
		c.waitFor(tt.want)
		c.press(ctrlC)
		c.wantExit(exitInterrupted)
	}
}

func TestAccessibleModeWritesNothingAfterQuit(t *testing.T) {
	for _, key := range []string{ctrlC, ctrlD} {
		for i := range lines {
			c := open(t, 100, 200, nil, "acton-small", "--accessible")
			for _, l := range lines[:i] {
				c.waitFor(l.page)
				c.press(l.keys[0], enter)
			}
			c.waitFor(lines[i].page)
			c.press(key)
			c.wantExit(exitInterrupted)
		}
	}
}

func TestAccessibleModeSendsNoControlSequences(t *testing.T) {
	c := open(t, 100, 200, nil, "acton-new", "orders", "--accessible")
	c.waitFor("Module (example.com/orders):")
	c.press(ctrlC)
	c.wantExit(exitInterrupted)
	if got := regexp.MustCompile(`\x1b`).FindString(c.output()); got != "" {
		t.Errorf("got a control sequence in %q", c.output())
	}
}
