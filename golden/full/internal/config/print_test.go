package config

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestPrintShowsEveryValueAndItsOrigin(t *testing.T) {
	f := newFixture(t)
	f.file(workConfig, "service:\n  name: orders\n")
	f.environ("BILLING_API_SERVER__PORT=8081")
	f.sources.Set = []string{"log.level=warn"}
	got := printed(t, f)

	for _, want := range []string{
		"# Lowest layer first:\n#   defaults\n#   profile development\n#   etc/billing-api/config.yaml (not there)\n" +
			"#   home/.config/billing-api/config.yaml (not there)\n#   work/config.yaml\n#   environment\n#   flags\nservice:\n",
		"\n  name: orders ",
		"# work/config.yaml:2:9\n",
		"\n  port: 8081 ",
		"# BILLING_API_SERVER__PORT\n",
		"\n  level: warn ",
		"# --set\n",
		"\n  format: text ",
		"# profile development:4:11\n",
		"\n  tls:\n    cert_file: \"\" ",
		"# default\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	for _, k := range f.load().schema.keys {
		levels := strings.Split(k.path, ".")
		if !strings.Contains(got, "  "+levels[len(levels)-1]+": ") {
			t.Errorf("%s is missing", k.path)
		}
	}
}

func TestPrintedConfigurationCanBeLoaded(t *testing.T) {
	f := newFixture(t)
	f.sources.Set = []string{"service.name=a: #b", "cors.allowed_origins=https://a.example.com,https://b.example.com"}
	again := newFixture(t)
	again.file(workConfig, printed(t, f))
	if got, want := again.load().Config, f.load().Config; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func printed(t *testing.T, f *fixture) string {
	t.Helper()
	var b bytes.Buffer
	if err := f.load().Print(&b); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(b.String(), f.root+"/", "")
}
