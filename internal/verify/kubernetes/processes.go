package kubernetes

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// processes runs the containers of jobs as processes of this machine, and serves their logs to the API server as a
// kubelet does. A container without a command, whose program is in its image, is not run.
type processes struct {
	cluster *Cluster
	root    string // of the volumes
	path    string // PATH of the containers
	server  *http.Server

	mu   sync.Mutex
	logs map[string]string // by namespace/pod/container
}

// newProcesses starts the server for logs. Containers find their programs in path.
func newProcesses(c *Cluster, root, path string) (*processes, error) {
	identity, err := newCertificate()
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(identity.cert, identity.key)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &processes{cluster: c, root: root, path: path, logs: map[string]string{}}
	p.server = &http.Server{
		Handler: p, ReadHeaderTimeout: time.Second,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
	}
	go func() { _ = p.server.ServeTLS(listener, "", "") }()
	address, err := netip.ParseAddrPort(listener.Addr().String())
	if err != nil {
		return nil, errors.Join(err, p.server.Close())
	}
	endpoints := map[string]any{"kubeletEndpoint": map[string]any{"Port": address.Port()}}
	for _, node := range c.kubelets.nodes {
		change := object{"status": map[string]any{"daemonEndpoints": endpoints}}
		if err := c.merge("/api/v1/nodes/"+node+"/status", change); err != nil {
			return nil, errors.Join(err, p.server.Close())
		}
	}
	return p, nil
}

func (p *processes) close() { _ = p.server.Close() }

// ServeHTTP answers /containerLogs/NAMESPACE/POD/CONTAINER. Like a kubelet, it refuses the log of a container that did
// not start.
func (p *processes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	log, ok := p.logs[strings.TrimPrefix(r.URL.Path, "/containerLogs/")]
	if !ok {
		http.Error(w, "the container is waiting to start: PodInitializing", http.StatusBadRequest)
		return
	}
	_, _ = w.Write([]byte(log))
}

// run runs the containers of a pod one after the other, until one fails.
func (p *processes) run(pod object) error {
	dirs, err := p.volumes(pod)
	if err != nil {
		return err
	}
	for _, container := range slices.Concat(pod.list("spec", "initContainers"), pod.list("spec", "containers")) {
		out, err := p.start(pod, container, dirs)
		p.mu.Lock()
		p.logs[pod.namespace()+"/"+pod.name()+"/"+container.text("name")] = out
		p.mu.Unlock()
		if err != nil {
			return fmt.Errorf("%s: %w", container.text("name"), err)
		}
	}
	return nil
}

// volumes creates the volumes of a pod and returns their directories.
func (p *processes) volumes(pod object) (map[string]string, error) {
	dirs := map[string]string{}
	for _, volume := range pod.list("spec", "volumes") {
		dir := filepath.Join(p.root, pod.name(), volume.text("name"))
		dirs[volume.text("name")] = dir
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		name := volume.text("secret", "secretName")
		if name == "" {
			continue
		}
		values, err := p.values("secrets", pod.namespace(), name)
		if err != nil {
			return nil, err
		}
		for key, value := range values {
			if err := os.WriteFile(filepath.Join(dir, key), []byte(value), 0o600); err != nil {
				return nil, err
			}
		}
	}
	return dirs, nil
}

// values returns the data of a ConfigMap or a Secret.
func (p *processes) values(kind, namespace, name string) (map[string]string, error) {
	var o object
	if err := p.cluster.get("/api/v1/namespaces/"+namespace+"/"+kind+"/"+name, &o); err != nil {
		return nil, err
	}
	values := map[string]string{}
	for key := range o.child("data") {
		value := o.text("data", key)
		if kind == "secrets" {
			decoded, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				return nil, err
			}
			value = string(decoded)
		}
		values[key] = value
	}
	return values, nil
}

// start runs a container to its end and returns its output.
func (p *processes) start(pod, container object, dirs map[string]string) (string, error) {
	command := slices.Concat(texts(container.at("command")), texts(container.at("args")))
	if len(texts(container.at("command"))) == 0 {
		return "", nil
	}
	env, err := p.environment(pod, container)
	if err != nil {
		return "", err
	}
	var mounts []string
	for _, m := range container.list("volumeMounts") {
		mounts = append(mounts, m.text("mountPath"), dirs[m.text("name")])
	}
	local := strings.NewReplacer(mounts...)
	for i, word := range command {
		command[i] = local.Replace(word)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir, cmd.Env = p.root, env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (p *processes) environment(pod, container object) ([]string, error) {
	env := []string{"PATH=" + p.path}
	var errs []error
	for _, from := range container.list("envFrom") {
		for kind, name := range map[string]string{
			"configmaps": from.text("configMapRef", "name"), "secrets": from.text("secretRef", "name"),
		} {
			if name == "" {
				continue
			}
			values, err := p.values(kind, pod.namespace(), name)
			errs = append(errs, err)
			for key, value := range values {
				env = append(env, key+"="+value)
			}
		}
	}
	for _, v := range container.list("env") {
		value := v.text("value")
		if v.text("valueFrom", "fieldRef", "fieldPath") == "metadata.namespace" {
			value = pod.namespace()
		}
		env = append(env, v.text("name")+"="+value)
	}
	return env, errors.Join(errs...)
}

func texts(list any) []string {
	var all []string
	words, _ := list.([]any)
	for _, word := range words {
		text, _ := word.(string)
		all = append(all, text)
	}
	return all
}
