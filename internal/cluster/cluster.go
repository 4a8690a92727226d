// Package cluster runs the control plane of a Kubernetes cluster beside a test and judges manifests by what becomes of them
// there: whether they are accepted as they stand, roll out, scale, survive the drain of a node and are replaced without a
// gap. API server, controllers and scheduler are the real ones. The nodes are simulated: no container runs, and no probe and
// no network policy takes effect.
//
// Everything listens on 127.0.0.1 and ends with the test. What is missing is an error that names the command to install it.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/acton-go/acton-new/internal/process"
)

const (
	// token is that of the administrator, on a server that only this machine reaches.
	token = "administrator"
	// startLimit is how long a part may take to be ready; on an idle machine it is a few seconds.
	startLimit = 90 * time.Second
	stopLimit  = 5 * time.Second
	// patience is enough for pods that take ten seconds to count, one after the other.
	patience = 2 * time.Minute
)

// Cluster is one that runs.
type Cluster struct {
	Kubeconfig string
	Patience   time.Duration // how long a check waits for what is to come

	dir      string
	tools    tools
	api      string // address of the API server
	client   *http.Client
	parts    []*process.Process // in the order of their start
	metrics  *metricsAPI
	kubelets *kubelets
}

// Start starts a cluster whose files are in dir, with nodes in three zones. Whoever starts it stops it, even after an error.
func Start(dir string) (*Cluster, error) {
	c := &Cluster{dir: dir, Kubeconfig: filepath.Join(dir, "kubeconfig"), Patience: patience}
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

// Stop ends the cluster; what depends on another part ends before it.
func (c *Cluster) Stop() {
	if c.kubelets != nil {
		c.kubelets.close()
	}
	if c.metrics != nil {
		c.metrics.close()
	}
	for i := len(c.parts) - 1; i >= 0; i-- {
		c.parts[i].Stop(stopLimit)
	}
}

// spawn starts a part.
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
	return address, p.Await(startLimit, func() error { return answers(http.DefaultClient, address+"/health") })
}

// answers reports why there is no answer, or none that is good.
func answers(client *http.Client, url string) error {
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
	signing, err := newCertificate() // only its key, for the tokens of service accounts
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{
		"api.crt": serving.cert, "api.key": serving.key, "accounts.key": signing.key,
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
		"--authorization-mode=RBAC", "--token-auth-file="+c.file("tokens.csv"),
		"--enable-admission-plugins=NodeRestriction,PodSecurity", "--allow-privileged=true", "--enable-priority-and-fairness=false",
		// Debian's etcd cannot tell how far a watch has come, without which clients wait and retry.
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
		// The autoscaler looks often, and believes what a new pod uses.
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
		return func() error { return answers(c.client, "https://127.0.0.1:"+port+"/healthz") }
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
