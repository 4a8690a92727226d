package kubernetes

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const metricsRoot = "/apis/metrics.k8s.io/v1beta1"

// metricsAPI is a stub of metrics-server. The test sets the resource usage of the containers.
type metricsAPI struct {
	cluster *Cluster
	server  *http.Server

	mu    sync.Mutex
	usage map[string]usage // by namespace
}

// usage is the resource usage of every container in a namespace.
type usage struct {
	milliCPU int
	mebibyte int
}

var idle = usage{milliCPU: 5, mebibyte: 32}

// use sets the resource usage of every container in a namespace.
func (c *Cluster) use(namespace string, u usage) {
	c.metrics.mu.Lock()
	defer c.metrics.mu.Unlock()
	c.metrics.usage[namespace] = u
}

// startMetrics starts the metrics API and registers it at the API server.
func (c *Cluster) startMetrics() error {
	identity, err := newCertificate()
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(identity.cert, identity.key)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	m := &metricsAPI{cluster: c, usage: map[string]usage{}}
	m.server = &http.Server{
		Handler: m, ReadHeaderTimeout: 10 * time.Second,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
	}
	go func() { _ = m.server.ServeTLS(listener, "", "") }() // returns after close
	c.metrics = m

	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return err
	}
	number := json.Number(port)
	if err := c.create("/api/v1/namespaces/kube-system/services", object{
		"apiVersion": "v1", "kind": "Service", "metadata": map[string]any{"name": "metrics"},
		"spec": map[string]any{"type": "ExternalName", "externalName": "localhost", "ports": []any{map[string]any{"port": number}}},
	}); err != nil {
		return err
	}
	const service = "/apis/apiregistration.k8s.io/v1/apiservices"
	if err := c.create(service, object{
		"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": map[string]any{"name": "v1beta1.metrics.k8s.io"},
		"spec": map[string]any{
			"group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100,
			"insecureSkipTLSVerify": true,
			"service":               map[string]any{"name": "metrics", "namespace": "kube-system", "port": number},
		},
	}); err != nil {
		return err
	}
	return await(startLimit, func() error {
		var o object
		if err := c.get(service+"/v1beta1.metrics.k8s.io", &o); err != nil {
			return err
		}
		if o.condition("Available") != "True" {
			return fmt.Errorf("the metrics API is not available: %v", o.at("status", "conditions"))
		}
		return nil
	})
}

func (m *metricsAPI) close() { _ = m.server.Close() }

// ServeHTTP handles API discovery and requests for the pod metrics of a namespace.
func (m *metricsAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == metricsRoot {
		answer(w, object{
			"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "metrics.k8s.io/v1beta1",
			"resources": []any{map[string]any{"name": "pods", "namespaced": true, "kind": "PodMetrics", "verbs": []string{"get", "list"}}},
		})
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, metricsRoot+"/namespaces/")
	namespace, what, _ := strings.Cut(rest, "/")
	if !ok || what != "pods" {
		http.NotFound(w, r)
		return
	}
	var pods object
	selector := url.QueryEscape(r.URL.Query().Get("labelSelector"))
	if err := m.cluster.get("/api/v1/namespaces/"+namespace+"/pods?labelSelector="+selector, &pods); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	answer(w, object{"kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": map[string]any{}, "items": m.items(namespace, pods)})
}

func (m *metricsAPI) items(namespace string, pods object) []any {
	m.mu.Lock()
	u, ok := m.usage[namespace]
	m.mu.Unlock()
	if !ok {
		u = idle
	}
	items := []any{}
	for _, pod := range pods.list("items") {
		if pod.text("status", "phase") != "Running" {
			continue
		}
		containers := []any{}
		for _, c := range pod.list("spec", "containers") {
			containers = append(containers, map[string]any{
				"name":  c.text("name"),
				"usage": map[string]any{"cpu": fmt.Sprintf("%dm", u.milliCPU), "memory": fmt.Sprintf("%dMi", u.mebibyte)},
			})
		}
		items = append(items, map[string]any{
			"metadata":  map[string]any{"name": pod.name(), "namespace": namespace, "labels": pod.at("metadata", "labels")},
			"timestamp": time.Now().UTC().Format(time.RFC3339), "window": "15s", "containers": containers,
		})
	}
	return items
}

func answer(w http.ResponseWriter, o object) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(o) // fails only if the client has disconnected
}
