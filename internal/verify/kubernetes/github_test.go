package kubernetes

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/templates"
)

// The API server of the tests has the authentication that administrators read about.
func TestAuthenticationIsDocumented(t *testing.T) {
	document, err := fs.ReadFile(templates.All, "_features/ci-github/slots/pipeline/cluster")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(document)), " ")
	configuration, err := new(github).authentication(nil)
	if err != nil {
		t.Fatal(err)
	}
	for documented, configured := range map[string]string{
		"the issuer `" + githubIssuer + "`":         `"url":"` + githubIssuer + `"`,
		"the audience `kubernetes`":                 `"audiences":["kubernetes"]`,
		"The user is the claim `sub`":               `"claim":"sub"`,
		"the prefix `github:`":                      `"prefix":"github:"`,
		"Require that the claim `repository_owner`": `"claim":"repository_owner"`,
	} {
		if !strings.Contains(text, documented) || !strings.Contains(string(configuration), configured) {
			t.Errorf("docs/operate.md must say %q, and the configuration must have %s:\n%s", documented, configured, configuration)
		}
	}
}
