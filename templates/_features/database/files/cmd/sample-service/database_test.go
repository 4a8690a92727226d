package main

import (
	"strings"
	"testing"

	_ "example.com/acme/sample-service/test/cleanenv"
	"example.com/acme/sample-service/test/postgrestest"
)

func TestMigrateCommands(t *testing.T) {
	environ := []string{"SAMPLE_SERVICE_DATABASE__URL=" + postgrestest.NewEmpty(t)}
	for _, step := range []struct{ args, want string }{
		{"status", " pending\n"}, {"up", "applied 00001_"}, {"status", " applied "}, {"down --yes", "rolled back "},
	} {
		got := command(t, environ, append([]string{"migrate"}, strings.Fields(step.args)...)...)
		if got.code != 0 || !strings.Contains(got.stdout, step.want) {
			t.Errorf("migrate %s: got %+v, want %q", step.args, got, step.want)
		}
	}
}
