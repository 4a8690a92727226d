package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/acton-go/acton-new/internal/verify/monitoring"
	"github.com/acton-go/acton-new/internal/verify/process"
)

// prometheus is a real Prometheus that scrapes the instances of a script and evaluates the rules of the project every
// second.
type prometheus struct {
	process *process.Process
	address string
	dir     string
	project *monitoring.Project
}

const prometheusUsage = "prometheus start | complete [-but METRIC]… | holds QUERY | firing ALERT"

func prometheusCommand(s *script, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: " + prometheusUsage)
	}
	if args[0] == "start" {
		return s.startPrometheus()
	}
	p := s.prometheus
	if p == nil {
		return errors.New("prometheus: not started")
	}
	switch args[0] {
	case "complete":
		flags := newFlags("prometheus complete")
		var except list
		flags.Var(&except, "but", "metric that the service does not export at this point")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return p.complete(s, except)
	case "holds":
		if len(args) != 2 {
			return errors.New("usage: " + prometheusUsage)
		}
		return p.holds(s, args[1])
	case "firing":
		if len(args) != 2 {
			return errors.New("usage: " + prometheusUsage)
		}
		return p.holds(s, fmt.Sprintf("ALERTS{alertstate=%q,alertname=%q}", "firing", args[1]))
	}
	return fmt.Errorf("unknown subcommand %q", args[0])
}

// namespace returns the namespace label of all instances.
func (s *Service) namespace() string { return s.Name + "-production" }

func (s *script) startPrometheus() error {
	program, err := exec.LookPath("prometheus")
	if err != nil {
		return errors.New("prometheus not found: run apt-get install -y --no-install-recommends prometheus")
	}
	project, err := monitoring.Read(s.service.Project)
	if err != nil {
		return err
	}
	rules, err := project.FastRules()
	if err != nil {
		return err
	}
	port, err := process.FreePort()
	if err != nil {
		return err
	}
	p := &prometheus{address: "127.0.0.1:" + port, dir: filepath.Join(s.dir, "prometheus"), project: project}
	config := map[string]any{
		"global":     map[string]any{"scrape_interval": "1s", "evaluation_interval": "1s"},
		"rule_files": []string{"rules.yaml"},
		"scrape_configs": []any{map[string]any{
			"job_name":        s.service.Name,
			"file_sd_configs": []any{map[string]any{"files": []string{"targets.json"}}},
		}},
	}
	if s.alertmanager != nil {
		config["alerting"] = map[string]any{"alertmanagers": []any{
			map[string]any{"static_configs": []any{map[string]any{"targets": []string{s.alertmanager.address}}}},
		}}
	}
	text, err := yaml.Marshal(config)
	if err != nil {
		return err
	}
	if err := os.Mkdir(p.dir, 0o700); err != nil {
		return err
	}
	for name, data := range map[string][]byte{"prometheus.yaml": text, "rules.yaml": rules} {
		if err := os.WriteFile(filepath.Join(p.dir, name), data, 0o600); err != nil {
			return err
		}
	}
	s.prometheus = p
	if err := s.writeTargets(); err != nil {
		return err
	}
	// The resend delay is a minute by default. Prometheus drops an alert that fires before it has found Alertmanager.
	cmd := exec.CommandContext(context.Background(), program, "--config.file=prometheus.yaml", "--storage.tsdb.path=data",
		"--web.listen-address="+p.address, "--rules.alert.resend-delay=5s", "--log.level=warn")
	cmd.Dir = p.dir
	if p.process, err = process.Start(cmd); err != nil {
		return err
	}
	s.ts.Setenv("PROMETHEUS", "http://"+p.address)
	return p.process.Await(startLimit, func() error { return answersOK("http://" + p.address + "/-/ready") })
}

// writeTargets writes the target file of Prometheus: all instances, with the labels of the Prometheus Operator, and the
// collector. A stopped instance remains a target, like a crashed pod.
func (s *script) writeTargets() error {
	if s.prometheus == nil {
		return nil
	}
	targets := []any{}
	for name, i := range s.instances {
		targets = append(targets, map[string]any{
			"targets": []string{i.metrics},
			"labels":  map[string]string{"namespace": s.service.namespace(), "pod": s.service.Name + "-" + name, "container": s.service.Name},
		})
	}
	if s.otelcol != nil {
		counts, err := url.Parse(s.ts.Getenv("COUNTS"))
		if err != nil {
			return err
		}
		targets = append(targets, map[string]any{
			"targets": []string{counts.Host}, "labels": map[string]string{"job": "otel-collector", "namespace": "monitoring"},
		})
	}
	data, err := json.Marshal(targets)
	if err != nil {
		return err
	}
	name := filepath.Join(s.prometheus.dir, "targets.json")
	if err := os.WriteFile(name+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

func answersOK(url string) error {
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s returned %s", url, response.Status)
	}
	return nil
}

// call calls the Prometheus API and decodes the data in the response.
func (p *prometheus) call(path string, query url.Values, data any) error {
	response, err := client.Get("http://" + p.address + "/api/v1/" + path + "?" + query.Encode())
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer struct {
		Error string          `json:"error"`
		Data  json.RawMessage `json:"data"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	return json.Unmarshal(answer.Data, data)
}

// series runs a query and returns each series with its value.
func (p *prometheus) series(query string) ([]string, error) {
	var data struct {
		Type   string          `json:"resultType"`
		Result json.RawMessage `json:"result"`
	}
	if err := p.call("query", url.Values{"query": {query}}, &data); err != nil {
		return nil, err
	}
	if data.Type != "vector" {
		return []string{string(data.Result)}, nil
	}
	var vector []struct {
		Metric json.RawMessage `json:"metric"`
		Value  []any           `json:"value"`
	}
	if err := json.Unmarshal(data.Result, &vector); err != nil {
		return nil, err
	}
	var found []string
	for _, v := range vector {
		found = append(found, fmt.Sprintf("%s %v", v.Metric, v.Value[1]))
	}
	return found, nil
}

func (p *prometheus) holds(s *script, query string) error {
	found, err := p.series(query)
	if err != nil {
		return err
	}
	for _, series := range found {
		s.printf("%s\n", series)
	}
	if len(found) == 0 {
		return unmetf("no result for %s", query)
	}
	return nil
}

func (p *prometheus) close() {
	if p.process != nil {
		p.process.Stop(2 * time.Second)
	}
}
