package main

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/acme/billing-api/internal/config"
	_ "github.com/acme/billing-api/test/cleanenv"
)

type outcome struct {
	code           int
	stdout, stderr string
}

// command runs a command line. Its settings come only from the arguments and environ.
func command(t *testing.T, environ []string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, config.Sources{Environ: environ}, &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

func TestExitCodes(t *testing.T) {
	for _, test := range []struct {
		args   string
		code   int
		stdout string
		stderr string
	}{
		{"", 0, "healthcheck", ""},
		{"--help", 0, "healthcheck", ""},
		{"serve --help", 0, "--profile", ""},
		{"config", 0, "check", ""},
		{"config check", 0, "settings are valid (profile development)", ""},
		{"config check --profile staging", 0, "settings are valid (profile staging)", ""},
		{"config check --profile production", 1, "", "server.tls.cert_file: refused in production"},
		{"config check --set server.port=http", 1, "", `--set: server.port: "http" is not a whole number`},
		{"config check --set server.tls.cert_file=gone.pem --set server.tls.key_file=gone.pem", 1, "", "server.tls.cert_file: open gone.pem: "},
		{"config check --config gone.yaml", 1, "", "gone.yaml: open gone.yaml: "},
		{"config print --set server.port=1234", 0, "1234", ""},
		{"config print --set server.port=x", 1, "", "server.port"},
		{"serve --set log.level=loud", 1, "", "log.level"},
		{"healthcheck --set server.port=0", 1, "", "server.port: the port is chosen at each start"},
		{"bogus", 2, "", `unknown command "bogus"`},
		{"config bogus", 2, "", `unknown command "bogus"`},
		{"--bogus", 2, "", "unknown flag: --bogus"},
		{"serve --bogus", 2, "", "unknown flag: --bogus"},
		{"serve now", 2, "", "unknown command"},
		{"config check --set", 2, "", "flag needs an argument"},
	} {
		t.Run(test.args, func(t *testing.T) {
			got := command(t, nil, strings.Fields(test.args)...)
			if got.code != test.code || !strings.Contains(got.stdout, test.stdout) || !strings.Contains(got.stderr, test.stderr) {
				t.Errorf("got %+v, want %+v", got, test)
			}
			if (got.stderr == "") != (test.code == 0) {
				t.Errorf("code %d with errors %q", got.code, got.stderr)
			}
		})
	}
}

func TestVersionOfABuildWithoutOne(t *testing.T) {
	want := "billing-api development (commit unknown, " + runtime.Version() + ")\n"
	if got := command(t, nil, "version"); got.code != 0 || got.stdout != want {
		t.Errorf("got %+v, want %q", got, want)
	}
}
