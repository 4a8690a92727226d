package generator

import (
	"slices"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/internal/lock/modcache"
)

// tracing are packages, with what is below them, that only tracing needs. OpenTelemetry's own metrics link some of it, so
// that it counts who imports them.
var tracing = []string{
	"go.opentelemetry.io/otel/trace", "go.opentelemetry.io/otel/sdk/trace", "go.opentelemetry.io/otel/propagation",
	"go.opentelemetry.io/otel/exporters/otlp", "go.opentelemetry.io/otel/exporters/stdout",
	"go.opentelemetry.io/contrib/exporters", "go.opentelemetry.io/contrib/propagators",
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", "go.opentelemetry.io/proto/otlp",
}

// export are packages, with what is below them, that a binary which sends nothing must not hold, whoever imports them.
var export = []string{
	"go.opentelemetry.io/otel/exporters/otlp", "go.opentelemetry.io/proto/otlp", "go.opentelemetry.io/contrib/exporters",
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", "google.golang.org/grpc",
}

// below tells whether a package is one of the roots or lies below one.
func below(pkg string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return pkg == root || strings.HasPrefix(pkg, root+"/") })
}

func TestWithoutObservabilityNothingIsTracedOrSent(t *testing.T) {
	l := realLibrary(t)
	warmCache(t)
	offline := modcache.Go{Env: []string{"GOPROXY=off", "GOSUMDB=off", "GOFLAGS=-mod=readonly", "GOWORK=off"}}
	for set := range l.cat.Combinations() {
		a := Answers{Name: "ab", Module: "a.b/c", Features: set.Features()}
		imports, err := importsOf(l.mustFiles(t, a), a.Module)
		if err != nil {
			t.Fatal(err)
		}
		traced := set.Has("observability")
		var found []string
		for _, packages := range []map[string]string{imports.Packages(), imports.Tests()} {
			for pkg, file := range packages {
				if below(pkg, tracing) {
					found = append(found, file+": "+pkg)
				}
			}
		}
		if traced != (len(found) > 0) {
			t.Errorf("%v: imports %v", a.Features, found)
		}

		// What is linked grows with the features, so the fewest and the most are asked.
		if n := len(a.Features); n > 1 && n < len(l.cat.Visible())-1 {
			continue
		}
		tree, err := Render(l.fsys, l.cat, a, "v0")
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		rewrite(t, dir, tree)
		out, err := offline.Run(t.Context(), dir, "list", "-deps", "-test", "./...")
		if err != nil {
			t.Fatal(err)
		}
		found = nil
		for pkg := range strings.FieldsSeq(string(out)) {
			if below(pkg, export) {
				found = append(found, pkg)
			}
		}
		if traced != (len(found) > 0) {
			t.Errorf("%v: links %v", a.Features, found)
		}
	}
}
