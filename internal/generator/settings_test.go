package generator

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acton-go/acton-new/internal/settings"
)

const (
	settingsRoot = `package config

import (
	"time"

	"example.org/x/internal/cache"
)

type Config struct {
	Server Server       ` + "`yaml:\"server\" doc:\"The listener.\"`" + `
	Cache  cache.Config ` + "`yaml:\"cache\" doc:\"The cache.\"`" + `
}

type Server struct {
	Port  int           ` + "`yaml:\"port\" default:\"8080\" doc:\"Port, a|b.\"`" + `
	Wait  time.Duration ` + "`yaml:\"wait\" default:\"5s\" doc:\"How long.\"`" + `
	Hosts []string      ` + "`yaml:\"hosts\" default:\"a, *\" doc:\"Names.\"`" + `
}
`
	settingsPart = `package cache

import "example.org/x/internal/secret"

type Config struct {
	Password secret.Value ` + "`yaml:\"password\" doc:\"Credential.\"`" + `
	TLS      TLS          ` + "`yaml:\"tls\"`" + `
}

type TLS struct {
	Off bool ` + "`yaml:\"off\" default:\"false\" doc:\"Plain text.\"`" + `
}
`
	wantReference = `
### server

The listener.

| Key | Default | Environment variable | Meaning |
|---|---|---|---|
| ` + "`server.port` | `8080` | `X_SERVER__PORT` | Port, a\\|b." + ` |
| ` + "`server.wait` | `5s` | `X_SERVER__WAIT` | How long." + ` |
| ` + "`server.hosts` | `a, *` | `X_SERVER__HOSTS` | Names." + ` |

### cache

The cache.

| Key | Default | Environment variable | Meaning |
|---|---|---|---|
| ` + "`cache.password` |  | `X_CACHE__PASSWORD` | Credential." + ` |
| ` + "`cache.password_file` |  | `X_CACHE__PASSWORD_FILE` | File that holds cache.password." + ` |
| ` + "`cache.tls.off` | `false` | `X_CACHE__TLS__OFF` | Plain text." + ` |
`
)

func settingsTree(reference string) Tree {
	return Tree{
		{Path: referenceFile, Data: []byte(reference)},
		{Path: "internal/cache/cache.go", Data: []byte(settingsPart)},
		{Path: settings.Root, Data: []byte(settingsRoot)},
		{Path: "internal/secret/secret.go", Data: []byte("package secret\n\ntype Value struct {\n\ttext string\n}\n")},
	}
}

// The tests of the service compare the document with the same structs by reflection.
func TestCompleteSettingsListsAllSettings(t *testing.T) {
	tree, err := completeSettings(settingsTree("By hand.\n\n"+referenceHeading), "example.org/x", "X")
	if err != nil {
		t.Fatal(err)
	}
	reference, _ := tree.Lookup(referenceFile)
	if diff := cmp.Diff("By hand.\n\n"+referenceHeading+wantReference, string(reference)); diff != "" {
		t.Errorf("reference (-want +got):\n%s", diff)
	}
}

func TestCompleteSettingsRejectsMissingHeadingOrTag(t *testing.T) {
	if _, err := completeSettings(settingsTree("By hand.\n"), "example.org/x", "X"); err == nil || !strings.Contains(err.Error(), referenceFile) {
		t.Errorf("got error %v, want one with %s", err, referenceFile)
	}
	tree := settingsTree(referenceHeading)
	tree[2].Data = []byte(strings.Replace(settingsRoot, "`yaml:\"wait\"", "`", 1))
	if _, err := completeSettings(tree, "example.org/x", "X"); err == nil || !strings.Contains(err.Error(), "Server") {
		t.Errorf("got error %v, want one with the name of the struct", err)
	}
}
