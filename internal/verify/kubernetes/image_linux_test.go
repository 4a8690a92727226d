package kubernetes

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var (
	image   = flag.String("image", "", "image in podman to run as the production overlay of -project specifies; .ci/image sets it")
	project = flag.String("project", "", "directory of the project that -image was built from")
)

// TestImage runs the image of a project as its production manifests specify, and sends the requests of the kubelet, of
// Prometheus and of clients. It reads every name, number and path from the manifests.
func TestImage(t *testing.T) {
	if *image == "" {
		t.Skip("runs a container; .ci/run image runs it")
	}
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Fatal("kubectl not found: run .ci/run tools")
	}
	overlay := filepath.Join(*project, "deploy", "kubernetes", "overlays", "production")
	manifest, err := exec.Command(kubectl, "kustomize", overlay).Output()
	if err != nil {
		t.Fatalf("kubectl kustomize %s: %v", overlay, err)
	}
	resources, err := decode(manifest)
	if err != nil {
		t.Fatal(err)
	}
	service := only(t, resources, "Deployment")
	secrets, err := fakeSecrets(service.name())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p, err := newPod(resources, service, dir, secrets)
	if err != nil {
		t.Fatal(err)
	}
	// Like a pod, the container has its own network, so its ports are free and it cannot reach other hosts.
	network := "none"
	jobs := slices.DeleteFunc(slices.Clone(resources), func(o object) bool {
		return o.kind() != "CronJob" || o.name() != service.name()+"-backup"
	})
	if len(jobs) > 0 {
		network = "container:" + startDatabase(t, p, jobs[0])
	}
	migrate(t, resources, dir, secrets, network)
	runService(t, p, network)
	for _, job := range jobs {
		backUp(t, resources, job, dir, secrets, network)
	}
}

// migrate runs the jobs that make deploy runs before the rollout.
func migrate(t *testing.T, resources []object, dir string, secrets map[string][]byte, network string) {
	t.Helper()
	for _, job := range resources {
		if job.kind() != "Job" {
			continue
		}
		p, err := newPod(resources, job, dir, secrets)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.spec.list("containers") {
			runToEnd(t, p, c, network, *image)
		}
	}
}

// only returns the single resource of a kind.
func only(t *testing.T, resources []object, kind string) object {
	t.Helper()
	found := slices.DeleteFunc(slices.Clone(resources), func(o object) bool { return o.kind() != kind })
	if len(found) != 1 {
		t.Fatalf("the manifest has %d resources of kind %s, want one", len(found), kind)
	}
	return found[0]
}

// removeContainer removes a container when the test ends. If the test failed, it logs the end of the container log.
func removeContainer(t *testing.T, name string) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			logs, _ := exec.Command("podman", "logs", "--tail", "40", name).CombinedOutput()
			t.Logf("[end of the log of %s]\n%s", name, logs)
		}
		podman(t, "rm", "--force", "--time", "0", name)
	})
}

// runToEnd runs a container until it exits, and returns its output.
func runToEnd(t *testing.T, p *pod, container object, network, image string) string {
	t.Helper()
	arguments, err := p.arguments(container, image)
	if err != nil {
		t.Fatal(err)
	}
	return podman(t, slices.Concat([]string{"run", "--rm", "--network", network}, arguments)...)
}

// runService starts the container of the service, tests it, and stops it.
func runService(t *testing.T, p *pod, network string) {
	containers := slices.DeleteFunc(p.spec.list("containers"), func(c object) bool { return c.text("name") != p.name })
	if len(containers) != 1 {
		t.Fatalf("the pod has no container %s", p.name)
	}
	container := containers[0]
	probes, err := probesOf(container)
	if err != nil {
		t.Fatal(err)
	}
	arguments, err := p.arguments(container, *image)
	if err != nil {
		t.Fatal(err)
	}
	podman(t, slices.Concat([]string{"run", "--detach", "--replace", "--name", p.name, "--network", network}, arguments)...)
	removeContainer(t, p.name)
	pid := podman(t, "inspect", "--format", "{{.State.Pid}}", p.name)
	checkConfinement(t, p, container, pid)
	k := kubelet{client: clientIn(pid)}

	startup, liveness, readiness := probes["startupProbe"], probes["livenessProbe"], probes["readinessProbe"]
	if err := await(time.Duration(startup.tries*startup.period)*time.Second, func() error { return k.probe(startup) }); err != nil {
		t.Fatalf("%s: %v", startup.name, err)
	}
	for _, q := range []probe{liveness, readiness} {
		if err := k.probe(q); err != nil {
			t.Errorf("%s: %v", q.name, err)
		}
	}
	podman(t, "healthcheck", "run", p.name)
	podman(t, "exec", p.name, "/proc/1/exe", "version")
	k.metrics(t, p, container)
	k.api(t, readiness)

	// While it drains, it is alive but not ready. Then it exits.
	began := time.Now()
	podman(t, "kill", "--signal", "TERM", p.name)
	if err := await(3*time.Second, func() error {
		if k.probe(readiness) == nil {
			return errors.New("still ready")
		}
		return nil
	}); err != nil {
		t.Errorf("%s after SIGTERM: %v", readiness.name, err)
	}
	if err := k.probe(liveness); err != nil {
		t.Errorf("%s during the drain: %v", liveness.name, err)
	}
	code := podman(t, "wait", p.name)
	grace := time.Duration(p.spec.number("terminationGracePeriodSeconds")) * time.Second
	if took := time.Since(began); code != "0" || took >= grace {
		t.Errorf("exited with code %s after %s, want 0 within %s", code, took, grace)
	}
}

