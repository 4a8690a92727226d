package consistency

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/otlptranslator"
)

// golang holds the facts that rules need from the Go source of the service.
type golang struct {
	metrics   map[string]string    // Prometheus name of a metric: file that registers it
	buckets   map[string][]float64 // Prometheus name of a histogram: bucket boundaries
	labels    map[string]bool      // Prometheus names of labels
	routes    map[string]string    // path: file that serves it
	commands  map[string]bool      // commands and subcommands of the binary
	variables map[string]bool      // string literals that look like environment variables
}

// libraryMetrics maps a function call to the metrics that the library then registers.
var libraryMetrics = map[string][]string{
	// go.opentelemetry.io/contrib/instrumentation/runtime v0.72.0
	"runtime.Start": {
		"go_memory_used_bytes", "go_memory_limit_bytes", "go_memory_allocated_bytes_total", "go_memory_allocations_total",
		"go_memory_gc_goal_bytes", "go_goroutine_count", "go_processor_limit", "go_config_gogc_percent",
	},
	// github.com/prometheus/client_golang v1.25.0
	"collectors.NewProcessCollector": {
		"process_cpu_seconds_total", "process_open_fds", "process_max_fds", "process_virtual_memory_bytes", "process_virtual_memory_max_bytes",
		"process_resident_memory_bytes", "process_start_time_seconds", "process_network_receive_bytes_total", "process_network_transmit_bytes_total",
	},
	"collectors.NewGoCollector": {
		"go_goroutines", "go_threads", "go_info", "go_gc_duration_seconds", "go_gc_duration_seconds_sum", "go_gc_duration_seconds_count",
		"go_memstats_alloc_bytes", "go_memstats_heap_alloc_bytes", "go_memstats_heap_inuse_bytes", "go_memstats_sys_bytes", "go_memstats_next_gc_bytes",
		"go_memstats_last_gc_time_seconds", "go_gc_gogc_percent", "go_gc_gomemlimit_bytes", "go_sched_gomaxprocs_threads",
	},
	// github.com/exaring/otelpgx v0.13.0
	"otelpgx.RecordStats": {
		"pgxpool_acquires_total", "pgxpool_acquire_duration_nanoseconds_total", "pgxpool_acquired_connections", "pgxpool_canceled_acquires_total",
		"pgxpool_constructing_connections", "pgxpool_empty_acquire_total", "pgxpool_empty_acquire_wait_time_nanoseconds_total",
		"pgxpool_idle_connections", "pgxpool_max_connections", "pgxpool_max_idle_destroys_total", "pgxpool_max_lifetime_destroys_total",
		"pgxpool_new_connections_total", "pgxpool_total_connections",
	},
	"otelpgx.NewTracer": {
		"db_client_operation_duration_seconds_bucket", "db_client_operation_duration_seconds_sum", "db_client_operation_duration_seconds_count",
		"db_client_operation_errors_total",
	},
	// go.opentelemetry.io/otel/sdk/trace v1.47.0 and its exporters, with OTEL_GO_X_OBSERVABILITY
	"sdktrace.WithBatcher": {"otel_sdk_processor_span_processed_total", "otel_sdk_exporter_span_exported_total"},
	// go.opentelemetry.io/otel/exporters/prometheus
	"otelprometheus.New": {"target_info"},
}

var (
	command      = regexp.MustCompile(`(?:\bUse:\s+|\b(?:group|settingsCommand)\((?:sources, )?)"([a-z][a-z0-9-]*)`)
	environment  = regexp.MustCompile(`"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"`)
	routePattern = regexp.MustCompile(`^(?:[A-Z]+ )?(/[^\s]*)$`)

	// registrations are substrings of every file that registers a metric or serves a path.
	registrations = []string{"Counter(", "Histogram(", "Gauge(", "Opts{", "attribute.", `("/`, `("GET /`, `, "/`}
)

// readGo reads the Go source without tests.
func (p *Project) readGo() *golang {
	g := &golang{metrics: map[string]string{}, buckets: map[string][]float64{}, labels: map[string]bool{}, routes: map[string]string{}, commands: map[string]bool{}, variables: map[string]bool{}}
	for _, file := range p.paths {
		if path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "test/") {
			continue
		}
		data := p.files[file]
		if strings.Contains(string(data), "env(") || strings.Contains(string(data), "Env(") {
			for _, m := range environment.FindAllSubmatch(data, -1) {
				g.variables[string(m[1])] = true
			}
		}
		if strings.HasPrefix(file, "cmd/"+p.Name+"/") {
			for _, m := range command.FindAllSubmatch(data, -1) {
				g.commands[string(m[1])] = true
			}
		}
		for call, names := range libraryMetrics {
			if strings.Contains(string(data), call+"(") {
				for _, name := range names {
					g.metrics[name] = file
				}
			}
		}
		if !containsAny(string(data), registrations) {
			continue // skip the slow parsing
		}
		source, err := parser.ParseFile(token.NewFileSet(), file, data, parser.SkipObjectResolution)
		if err != nil {
			p.syntaxErrors = append(p.syntaxErrors,
				problemInFile(file, 0, "syntax", "fix the syntax", "cannot be parsed: %v", err))
			continue
		}
		r := goReader{golang: g, file: file, constants: constantsOf(source)}
		ast.Inspect(source, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				r.call(n)
			case *ast.CompositeLit:
				r.options(n)
			}
			return true
		})
	}
	return g
}

