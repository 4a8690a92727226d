package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/acton-go/acton-new/internal/verify/monitoring"
	"github.com/acton-go/acton-new/internal/verify/process"
)

// alertmanager is a real Alertmanager with the configuration of the project. Its receivers send to a sink.
type alertmanager struct {
	process *process.Process
	address string
	sink    *sink
}

// sink is a stub of the pager and the chat. It records the notifications that it receives.
type sink struct {
	server  *http.Server
	address string

	mu    sync.Mutex
	pages []record
}

// Debian names the program prometheus-alertmanager.
var alertmanagerPrograms = []string{"alertmanager", "prometheus-alertmanager"}

func alertmanagerCommand(s *script, args []string) error {
	if len(args) != 1 || args[0] != "start" {
		return errors.New("usage: alertmanager start")
	}
	if s.prometheus != nil {
		return errors.New("alertmanager: start it before prometheus, which needs its address")
	}
	program := ""
	for _, name := range alertmanagerPrograms {
		if found, err := exec.LookPath(name); err == nil && program == "" {
			program = found
		}
	}
	if program == "" {
		return errors.New("alertmanager not found: run apt-get install -y --no-install-recommends prometheus-alertmanager")
	}
	port, err := process.FreePort()
	if err != nil {
		return err
	}
	a := &alertmanager{address: "127.0.0.1:" + port}
	if a.sink, err = openSink(); err != nil {
		return err
	}
	s.alertmanager = a
	dir := filepath.Join(s.dir, "alertmanager")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	config, err := a.sink.redirect(filepath.Join(s.service.Project, monitoring.Folder, "alertmanager.yaml"), dir)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.Background(), program, "--config.file="+config, "--storage.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+a.address, "--cluster.listen-address=", "--log.level=warn")
	cmd.Dir = dir
	if a.process, err = process.Start(cmd); err != nil {
		return err
	}
	return a.process.Await(startLimit, func() error { return answersOK("http://" + a.address + "/-/ready") })
}

// pagedCommand searches the received notifications: paged [-count N] to=pagerduty event_action=trigger body=~runbook….
func pagedCommand(s *script, args []string) error {
	flags := newFlags("paged")
	count := flags.Int("count", -1, "exact number of notifications")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if s.alertmanager == nil {
		return errors.New("alertmanager: not started")
	}
	sink := s.alertmanager.sink
	sink.mu.Lock()
	defer sink.mu.Unlock()
	return s.find("pages", sink.pages, *count, flags.Args())
}

func openSink() (*sink, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	k := &sink{address: listener.Addr().String()}
	k.server = &http.Server{Handler: k, ReadHeaderTimeout: time.Second}
	go func() { _ = k.server.Serve(listener) }() // ends with close
	return k, nil
}

// ServeHTTP records a notification. The first path element is the receiver. The field "body" holds the raw message, and
// each field of the message is a field of the record.
func (k *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	to, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	page := record{}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err == nil {
		page.flatten("", fields)
	}
	delete(page, "")
	page["to"], page["path"], page["body"], page["authorization"] = to, rest, string(body), r.Header.Get("Authorization")
	k.mu.Lock()
	k.pages = append(k.pages, page)
	k.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
	if to == "chat" {
		fmt.Fprint(w, "ok")
		return
	}
	fmt.Fprint(w, `{"status":"success","message":"taken","dedup_key":"1","result":"taken","took":0,"requestId":"1"}`)
}

// redirect writes a copy of the configuration for tests. Notifications go to the sink, secrets come from test files,
// and group intervals are one second.
func (k *sink) redirect(file, dir string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var config map[string]any
	if err := yaml.Unmarshal(data, &config); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	global, _ := config["global"].(map[string]any)
	if global == nil {
		global = map[string]any{}
	}
	global["pagerduty_url"] = "http://" + k.address + "/pagerduty/v2/enqueue"
	global["opsgenie_api_url"] = "http://" + k.address + "/opsgenie/"
	config["global"] = global
	secrets := map[string]string{}
	err = walk(config, func(holder map[string]any, key string) error {
		switch {
		case key == "group_wait" || key == "group_interval":
			holder[key] = "1s"
		case key == "webhook_configs":
			hooks, _ := holder[key].([]any)
			for _, hook := range hooks {
				if hook, ok := hook.(map[string]any); ok {
					hook["url"] = "http://" + k.address + "/webhook"
				}
			}
		case strings.HasSuffix(key, "_file"):
			name := filepath.Join(dir, filepath.Base(fmt.Sprint(holder[key])))
			secret := "secret-of-" + filepath.Base(name)
			if strings.Contains(key, "url") {
				secret = "http://" + k.address + "/chat/" + filepath.Base(name)
			}
			secrets[name] = secret
			holder[key] = name
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if data, err = yaml.Marshal(config); err != nil {
		return "", err
	}
	name := filepath.Join(dir, "alertmanager.yaml")
	for path, secret := range secrets {
		if err := os.WriteFile(path, []byte(secret), 0o600); err != nil {
			return "", err
		}
	}
	return name, os.WriteFile(name, data, 0o600)
}

// walk calls visit for each key of each map in a decoded document.
func walk(value any, visit func(holder map[string]any, key string) error) error {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if err := errors.Join(visit(v, key), walk(inner, visit)); err != nil {
				return err
			}
		}
	case []any:
		for _, inner := range v {
			if err := walk(inner, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *alertmanager) close() {
	if a.process != nil {
		a.process.Stop(2 * time.Second)
	}
	a.sink.server.Close()
}
