package kubernetes

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// pod is a pod of a manifest that podman runs like a kubelet: with the user, file systems, capabilities, limits,
// environment variables and volumes of the manifest.
type pod struct {
	name      string
	namespace string
	spec      object
	resources []object            // all resources of the manifest
	secrets   map[string][]byte   // values by "secret/key"
	dir       string              // directory for the files of volumes
	volumes   map[string][]string // values of podman --mount, without the destination
}

// newPod returns the pod of a Deployment or CronJob, and writes its volumes below dir.
func newPod(resources []object, workload object, dir string, secrets map[string][]byte) (*pod, error) {
	template := workload.child("spec", "template")
	if workload.kind() == "CronJob" {
		template = workload.child("spec", "jobTemplate", "spec", "template")
	}
	p := &pod{
		name: workload.name(), namespace: workload.namespace(), spec: template.child("spec"),
		resources: resources, secrets: secrets, dir: filepath.Join(dir, workload.name()), volumes: map[string][]string{},
	}
	for _, v := range p.spec.list("volumes") {
		if err := p.writeVolume(v); err != nil {
			return nil, fmt.Errorf("volume %s of %s: %w", v.text("name"), p.name, err)
		}
	}
	return p, nil
}

func (p *pod) find(kind, name string) object {
	for _, o := range p.resources {
		if o.kind() == kind && o.name() == name {
			return o
		}
	}
	return nil
}

// writeVolume creates the files of a volume. Like the kubelet, it sets their group to fsGroup.
func (p *pod) writeVolume(v object) error {
	dir, group := filepath.Join(p.dir, v.text("name")), p.spec.number("securityContext", "fsGroup")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	secret := v.child("secret")
	switch {
	case secret != nil:
		p.volumes[v.text("name")] = []string{"type=bind", "src=" + dir, "ro=true"}
		return p.writeSecret(secret, dir, group)
	case v.at("emptyDir") != nil, v.at("persistentVolumeClaim") != nil:
		p.volumes[v.text("name")] = []string{"type=bind", "src=" + dir}
		return errors.Join(os.Chown(dir, 0, group), os.Chmod(dir, 0o775|os.ModeSetgid))
	}
	return fmt.Errorf("unsupported volume type: %v", v)
}

func (p *pod) writeSecret(secret object, dir string, group int) error {
	mode, written := os.FileMode(secret.number("defaultMode")), 0
	for _, path := range slices.Sorted(maps.Keys(p.secrets)) {
		key, ok := strings.CutPrefix(path, secret.text("secretName")+"/")
		if !ok {
			continue
		}
		written++
		file := filepath.Join(dir, key)
		err := os.WriteFile(file, p.secrets[path], mode)
		if err = errors.Join(err, os.Chmod(file, mode), os.Chown(file, 0, group)); err != nil {
			return err
		}
	}
	if written == 0 {
		return fmt.Errorf("the test has no secret %s", secret.text("secretName"))
	}
	return nil
}

// arguments returns the arguments of `podman run` for a container: flags, the image, and the container arguments.
func (p *pod) arguments(c object, image string) ([]string, error) {
	args, err := p.confinement(c)
	if err != nil {
		return nil, err
	}
	if cpus := c.text("resources", "limits", "cpu"); cpus != "" {
		args = append(args, "--cpus", cpus)
	}
	if memory := c.text("resources", "limits", "memory"); memory != "" {
		args = append(args, "--memory", strings.ToLower(strings.TrimSuffix(memory, "i"))) // podman writes 512Mi as 512m
	}
	variables, err := p.environment(c)
	if err != nil {
		return nil, err
	}
	for _, v := range variables {
		args = append(args, "--env", v)
	}
	for _, m := range c.list("volumeMounts") {
		volume, ok := p.volumes[m.text("name")]
		if !ok {
			return nil, fmt.Errorf("the pod has no volume %s", m.text("name"))
		}
		args = append(args, "--mount", strings.Join(append(slices.Clone(volume), "dst="+m.text("mountPath")), ","))
	}
	if command, ok := c.at("command").([]any); ok {
		entrypoint, err := json.Marshal(command)
		if err != nil {
			return nil, err
		}
		args = append(args, "--entrypoint", string(entrypoint))
	}
	args = append(args, image)
	own, _ := c.at("args").([]any)
	for _, a := range own {
		args = append(args, fmt.Sprint(a))
	}
	return args, nil
}

