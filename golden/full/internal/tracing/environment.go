package tracing

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/contrib/propagators/autoprop"

	"github.com/acme/billing-api/internal/request"
)

// The variables that are read here. All others are left to OpenTelemetry.
const (
	envDisabled    = "OTEL_SDK_DISABLED"
	envSampler     = "OTEL_TRACES_SAMPLER"
	envSamplerArg  = "OTEL_TRACES_SAMPLER_ARG"
	envPropagators = "OTEL_PROPAGATORS"
	envQueueSize   = "OTEL_BSP_MAX_QUEUE_SIZE"
	envOTLP        = "OTEL_EXPORTER_OTLP_"
)

// protocols are the ways in which OTLP is spoken.
const (
	protocolGRPC = "grpc"
	protocolHTTP = "http/protobuf"
)

// signal is one of the two things that are sent.
type signal string

const (
	traces  signal = "TRACES"
	metrics signal = "METRICS"
)

// setting returns a variable of OTLP: that of the signal, else the common one.
func (s signal) setting(name string) string {
	return cmp.Or(env(os.Getenv, envOTLP+string(s)+"_"+name), env(os.Getenv, envOTLP+name))
}

// endpoint returns where the signal is sent, empty if it is not.
func (s signal) endpoint() string {
	if disabled() || env(os.Getenv, "OTEL_"+string(s)+"_EXPORTER") == "none" {
		return ""
	}
	return s.setting("ENDPOINT")
}

func (s signal) protocol() string { return cmp.Or(s.setting("PROTOCOL"), protocolHTTP) }

func samplerVariable() string { return env(os.Getenv, envSampler) }

func queueVariable() string { return env(os.Getenv, envQueueSize) }

func disabled() bool { return strings.EqualFold(env(os.Getenv, envDisabled), "true") }

// env returns a variable as OpenTelemetry reads it: one of spaces is unset.
func env(getenv func(string) string, name string) string { return strings.TrimSpace(getenv(name)) }

// check says what is wrong with a value. It shows it only if it cannot be a secret.
type check func(value string) error

