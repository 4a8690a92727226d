package generator

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// The sample words: the name of the sample service in its spellings. Templates contain them instead of placeholders, so
// that every template is valid source. No template uses them with another meaning.
const (
	sampleModule = "example.com/acme/sample-service"
	sampleName   = "sample-service"
	sampleSnake  = "sample_service"
	samplePrefix = "SAMPLE_SERVICE"

	// sampleUID begins the uid of each dashboard, in which the name can be shortened.
	sampleUID = `"uid": "` + sampleName
)

// maxInUID is the maximum length of the name in the uid of a dashboard. Grafana limits a uid to 40 characters, and 10 are
// left for a suffix such as _telemetry. The suffix begins with an underscore, which no name contains: the dashboard _database
// of orders and that of a service orders-database have different uids.
const maxInUID = 30

// dashboardUID returns the beginning of the uid of each dashboard. A long name is cut, and ends with a hash of the whole
// name, because two services of one Grafana need different uids.
func dashboardUID(name string) string {
	if len(name) > maxInUID {
		sum := sha256.Sum256([]byte(name))
		end := "_" + hex.EncodeToString(sum[:3])
		name = strings.TrimRight(name[:maxInUID-len(end)], "-") + end
	}
	return `"uid": "` + name
}

// DefaultBranch is the branch that templates name in links and workflows.
const DefaultBranch = "main"

// branchWords returns the pairs for newWords that replace the branch.
func branchWords(branch string) []string {
	if branch == "" || branch == DefaultBranch {
		return nil // keep master too, which repositories of the time before main have
	}
	return []string{"/blob/main/", "/blob/" + branch + "/", "branches: [main, master]", "branches: ['" + branch + "']"}
}

// newWords returns a replacer of the sample words by those of a project, after the given pairs. At the same position,
// the first pair wins.
func newWords(name, module string, r resource, pairs ...string) *strings.Replacer {
	snake := strings.ReplaceAll(name, "-", "_")
	return strings.NewReplacer(append(append(pairs,
		sampleUID, dashboardUID(name), // before sampleName, which it contains
		sampleModule, module, // before sampleName, which it contains
		sampleName, name,
		sampleSnake, snake,
		samplePrefix, strings.ToUpper(snake),
	), r.pairs()...)...)
}
