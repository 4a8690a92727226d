package main

import (
	"strings"
	"testing"

	"example.com/acme/sample-service/test/postgrestest"
)

func TestCommandsOfTheDatabaseTellUsageFromFailure(t *testing.T) {
	nobody := []string{"SAMPLE_SERVICE_DATABASE__URL=postgres://nobody@/nothing?host=" + t.TempDir()}
	pooled := append([]string{"SAMPLE_SERVICE_DATABASE__POOLER=transaction"}, nobody...)
	for _, test := range []struct {
		environ []string
		args    []string
		code    int
		stdout  string
		stderr  string
	}{
		{nil, []string{"migrate"}, 0, "status", ""},
		{nil, []string{"database"}, 0, "exec", ""},
		{nil, []string{"migrate", "sideways"}, 2, "", "unknown command"},
		{nil, []string{"migrate", "up", "now"}, 2, "", "unknown command"},
		{nil, []string{"database", "exec"}, 2, "", "requires at least 1 arg"},
		{nil, []string{"migrate", "up", "--set", "database.pooler=none"}, 1, "", "database.pooler"},
		{nobody, []string{"migrate", "up"}, 1, "", "postgres: migrate up: "},
		{nobody, []string{"migrate", "down"}, 1, "", "postgres: migrate down: "},
		{nobody, []string{"migrate", "status"}, 1, "", "postgres: migrate status: "},
		{pooled, []string{"migrate", "up"}, 1, "", "database.direct_url: not set"},
		{pooled, []string{"database", "exec", "--", "true"}, 1, "", "database.direct_url: not set"},
		{nobody, []string{"database", "exec", "--", "sh", "-c", `echo "$PGUSER at $PGDATABASE, $0"`, "--flags"}, 0, "nobody at nothing, --flags", ""},
		{nobody, []string{"database", "exec", "--", "sh", "-c", "exit 3"}, 1, "", "sh: exit status 3"},
		{nobody, []string{"database", "exec", "--", "no-such-program"}, 1, "", "no-such-program"},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			got := command(t, test.environ, test.args...)
			if got.code != test.code || !strings.Contains(got.stdout, test.stdout) || !strings.Contains(got.stderr, test.stderr) {
				t.Errorf("got %+v, want %+v", got, test)
			}
		})
	}
}

func TestSchemaIsMigratedByTheCommand(t *testing.T) {
	environ := []string{"SAMPLE_SERVICE_DATABASE__URL=" + postgrestest.NewEmpty(t)}
	for _, step := range []struct{ verb, want string }{
		{"status", " pending\n"}, {"up", "applied 00001_"}, {"status", " applied "}, {"down", "rolled back "},
	} {
		if got := command(t, environ, "migrate", step.verb); got.code != 0 || !strings.Contains(got.stdout, step.want) {
			t.Errorf("migrate %s: got %+v, want %q", step.verb, got, step.want)
		}
	}
}
