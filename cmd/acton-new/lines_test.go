package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// lines are the answers, one after the other, that lead through every question of the small catalog.
var lines = []visit{
	{"Name:", []string{"orders"}},
	{"Module (example.com/orders):", []string{""}},
	{"Begin with (minimal)", []string{"2"}},
	{"1. ✓ auth", []string{"2"}},
	{"2. ✓ authz", []string{"0"}},
	{"3. ✓ database", []string{"0"}},
	{"Who is called at night (Mail)", []string{"2"}},
	{"Port (8080):", []string{"9000"}},
	{"Name of the database (orders):", []string{""}},
	{"Is that right? (Make it)", []string{"1"}},
}

func TestLinesAskForTheSame(t *testing.T) {
	for name, start := range map[string]struct{ env, args []string }{
		"by flag":        {nil, []string{"acton-small", "--accessible"}},
		"by environment": {[]string{"ACCESSIBLE=1"}, []string{"acton-small"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t, 100, 200, start.env, start.args...)
			for _, l := range lines {
				c.await(l.shows)
				c.press(l.keys[0], enter)
			}
			c.leaves(exitDone, "orders")
			if got := colour.FindString(c.written()); got != "" {
				t.Errorf("a colour: %q", got)
			}
			record, err := os.ReadFile(filepath.Join(c.dir, "orders", ".acton-new.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{`port: "9000"`, "pager: phone", "- authz", "- database", "database-name: orders"} {
				if !strings.Contains(string(record), want) {
					t.Errorf("%s is not recorded:\n%s", want, record)
				}
			}
		})
	}
}

func TestLinesTypedAheadReachTheirQuestions(t *testing.T) {
	c := open(t, 100, 200, nil, "acton-small", "--accessible")
	c.await("Name:")
	for _, l := range lines {
		c.press(l.keys[0], enter)
	}
	c.leaves(exitDone, "orders")
}

func TestLinesSayWhatIsWrongAndAskAgain(t *testing.T) {
	c := open(t, 100, 200, nil, "acton-small", "--accessible")
	c.await("Name:")
	c.press("Orders", enter)
	c.await("for example billing-api")
	c.press(enter)
	c.await("name: is missing")
	c.press("orders", enter)
	c.await("Module (example.com/orders):")
	c.press(ctrlC)
	c.leaves(exitInterrupted)
}

func TestLeavingAnyLineLeavesNothing(t *testing.T) {
	for _, key := range []string{ctrlC, ctrlD} {
		for i := range lines {
			c := open(t, 100, 200, nil, "acton-small", "--accessible")
			for _, l := range lines[:i] {
				c.await(l.shows)
				c.press(l.keys[0], enter)
			}
			c.await(lines[i].shows)
			c.press(key)
			c.leaves(exitInterrupted)
		}
	}
}

func TestLinesDrawNothingOver(t *testing.T) {
	c := open(t, 100, 200, nil, "acton-new", "orders", "--accessible")
	c.await("Name (orders):")
	c.press(ctrlC)
	c.leaves(exitInterrupted)
	if got := regexp.MustCompile(`\x1b`).FindString(c.written()); got != "" {
		t.Errorf("a control sequence: %q", c.written())
	}
}
