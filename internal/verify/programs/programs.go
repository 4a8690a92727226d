// Package programs lists the tests that need programs besides Go. `go test ./...` leaves them to .ci/run, which installs
// the programs.
package programs

import (
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Variable is the environment variable that turns the tests in the list on. .ci/run sets it. A missing program is an
// error then.
const Variable = "ACTON_PROGRAMS"

// tests maps each test that needs programs to them. A test that only checks more with a program is here too. The word
// servers stands for the servers of the features, whose scripts report a missing program themselves.
var tests = map[string]string{
	// cmd/acton-new
	"TestCommandsInServiceDocumentsWork":                    "make git curl kubectl promtool servers",
	"TestGoRunFromModuleZip":                                "git",
	"TestManifestsContainRegistryAndDomain":                 "kubectl",
	"TestManifestsMatchChecklist":                           "kubectl",
	"TestReadmeCommandsWork":                                "make git curl",
	"TestScripts":                                           "git",
	"TestServiceStartsWithManifestsOfEachEnvironment":       "make git kubectl servers",
	"TestOverlaysMatchTheOutputOfKubectlKustomize":          "kubectl", // internal/consistency
	"TestDocumentsMatchEveryCombination":                    "kubectl", // internal/generator
	"TestCheckAcceptsCorrectDocuments":                      "kubectl", // internal/verify/documents
	"TestSectionsForPeopleOnCallMentionTheCheckout":         "kubectl",
	"TestCheckFindsProblems":                                "kubectl",
	"TestScriptStopsServersAtTheEnd":                        "curl",
	"TestClusterTokenIsTheIdentityOfTheJob":                 "curl jq", // internal/verify/pipeline
	"TestMakefileExplainsThatTheRaceDetectorNeedsACompiler": "make git",
	"TestMakefileKnowsTheCommitAndTheVersion":               "make git",
	"TestMakefileLeavesVendorAlone":                         "make git",
	"TestMakefileNeedsNoBashAndAllowsSpaces":                "make git",
	"TestMakefilePassesURLsUninterpreted":                   "make git curl",
	"TestWorkflowsOfAMonorepoKnowTheDirectoryOfTheService":  "git perl",
	"TestCombination":                                       "make git", // internal/verify/probe
	"TestRenovateDetectsTheImagesOfTheManifests":            "git",
	"TestProjectsWithOtherResourcesPassTheirTests":          "servers",
	"TestServersFollowTheirContract":                        "servers", // internal/verify/servers
	"TestPrometheusCompleteFindsMissingMetrics":             "prometheus",
	"TestReadEqualsGit":                                     "git", // internal/gitconfig
	"TestReadBeforeInitEqualsGitAfterInit":                  "git",
	"TestParseEqualsGit":                                    "git",
	"TestFilesOfTheEnvironmentEqualGit":                     "git",
	"TestBoolEqualsGit":                                     "git",
	// internal/writer
	"TestAuthorComesFromGitConfiguration":               "git",
	"TestEmptyDirectoryKeepsTheModeThatCannotBeSet":     "git",
	"TestStartersKeepTheirLineEnds":                     "git",
	"TestWriteRejectsOtherFilesThanStarters":            "git",
	"TestWriteWithoutGitKeepsATitleThatIsNotCommitted":  "git",
	"TestFailureUndoesFillInPlace":                      "git",
	"TestGitignoreOfProjectIgnoresNoRenderedFile":       "git",
	"TestIdentityEqualsGit":                             "git",
	"TestKilledWriteLeavesTargetAbsentOrComplete":       "git",
	"TestMissingParentsAreCreatedAndRemovedOnFailure":   "git",
	"TestNewRepositoryHasTheSettingsOfGit":              "git",
	"TestNextRunUndoesEachStep":                         "git",
	"TestNextRunKeepsTheWorkOfTheUser":                  "git",
	"TestNextRunKeepsCompleteProject":                   "git",
	"TestJournalChangesNothingOutsideTheDirectory":      "git",
	"TestNextRunUndoesKilledFillInPlace":                "git",
	"TestPackContainsObjectsOfAnySizeOnce":              "git",
	"TestRepositoryKnowsThatModesAreNotKept":            "git",
	"TestResultKnowsThatGitRefusesTheDirectory":         "git",
	"TestRepositoryModes":                               "git",
	"TestWriteCreatesProjectWithOneCommit":              "git",
	"TestWriteFillsBindMountOfTheSameDevice":            "git",
	"TestWriteFillsDirectoryThatCannotBeReplaced":       "git",
	"TestWriteFillsEmptyDirectoryAndKeepsItsMode":       "git",
	"TestWriteFillsMountPoint":                          "git",
	"TestWriteRejectsBareRepository":                    "git",
	"TestWriteFillsRepositoryWithAnySettings":           "git",
	"TestConcurrentRunsInOneCloneHaveOneWinner":         "git",
	"TestWriteNeedsNoLocksAndNoSync":                    "git",
	"TestWriteFollowsLinkToEmptyDirectory":              "git",
	"TestWriteRejectsRepositoryThatIsNotEmpty":          "git",
	"TestWriteWithoutRepositoryKeepsExistingRepository": "git",
}

// Need skips the test, unless .ci/run runs it.
func Need(t testing.TB) {
	t.Helper()
	if !Have(t) {
		t.Skipf("needs %s; .ci/run runs this test", needed(t))
	}
}

// Have reports whether the test can use its programs. It is for tests that check more with them.
func Have(t testing.TB) bool {
	t.Helper()
	words := needed(t)
	if os.Getenv(Variable) == "" {
		return false
	}
	for _, name := range strings.Fields(words) {
		if _, err := exec.LookPath(name); err != nil && name != "servers" {
			t.Fatalf("%s not found: run .ci/run tools", name)
		}
	}
	return true
}

func needed(t testing.TB) string {
	t.Helper()
	name, _, _ := strings.Cut(t.Name(), "/")
	words, ok := tests[name]
	if !ok {
		t.Fatalf("add %s to the list in internal/verify/programs", name)
	}
	return words
}

// Pattern returns a regular expression for go test -run that matches the tests of the list.
func Pattern() string {
	return "^(" + strings.Join(slices.Sorted(maps.Keys(tests)), "|") + ")$"
}
