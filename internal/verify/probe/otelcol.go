package probe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/acton-go/acton-new/internal/verify/monitoring"
	"github.com/acton-go/acton-new/internal/verify/process"
)

// otelcol is a real OpenTelemetry Collector with a configuration of the project. It exports to the collector of the
// script, and its inputs are files and ports of the script.
type otelcol struct {
	process *process.Process
	pods    string         // replaces /var/log/pods
	fed     map[string]int // number of lines in the file of each instance
	info    int            // number of lines with level INFO in all files
}

const otelcolUsage = "otelcol start FILE [VARIABLE=VALUE]… | feed"

func otelcolCommand(s *script, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: " + otelcolUsage)
	}
	switch {
	case args[0] == "start" && len(args) > 1:
		return s.startOtelcol(args[1], args[2:])
	case args[0] == "feed" && s.otelcol != nil:
		return s.feed()
	}
	return errors.New("usage: " + otelcolUsage)
}

// startOtelcol starts the collector. It sets $OTLP to the OTLP endpoint (HTTP) and $COUNTS to the metrics endpoint.
func (s *script) startOtelcol(name string, variables []string) error {
	program, err := exec.LookPath("otelcol")
	if err != nil {
		return errors.New("otelcol not found: run .ci/run tools to build it from .ci/otelcol")
	}
	if s.collector == nil {
		return errors.New("otelcol: start the collector first, which receives its exports")
	}
	dir := filepath.Join(s.dir, "otelcol")
	o := &otelcol{pods: filepath.Join(dir, "pods"), fed: map[string]int{}}
	if err := os.MkdirAll(filepath.Join(dir, "state"), 0o700); err != nil {
		return err
	}
	file := filepath.Join(s.service.Project, monitoring.Folder, "collector", name)
	config, err := s.localConfig(file, dir)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.Background(), program, "--config="+config)
	cmd.Env = append(os.Environ(), variables...)
	if o.process, err = process.Start(cmd); err != nil {
		return err
	}
	s.otelcol = o
	if err := s.writeTargets(); err != nil {
		return err
	}
	return o.process.Await(startLimit, func() error { return answersOK(s.ts.Getenv("OTELCOL_HEALTH")) })
}

// localConfig writes a copy of a configuration with local addresses and paths.
func (s *script) localConfig(file, dir string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var config map[string]map[string]any
	if err := yaml.Unmarshal(data, &config); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	listen := func(component map[string]any, variable, path string) error {
		port, err := process.FreePort()
		component["endpoint"] = "127.0.0.1:" + port
		s.ts.Setenv(variable, "http://127.0.0.1:"+port+path)
		return err
	}
	if sampling, ok := config["processors"]["tail_sampling"].(map[string]any); ok {
		sampling["decision_wait"] = "500ms" // wait for late spans
	}
	for _, section := range []string{"extensions", "receivers", "exporters"} {
		for _, id := range slices.Sorted(maps.Keys(config[section])) {
			component, ok := config[section][id].(map[string]any)
			if !ok {
				return "", fmt.Errorf("%s: %s: %s has no settings", file, section, id)
			}
			var err error
			switch kind, _, _ := strings.Cut(id, "/"); section + "/" + kind {
			case "extensions/health_check":
				err = listen(component, "OTELCOL_HEALTH", "")
			case "extensions/file_storage":
				component["directory"] = filepath.Join(dir, "state")
			case "receivers/file_log":
				err = movePaths(component, dir)
				component["poll_interval"] = "50ms"
			case "receivers/otlp":
				protocols, _ := component["protocols"].(map[string]any)
				for _, protocol := range slices.Sorted(maps.Keys(protocols)) {
					settings, _ := protocols[protocol].(map[string]any)
					err = errors.Join(err, listen(settings, map[string]string{"http": "OTLP", "grpc": "OTLP_GRPC"}[protocol], ""))
				}
			case "exporters/otlp_http":
				component["endpoint"] = "http://" + s.collector.link.Address + "/" + strings.SplitN(fmt.Sprint(component["endpoint"]), "/", 4)[3]
			case "exporters/otlp_grpc":
				component["endpoint"] = s.collector.link.Address
			case "exporters/prometheus":
				err = listen(component, "COUNTS", "/metrics")
			default:
				err = fmt.Errorf("%s: the test harness does not support %s/%s", file, section, id)
			}
			if err != nil {
				return "", err
			}
		}
	}
	config["service"]["telemetry"] = map[string]any{"metrics": map[string]any{"level": "none"}}
	if data, err = yaml.Marshal(config); err != nil {
		return "", err
	}
	name := filepath.Join(dir, "config.yaml")
	return name, os.WriteFile(name, data, 0o600)
}

// podLogs is the directory of container logs: NAMESPACE_POD_UID/CONTAINER/N.log.
const podLogs = "/var/log/pods/"

func movePaths(component map[string]any, dir string) error {
	include, _ := component["include"].([]any)
	for i, pattern := range include {
		rest, ok := strings.CutPrefix(fmt.Sprint(pattern), podLogs)
		if !ok {
			return fmt.Errorf("%s is not below %s", pattern, podLogs)
		}
		include[i] = filepath.Join(dir, "pods", rest)
	}
	if len(include) == 0 {
		return errors.New("file_log includes no files")
	}
	return nil
}

// feed appends new log lines of the instances to the container logs, in the format of the container runtime. It sets
// $FED to the number of lines with level INFO so far, because a request may be logged after the next one.
func (s *script) feed() error {
	o := s.otelcol
	for name, i := range s.instances {
		pod := fmt.Sprintf("%s_%s-%s_0a1b2c3d-0000-4000-8000-000000000000", s.service.namespace(), s.service.Name, name)
		dir := filepath.Join(o.pods, pod, s.service.Name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		file, err := os.OpenFile(filepath.Join(dir, "0.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		lines := i.log.all()
		for _, line := range lines[o.fed[name]:] {
			if strings.Contains(line, `"level":"INFO"`) {
				o.info++
			}
			fmt.Fprintf(file, "%s stdout F %s\n", time.Now().UTC().Format("2006-01-02T15:04:05.999999999Z07:00"), line)
		}
		o.fed[name] = len(lines)
		if err := file.Close(); err != nil {
			return err
		}
	}
	s.ts.Setenv("FED", strconv.Itoa(o.info))
	return nil
}

func (o *otelcol) close() { o.process.Stop(3 * time.Second) }