// confinement returns the podman flags for the security context of a container.
func (p *pod) confinement(c object) ([]string, error) {
	of := func(key string) any { // a container overrides its pod
		if v := c.at("securityContext", key); v != nil {
			return v
		}
		return p.spec.at("securityContext", key)
	}
	if of("runAsNonRoot") != true || of("runAsUser") == nil || of("runAsGroup") == nil {
		return nil, errors.New("the manifest must set runAsNonRoot, runAsUser and runAsGroup")
	}
	args := []string{
		"--user", fmt.Sprintf("%v:%v", of("runAsUser"), of("runAsGroup")),
		"--read-only=" + fmt.Sprint(of("readOnlyRootFilesystem") == true), "--read-only-tmpfs=false",
		"--stop-timeout", fmt.Sprint(p.spec.number("terminationGracePeriodSeconds")),
	}
	if group := p.spec.at("securityContext", "fsGroup"); group != nil {
		args = append(args, "--group-add", fmt.Sprint(group))
	}
	if of("allowPrivilegeEscalation") == false {
		args = append(args, "--security-opt", "no-new-privileges")
	}
	drop, _ := c.at("securityContext", "capabilities", "drop").([]any)
	for _, capability := range drop {
		args = append(args, "--cap-drop", fmt.Sprint(capability))
	}
	return args, nil
}

// environment returns the variables of a container as NAME=VALUE.
func (p *pod) environment(c object) ([]string, error) {
	values := map[string]string{}
	for _, from := range c.list("envFrom") {
		name := from.text("configMapRef", "name")
		config := p.find("ConfigMap", name)
		if config == nil {
			return nil, fmt.Errorf("envFrom: the manifest has no ConfigMap %q", name)
		}
		for key, value := range config.child("data") {
			values[key] = fmt.Sprint(value)
		}
	}
	for _, e := range c.list("env") {
		value := e.text("value")
		if from := e.child("valueFrom"); from != nil {
			v, err := p.downward(c, from)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", e.text("name"), err)
			}
			value = v
		}
		for name, v := range values { // only earlier variables
			value = strings.ReplaceAll(value, "$("+name+")", v)
		}
		values[e.text("name")] = value
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		all = append(all, name+"="+values[name])
	}
	return all, nil
}

// downward returns a value of the downward API.
func (p *pod) downward(c, from object) (string, error) {
	switch field := from.text("fieldRef", "fieldPath"); field {
	case "metadata.name":
		return p.name + "-0", nil
	case "metadata.namespace":
		return p.namespace, nil
	case "":
	default:
		return "", fmt.Errorf("unsupported field %s", field)
	}
	resource, divisor := from.text("resourceFieldRef", "resource"), from.text("resourceFieldRef", "divisor")
	number, ok := strings.CutSuffix(c.text("resources", "limits", "memory"), "Mi")
	if resource != "limits.memory" || divisor != "1Mi" || !ok {
		return "", fmt.Errorf("unsupported source %v", from)
	}
	return number, nil
}

// probe is an HTTP probe.
type probe struct {
	name    string
	scheme  string
	port    int
	path    string
	timeout int // seconds
	tries   int
	period  int
}

// probesOf returns the probes of a container by name. A missing probe is an error.
func probesOf(c object) (map[string]probe, error) {
	all := map[string]probe{}
	for _, name := range []string{"startupProbe", "livenessProbe", "readinessProbe"} {
		p := c.child(name)
		port, err := containerPort(c, p.at("httpGet", "port"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		scheme := strings.ToLower(p.text("httpGet", "scheme"))
		if scheme == "" {
			scheme = "http"
		}
		all[name] = probe{
			name: name, scheme: scheme, port: port, path: p.text("httpGet", "path"),
			timeout: p.number("timeoutSeconds"), tries: p.number("failureThreshold"), period: p.number("periodSeconds"),
		}
	}
	return all, nil
}

// containerPort returns the number of a port that is given by name or number.
func containerPort(c object, port any) (int, error) {
	for _, p := range c.list("ports") {
		if p.text("name") == port {
			return p.number("containerPort"), nil
		}
	}
	if n, ok := port.(int); ok {
		return n, nil
	}
	return 0, fmt.Errorf("the container has no port %v", port)
}