// checkEnvironment returns an error for each variable whose value OpenTelemetry
// would not honour. Each begins with the name.
func checkEnvironment(getenv func(string) string) error {
	var errs []error
	verify := func(name string, check check) {
		if value := env(getenv, name); value != "" {
			if err := check(value); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
		}
	}
	for name, check := range sdkChecks() {
		verify(name, check)
	}
	if strings.HasSuffix(strings.ToLower(env(getenv, envSampler)), "traceidratio") {
		verify(envSamplerArg, ratio)
	}
	for name, check := range otlpChecks() {
		for _, s := range []string{"", string(traces) + "_", string(metrics) + "_"} {
			verify(envOTLP+s+name, check)
		}
	}
	for _, s := range []string{"", string(traces) + "_", string(metrics) + "_"} {
		certificate, key := envOTLP+s+"CLIENT_CERTIFICATE", envOTLP+s+"CLIENT_KEY"
		errs = append(errs, checkPair(certificate, env(getenv, certificate), key, env(getenv, key)))
	}
	slices.SortFunc(errs, func(a, b error) int { return cmp.Compare(text(a), text(b)) })
	return errors.Join(errs...)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// sdkChecks are those of the variables that say how telemetry is recorded.
func sdkChecks() map[string]check {
	return map[string]check{
		envDisabled: boolean,
		envSampler: oneOf("always_on", "always_off", "traceidratio",
			"parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"),
		envPropagators: func(value string) error {
			_, err := autoprop.TextMapPropagator(strings.Split(value, ",")...)
			return err
		},
		"OTEL_RESOURCE_ATTRIBUTES":     pairs,
		"OTEL_TRACES_EXPORTER":         oneOf("otlp", "none"),
		"OTEL_METRICS_EXPORTER":        oneOf("otlp", "none"),
		"OTEL_METRICS_EXEMPLAR_FILTER": oneOf("always_on", "always_off", "trace_based"),
		"OTEL_METRIC_EXPORT_INTERVAL":  atLeast(1),
		"OTEL_METRIC_EXPORT_TIMEOUT":   atLeast(1),

		"OTEL_BSP_SCHEDULE_DELAY":        atLeast(1),
		"OTEL_BSP_EXPORT_TIMEOUT":        atLeast(1),
		envQueueSize:                     atLeast(1),
		"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": atLeast(1),

		"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT":      atLeast(0),
		"OTEL_ATTRIBUTE_COUNT_LIMIT":             atLeast(0),
		"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": atLeast(0),
		"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT":        atLeast(0),
		"OTEL_SPAN_EVENT_COUNT_LIMIT":            atLeast(0),
		"OTEL_SPAN_LINK_COUNT_LIMIT":             atLeast(0),
		"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT":       atLeast(0),
		"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT":        atLeast(0),
	}
}

// otlpChecks are those of the variables that say where telemetry is sent, and how.
func otlpChecks() map[string]check {
	return map[string]check{
		"ENDPOINT":    endpoint,
		"PROTOCOL":    oneOf(protocolGRPC, protocolHTTP),
		"HEADERS":     headers,
		"TIMEOUT":     atLeast(1),
		"COMPRESSION": oneOf("gzip", "none"),
		"INSECURE":    boolean,
		"CERTIFICATE": authority,

		// These two exist for metrics only.
		"TEMPORALITY_PREFERENCE":        oneOf("cumulative", "delta", "lowmemory"),
		"DEFAULT_HISTOGRAM_AGGREGATION": oneOf("explicit_bucket_histogram", "base2_exponential_bucket_histogram"),
	}
}

func oneOf(words ...string) check {
	return func(value string) error {
		if !slices.Contains(words, value) {
			return fmt.Errorf("%q is none of %s", value, strings.Join(words, ", "))
		}
		return nil
	}
}

func boolean(value string) error {
	if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
		return fmt.Errorf("%q is neither true nor false", value)
	}
	return nil
}

func atLeast(least int) check {
	return func(value string) error {
		if n, err := strconv.Atoi(value); err != nil || n < least {
			return fmt.Errorf("%q is not a whole number of at least %d", value, least)
		}
		return nil
	}
}

func ratio(value string) error {
	if f, err := strconv.ParseFloat(value, 64); err != nil || !(f >= 0 && f <= 1) {
		return fmt.Errorf("%q is not a number between 0 and 1", value)
	}
	return nil
}

func endpoint(value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return errors.New("is not a URL such as http://127.0.0.1:4318")
	}
	return nil
}

// pairs are a list whose values are percent-encoded.
func pairs(value string) error {
	for pair := range strings.SplitSeq(value, ",") {
		name, encoded, found := strings.Cut(pair, "=")
		if _, err := url.PathUnescape(encoded); err != nil || !found || strings.TrimSpace(name) == "" {
			return errors.New("is not a list such as name=value,other=value")
		}
	}
	return nil
}

func headers(value string) error {
	for pair := range strings.SplitSeq(value, ",") {
		if name, _, _ := strings.Cut(pair, "="); !request.WellFormed(strings.TrimSpace(name)) {
			return errors.New("has a name that no header has")
		}
	}
	return pairs(value)
}

func authority(file string) error {
	data, err := os.ReadFile(file) //nolint:gosec // the operator names it
	if err != nil {
		return err
	}
	if !x509.NewCertPool().AppendCertsFromPEM(data) {
		return fmt.Errorf("%s holds no certificate", file)
	}
	return nil
}

func checkPair(certificateName, certificate, keyName, key string) error {
	switch {
	case certificate == "" && key == "":
		return nil
	case certificate == "":
		return fmt.Errorf("%s: is required with %s", certificateName, keyName)
	case key == "":
		return fmt.Errorf("%s: is required with %s", keyName, certificateName)
	}
	if _, err := tls.LoadX509KeyPair(certificate, key); err != nil {
		return fmt.Errorf("%s: %w", certificateName, err)
	}
	return nil
}
