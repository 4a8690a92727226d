package consistency

import (
	"regexp"
	"slices"
	"strings"

	"github.com/acton-go/acton-new/internal/features"
)

// checkVariables requires every environment variable with the service's prefix to be a setting, in any file. Every
// other variable of a container must be read by the code or by a library.
func checkVariables(p *Project) []Problem {
	var all []Problem
	seen := map[*node]bool{}
	for _, c := range p.containers {
		used := p.expanded(c)
		for _, name := range sortedKeys(c.env) {
			v := c.env[name]
			if seen[v.node] || strings.HasPrefix(name, p.prefix+"_") {
				continue // variables with the prefix are checked below
			}
			if !p.isRead(name) && !used[name] {
				file, line := v.place()
				all = append(all, problemInFile(file, line, name, "remove it, or use a setting",
					"is not read: it is not a setting, and the source does not name it"))
			}
		}
	}
	all = append(all, p.checkDocumented()...)
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(p.prefix) + `_[A-Z0-9_]*[A-Z0-9]\b`)
	for _, file := range p.textFiles() {
		if !strings.Contains(string(p.files[file]), p.prefix+"_") {
			continue
		}
		for i, text := range strings.Split(string(p.files[file]), "\n") {
			for _, name := range word.FindAllString(text, -1) {
				rest := strings.TrimPrefix(name, p.prefix+"_")
				if !strings.Contains(rest, "__") || rest == variableForm || p.variables[name] != "" || p.golang.variables[name] {
					continue
				}
				all = append(all,
					problemInFile(file, i+1, name, p.nearest(name), "is not a setting: the service refuses to start with it"))
			}
		}
	}
	return all
}

var otelWord = regexp.MustCompile(`\bOTEL_[A-Z0-9_]*[A-Z0-9]\b`)

// checkDocumented requires the OpenTelemetry variables in documents to exist.
func (p *Project) checkDocumented() []Problem {
	var all []Problem
	for _, file := range p.documents() {
		for i, text := range strings.Split(string(p.files[file]), "\n") {
			for _, name := range otelWord.FindAllString(text, -1) {
				if !isOTel(name) {
					all = append(all, problemInFile(file, i+1, name, "correct the name", "is not a variable of the OpenTelemetry SDK"))
				}
			}
		}
	}
	return all
}

// variableForm is the placeholder for a variable name in documents.
const variableForm = "SECTION__KEY"

// textFiles returns the files to search for variables. It leaves out Go files, whose tests use made-up variables.
func (p *Project) textFiles() []string {
	return slices.DeleteFunc(slices.Clone(p.paths), func(file string) bool {
		return strings.HasSuffix(file, ".go") || file == "go.sum" || file == "go.mod"
	})
}

// expanded returns the variables that other variables or the arguments refer to.
func (p *Project) expanded(c *container) map[string]bool {
	used := map[string]bool{}
	c.walk(func(n *node) {
		if n.scalar {
			for _, m := range reference.FindAllStringSubmatch(n.text, -1) {
				used[m[1]] = true
			}
		}
	})
	return used
}

// runtimeVariables are read by the Go runtime, the standard library or the platform.
var runtimeVariables = map[string]bool{
	"GOMEMLIMIT": true, "GOMAXPROCS": true, "GOGC": true, "GODEBUG": true, "GOTRACEBACK": true, "GOCOVERDIR": true, "GORACE": true,
	"TZ": true, "ZONEINFO": true, "HOME": true, "TMPDIR": true, "PATH": true, "HOSTNAME": true,
	"SSL_CERT_FILE": true, "SSL_CERT_DIR": true, "HTTP_PROXY": true, "HTTPS_PROXY": true, "NO_PROXY": true,
	"XDG_CONFIG_HOME": true, "NO_COLOR": true,
}

// libraryVariables maps the prefix of a library's variables to the module of that library.
var libraryVariables = map[string]string{
	"OTEL_": "go.opentelemetry.io/otel/exporters/otlp/",
	"PG":    "github.com/jackc/pgx/",
}

func (p *Project) isRead(name string) bool {
	if runtimeVariables[name] || p.golang.variables[name] {
		return true
	}
	for prefix, module := range libraryVariables {
		if strings.HasPrefix(name, prefix) && strings.Contains(string(p.files["go.mod"]), module) {
			return prefix != "OTEL_" || isOTel(name)
		}
	}
	return false
}

// nearest suggests the variable that is most similar to a wrong one.
func (p *Project) nearest(name string) string {
	var known []string
	for variable := range p.variables {
		known = append(known, strings.ToLower(variable))
	}
	slices.Sort(known)
	if best := features.Suggest(name, known); best != "" {
		return "use " + strings.ToUpper(best)
	}
	return "see docs/configuration.md for all settings"
}

// otelVariables are the variables of the OpenTelemetry SDK, its OTLP exporters and autoprop, without OTEL_. Source:
// go.opentelemetry.io/otel/sdk and exporters v1.47.0.
var otelVariables = strings.Fields(`
	ATTRIBUTE_COUNT_LIMIT ATTRIBUTE_VALUE_LENGTH_LIMIT
	BSP_EXPORT_TIMEOUT BSP_MAX_EXPORT_BATCH_SIZE BSP_MAX_QUEUE_SIZE BSP_SCHEDULE_DELAY
	EVENT_ATTRIBUTE_COUNT_LIMIT LINK_ATTRIBUTE_COUNT_LIMIT METRICS_EXEMPLAR_FILTER METRIC_EXPORT_INTERVAL METRIC_EXPORT_TIMEOUT
	METRICS_EXPORTER PROPAGATORS RESOURCE_ATTRIBUTES SDK_DISABLED SERVICE_NAME TRACES_EXPORTER TRACES_SAMPLER TRACES_SAMPLER_ARG
	SPAN_ATTRIBUTE_COUNT_LIMIT SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT SPAN_EVENT_COUNT_LIMIT SPAN_LINK_COUNT_LIMIT
	EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`)

// otlpVariables exist once for all signals and once for each signal.
var otlpVariables = strings.Fields("CERTIFICATE CLIENT_CERTIFICATE CLIENT_KEY COMPRESSION ENDPOINT HEADERS INSECURE PROTOCOL TIMEOUT")

func isOTel(name string) bool {
	name = strings.TrimPrefix(name, "OTEL_")
	if rest, ok := strings.CutPrefix(name, "EXPORTER_OTLP_"); ok {
		for _, signal := range []string{"TRACES_", "METRICS_", "LOGS_"} {
			rest = strings.TrimPrefix(rest, signal)
		}
		if slices.Contains(otlpVariables, rest) {
			return true
		}
	}
	return slices.Contains(otelVariables, name) || strings.HasPrefix(name, "GO_X_")
}