// podman runs a podman command and returns its output.
func podman(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("podman", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("podman %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// checkConfinement checks the restrictions that the kernel reports for the process.
func checkConfinement(t *testing.T, p *pod, container object, pid string) {
	t.Helper()
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		got[key] = strings.Join(strings.Fields(value), " ")
	}
	context := p.spec.child("securityContext")
	user, group := fmt.Sprint(context.at("runAsUser")), fmt.Sprint(context.at("runAsGroup"))
	want := map[string]string{
		"Uid": strings.Repeat(user+" ", 3) + user, "Gid": strings.Repeat(group+" ", 3) + group,
		"Groups": fmt.Sprint(context.at("fsGroup")), "NoNewPrivs": "1", "Seccomp": "2",
		"CapEff": "0000000000000000", "CapPrm": "0000000000000000", "CapBnd": "0000000000000000", "CapAmb": "0000000000000000",
	}
	for key, value := range want {
		if got[key] != value {
			t.Errorf("/proc/PID/status: %s is %q, want %q", key, got[key], value)
		}
	}
	mounts, err := os.ReadFile("/proc/" + pid + "/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line)
		if fields[1] == "/" && !slices.Contains(strings.Split(fields[3], ","), "ro") {
			t.Errorf("the root file system of the container is writable: %s", line)
		}
	}
}

// clientIn returns a client that connects from the network namespace of a process.
func clientIn(pid string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // like the kubelet
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			runtime.LockOSThread() // never unlocked: the thread stays in the namespace
			file, err := os.Open("/proc/" + pid + "/ns/net")
			if err != nil {
				return nil, err
			}
			defer file.Close()
			if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
				return nil, err
			}
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}}
}

// kubelet sends requests like a kubelet.
type kubelet struct{ client *http.Client }

func (k kubelet) probe(p probe) error {
	_, err := k.get(fmt.Sprintf("%s://127.0.0.1:%d%s", p.scheme, p.port, p.path), time.Duration(p.timeout)*time.Second)
	return err
}

func (k kubelet) get(url string, timeout time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	request.Header.Set("User-Agent", "kube-probe/1.34")
	return k.do(request)
}

func (k kubelet) do(request *http.Request) (string, error) {
	response, err := k.client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode < 200 || response.StatusCode >= 400) {
		err = fmt.Errorf("%s: %s: %.300s", request.URL, response.Status, body)
	}
	return string(body), err
}

// metrics scrapes the endpoint in the ServiceMonitor.
func (k kubelet) metrics(t *testing.T, p *pod, container object) {
	t.Helper()
	monitor, service := p.find("ServiceMonitor", p.name), p.find("Service", p.name)
	endpoints := monitor.list("spec", "endpoints")
	if len(endpoints) == 0 {
		t.Fatal("the manifest has no ServiceMonitor with an endpoint")
	}
	var target any
	for _, port := range service.list("spec", "ports") {
		if port.text("name") == endpoints[0].text("port") {
			target = port.at("targetPort")
		}
	}
	port, err := containerPort(container, target)
	if err != nil {
		t.Fatalf("port %q of the ServiceMonitor: %v", endpoints[0].text("port"), err)
	}
	text, err := k.get(fmt.Sprintf("http://127.0.0.1:%d%s", port, endpoints[0].text("path")), 5*time.Second)
	if err != nil || !strings.Contains(text, "\nhttp_server_request_duration_seconds_count") {
		t.Errorf("scrape failed: %v", err)
	}
}

// api creates a note on the port of a probe, and checks the version in /health.
func (k kubelet) api(t *testing.T, p probe) {
	t.Helper()
	base := fmt.Sprintf("%s://127.0.0.1:%d", p.scheme, p.port)
	request, err := http.NewRequest(http.MethodPost, base+"/v1/notes", strings.NewReader(`{"owner":"ci","title":"built"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if _, err := k.do(request); err != nil {
		t.Errorf("POST /v1/notes: %v", err)
	}
	if health, err := k.get(base+"/health", 5*time.Second); err != nil || !strings.Contains(health, `"version":"1.2.3"`) {
		t.Errorf("/health does not report version 1.2.3: %s %v", health, err)
	}
}
