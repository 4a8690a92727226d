// Package kubernetes runs a Kubernetes control plane and tests manifests on it. The API server must accept them. Services
// must roll out, scale, survive node drains, and update without downtime. API server, controllers and scheduler are
// real. The nodes are simulated: probes and network policies have no effect, and no containers run, except those of jobs
// in TestRestore, as processes of this machine.
//
// All servers listen on 127.0.0.1 and stop with the test. If a program is missing, the error names the command to
// install it.
package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/acton-go/acton-new/internal/verify/process"
)

const (
	// token is the bearer token of the administrator. The server is reachable only from this machine.
	token = "administrator"
	// startLimit is the time limit for a component to become ready. On an idle machine, it takes a few seconds.
	startLimit = 90 * time.Second
	stopLimit  = 5 * time.Second
	// defaultTimeout is enough for a rolling update of pods with a minReadySeconds of ten seconds.
	defaultTimeout = 2 * time.Minute
)

// Cluster is a running cluster.
type Cluster struct {
	Kubeconfig string
	Timeout    time.Duration // time limit for each condition of a check

	dir      string
	tools    tools
	api      string // address of the API server
	client   *http.Client
	parts    []*process.Process // in start order
	github   *github
	metrics  *metricsAPI
	kubelets *kubelets

	processes *processes // run the containers of jobs; nil runs none
}

// Start starts a cluster with nodes in three zones. Its files are in dir. The caller must call Stop, even after an
// error.
func Start(dir string) (*Cluster, error) {
	c := &Cluster{dir: dir, Kubeconfig: filepath.Join(dir, "kubeconfig"), Timeout: defaultTimeout}
	found, err := findTools()
	if err != nil {
		return c, err
	}
	c.tools = found
	etcd, err := c.startEtcd()
	if err != nil {
		return c, err
	}
	if err := c.startAPI(etcd); err != nil {
		return c, err
	}
	return c, errors.Join(c.startControllers(), c.startNodes(), c.startMetrics())
}

// Stop stops the components in the reverse order of their start.
func (c *Cluster) Stop() {
	if c.kubelets != nil {
		c.kubelets.close()
	}
	if c.metrics != nil {
		c.metrics.close()
	}
	if c.github != nil {
		c.github.close()
	}
	for i := len(c.parts) - 1; i >= 0; i-- {
		c.parts[i].Stop(stopLimit)
	}
}

// spawn starts a component.
func (c *Cluster) spawn(name string, args ...string) (*process.Process, error) {
	cmd := exec.CommandContext(context.Background(), c.tools.path(name), args...)
	cmd.Dir = c.dir
	p, err := process.Start(cmd)
	if err != nil {
		return nil, err
	}
	c.parts = append(c.parts, p)
	return p, nil
}

func (c *Cluster) startEtcd() (string, error) {
	port, err := process.FreePort()
	if err != nil {
		return "", err
	}
	peerPort, err := process.FreePort()
	if err != nil {
		return "", err
	}
	address, peer := "http://127.0.0.1:"+port, "http://127.0.0.1:"+peerPort
	p, err := c.spawn("etcd", "--data-dir", filepath.Join(c.dir, "etcd"), "--unsafe-no-fsync",
		"--listen-client-urls", address, "--advertise-client-urls", address,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer)
	if err != nil {
		return "", err
	}
	return address, p.Await(startLimit, func() error { return checkOK(http.DefaultClient, address+"/health") })
}

// checkOK returns an error unless the URL answers with status 200.
func checkOK(client *http.Client, url string) error {
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return nil
}

func (c *Cluster) startAPI(etcd string) error {
	port, err := process.FreePort()
	if err != nil {
		return err
	}
	c.api = "https://127.0.0.1:" + port
	serving, err := newCertificate()
	if err != nil {
		return err
	}
	signing, err := newCertificate() // only the key is used, for service account tokens
	if err != nil {
		return err
	}
	if c.github, err = startGitHub(serving); err != nil {
		return err
	}
	authentication, err := c.github.authentication(serving.cert)
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{
		"authentication.json": authentication, "api.crt": serving.cert, "api.key": serving.key, "accounts.key": signing.key,
		"tokens.csv": []byte(token + ",administrator,administrator,system:masters\n"),
		"kubeconfig": fmt.Appendf(nil, kubeconfig, c.file("api.crt"), c.api, token),
	} {
		if err := os.WriteFile(c.file(name), data, 0o600); err != nil {
			return err
		}
	}
	c.client = serving.trusting()
	p, err := c.spawn("kube-apiserver", "--etcd-servers="+etcd,
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port="+port,
		"--tls-cert-file="+c.file("api.crt"), "--tls-private-key-file="+c.file("api.key"),
		"--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.96.0.0/16",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+c.file("accounts.key"), "--service-account-signing-key-file="+c.file("accounts.key"),
		"--authorization-mode=RBAC", "--token-auth-file="+c.file("tokens.csv"), "--authentication-config="+c.file("authentication.json"),
		"--enable-admission-plugins=NodeRestriction,PodSecurity", "--allow-privileged=true", "--enable-priority-and-fairness=false",
		// Debian's etcd does not report watch progress. Without it, clients of WatchList wait and retry.
		"--feature-gates=WatchList=false")
	if err != nil {
		return err
	}
	return p.Await(startLimit, func() error { return c.get("/readyz", nil) })
}

func (c *Cluster) startControllers() error {
	ports := [2]string{}
	for i := range ports {
		port, err := process.FreePort()
		if err != nil {
			return err
		}
		ports[i] = port
	}
	serving := []string{
		"--kubeconfig=" + c.Kubeconfig, "--leader-elect=false", "--bind-address=127.0.0.1",
		"--tls-cert-file=" + c.file("api.crt"), "--tls-private-key-file=" + c.file("api.key"),
	}
	manager, err := c.spawn("kube-controller-manager", append(serving, "--secure-port="+ports[0],
		"--service-account-private-key-file="+c.file("accounts.key"), "--root-ca-file="+c.file("api.crt"),
		// The autoscaler syncs often, and uses the metrics of new pods immediately.
		"--horizontal-pod-autoscaler-sync-period=1s", "--horizontal-pod-autoscaler-initial-readiness-delay=1s",
		"--horizontal-pod-autoscaler-cpu-initialization-period=1s",
		"--kube-api-qps=200", "--kube-api-burst=400")...)
	if err != nil {
		return err
	}
	scheduler, err := c.spawn("kube-scheduler", append(serving, "--secure-port="+ports[1])...)
	if err != nil {
		return err
	}
	healthy := func(port string) func() error {
		return func() error { return checkOK(c.client, "https://127.0.0.1:"+port+"/healthz") }
	}
	return errors.Join(manager.Await(startLimit, healthy(ports[0])), scheduler.Await(startLimit, healthy(ports[1])))
}

func (c *Cluster) file(name string) string { return filepath.Join(c.dir, name) }

const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {certificate-authority: %q, server: %q}}]
users: [{name: administrator, user: {token: %q}}]
contexts: [{name: test, context: {cluster: test, user: administrator}}]
current-context: test
`
