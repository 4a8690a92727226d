package generator

import (
	"slices"
	"strings"
	"testing"

	"github.com/acton-go/acton-new/internal/verify/record/modcache"
	"github.com/acton-go/acton-new/internal/verify/sets"
)

// tracing lists package prefixes that only tracing needs. OpenTelemetry's metrics link some of these packages, so the
// test checks the imports of the project itself.
var tracing = []string{
	"go.opentelemetry.io/otel/trace", "go.opentelemetry.io/otel/sdk/trace", "go.opentelemetry.io/otel/propagation",
	"go.opentelemetry.io/otel/exporters/otlp", "go.opentelemetry.io/otel/exporters/stdout",
	"go.opentelemetry.io/contrib/exporters", "go.opentelemetry.io/contrib/propagators",
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", "go.opentelemetry.io/proto/otlp",
}

// export lists package prefixes that a binary without OTLP export must not link, directly or indirectly.
var export = []string{
	"go.opentelemetry.io/otel/exporters/otlp", "go.opentelemetry.io/proto/otlp", "go.opentelemetry.io/contrib/exporters",
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", "google.golang.org/grpc",
}

// below reports whether a package is one of the roots or below one.
func below(pkg string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return pkg == root || strings.HasPrefix(pkg, root+"/") })
}

func TestOnlyObservabilityImportsTracingAndExport(t *testing.T) {
	l := realLibrary(t)
	warmCache(t)
	offline := modcache.Go{Env: []string{"GOPROXY=off", "GOSUMDB=off", "GOFLAGS=-mod=readonly", "GOWORK=off"}}
	for _, set := range sets.SampleCombinations(l.cat, maxRendered) {
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
			t.Errorf("%v: imports of tracing: got %v, want some: %v", a.Features, found, traced)
		}

		// More features link more packages, so check only the sets with the fewest and the most features.
		if n := len(a.Features); n > 1 && n < len(l.cat.Visible())-1 {
			continue
		}
		tree, err := l.render(a, "v0")
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		replaceDir(t, dir, tree)
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
			t.Errorf("%v: linked packages of export: got %v, want some: %v", a.Features, found, traced)
		}
	}
}