func containsAny(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

// goReader reads one file.
type goReader struct {
	*golang
	file      string
	constants map[string]ast.Expr
}

// constantsOf returns the names of a file that are assigned one expression, with that expression.
func constantsOf(file *ast.File) map[string]ast.Expr {
	constants := map[string]ast.Expr{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if i < len(n.Values) {
					constants[name.Name] = n.Values[i]
				}
			}
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if name, ok := left.(*ast.Ident); ok && len(n.Lhs) == len(n.Rhs) {
					constants[name.Name] = n.Rhs[i]
				}
			}
		}
		return true
	})
	return constants
}

// text returns the value of a string expression, or an empty string if the file alone does not determine it.
func (r goReader) text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return text
		}
	case *ast.Ident:
		if value, ok := r.constants[e.Name].(*ast.BasicLit); ok {
			return r.text(value)
		}
	case *ast.BinaryExpr:
		if left := r.text(e.X); e.Op == token.ADD && left != "" {
			return left + r.text(e.Y)
		}
	}
	return ""
}

func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

var instrument = regexp.MustCompile(`^(?:Int64|Float64)(Observable)?(Counter|UpDownCounter|Histogram|Gauge)$`)

// call records the metric, label or route that a call adds.
func (r goReader) call(call *ast.CallExpr) {
	if len(call.Args) == 0 {
		return
	}
	name := calledName(call)
	if kind := instrument.FindStringSubmatch(name); kind != nil {
		r.instrument(r.text(call.Args[0]), kind[2], call.Args[1:])
		return
	}
	switch name {
	case "String", "Int", "Int64", "Bool", "Float64", "Key":
		if label := r.text(call.Args[0]); strings.Contains(label, ".") {
			r.labels[strings.ReplaceAll(label, ".", "_")] = true
		}
	case "Handle", "HandleFunc", "probe", "Get", "Method", "Route", "GET":
		for _, arg := range call.Args {
			if m := routePattern.FindStringSubmatch(r.text(arg)); m != nil {
				r.routes[m[1]] = r.file
			}
		}
	}
}

// instrument records an OpenTelemetry instrument under its Prometheus name.
func (r goReader) instrument(name, kind string, options []ast.Expr) {
	if name == "" {
		return
	}
	unit := ""
	var boundaries []float64
	for _, option := range options {
		call, ok := r.resolve(option).(*ast.CallExpr)
		switch {
		case !ok:
		case calledName(call) == "WithUnit" && len(call.Args) == 1:
			unit = r.text(call.Args[0])
		case calledName(call) == "WithExplicitBucketBoundaries":
			boundaries = r.numbers(call.Args)
		}
	}
	types := map[string]otlptranslator.MetricType{
		"Counter": otlptranslator.MetricTypeMonotonicCounter, "UpDownCounter": otlptranslator.MetricTypeNonMonotonicCounter,
		"Histogram": otlptranslator.MetricTypeHistogram, "Gauge": otlptranslator.MetricTypeGauge,
	}
	namer := otlptranslator.NewMetricNamer("", otlptranslator.UnderscoreEscapingWithSuffixes)
	exported, err := namer.Build(otlptranslator.Metric{Name: name, Unit: unit, Type: types[kind]})
	if err == nil {
		r.add(exported, kind == "Histogram")
		if len(boundaries) > 0 {
			r.buckets[exported] = boundaries
		}
	}
}

// resolve returns the expression that a name is assigned in the file, or the expression itself.
func (r goReader) resolve(e ast.Expr) ast.Expr {
	if named, ok := e.(*ast.Ident); ok && r.constants[named.Name] != nil {
		return r.constants[named.Name]
	}
	return e
}

// numbers evaluates a list of constants, or a single slice of them. It returns nil if any number is unknown.
func (r goReader) numbers(list []ast.Expr) []float64 {
	if len(list) == 1 {
		if slice, ok := r.resolve(list[0]).(*ast.CompositeLit); ok {
			list = slice.Elts
		}
	}
	var numbers []float64
	for _, e := range list {
		value := constant.MakeUnknown()
		if t, err := types.Eval(token.NewFileSet(), nil, token.NoPos, types.ExprString(e)); err == nil {
			value = t.Value
		}
		if value == nil || value.Kind() == constant.Unknown {
			return nil
		}
		number, _ := constant.Float64Val(constant.ToFloat(value))
		numbers = append(numbers, number)
	}
	return numbers
}

func (r goReader) add(name string, histogram bool) {
	if !histogram {
		r.metrics[name] = r.file
		return
	}
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		r.metrics[name+suffix] = r.file
	}
}

// options records a metric of the Prometheus client library.
func (r goReader) options(lit *ast.CompositeLit) {
	selector, ok := lit.Type.(*ast.SelectorExpr)
	if !ok || !strings.HasSuffix(selector.Sel.Name, "Opts") {
		return
	}
	parts := map[string]string{}
	for _, element := range lit.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok {
				parts[key.Name] = r.text(pair.Value)
			}
		}
	}
	kind, name := selector.Sel.Name, parts["Name"]
	for _, outer := range []string{parts["Subsystem"], parts["Namespace"]} {
		if outer != "" && name != "" {
			name = outer + "_" + name
		}
	}
	switch {
	case name == "":
	case kind == "HistogramOpts", kind == "SummaryOpts":
		r.add(name, true)
	case kind == "CounterOpts", kind == "GaugeOpts":
		r.add(name, false)
	}
}
