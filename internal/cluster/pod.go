package cluster

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

// pod is one of a manifest, to be run by podman as the kubelet would: with the user, the file systems, the capabilities, the
// limits, the variables and the volumes that the manifest gives it.
type pod struct {
	name      string
	namespace string
	spec      object
	resources []object            // of the manifest, for what the pod refers to
	secrets   map[string][]byte   // by "secret/key", as operators would make them
	dir       string              // for the files of volumes
	volumes   map[string][]string // arguments of podman after "--mount", without the destination
}

// newPod takes the pod of a deployment or of a scheduled job and writes its volumes below dir.
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

// writeVolume makes what a volume holds. It belongs to the group of the pod, as the kubelet has it.
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
	return fmt.Errorf("its kind is not known here: %v", v)
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
		return fmt.Errorf("nobody makes the secret %s", secret.text("secretName"))
	}
	return nil
}

// arguments returns what `podman run` is told of a container: flags, the image, and the arguments of its command.
func (p *pod) arguments(c object, image string) ([]string, error) {
	args, err := p.confinement(c)
	if err != nil {
		return nil, err
	}
	if cpus := c.text("resources", "limits", "cpu"); cpus != "" {
		args = append(args, "--cpus", cpus)
	}
	if memory := c.text("resources", "limits", "memory"); memory != "" {
		args = append(args, "--memory", strings.ToLower(strings.TrimSuffix(memory, "i"))) // 512Mi is 512m there
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

// confinement returns what a container may not do.
func (p *pod) confinement(c object) ([]string, error) {
	of := func(key string) any { // a container overrides its pod
		if v := c.at("securityContext", key); v != nil {
			return v
		}
		return p.spec.at("securityContext", key)
	}
	if of("runAsNonRoot") != true || of("runAsUser") == nil || of("runAsGroup") == nil {
		return nil, errors.New("the manifest does not say as which user, and not as root")
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
		for name, v := range values { // only what stands before it
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

// downward is what the kubelet tells a container about itself.
func (p *pod) downward(c, from object) (string, error) {
	switch field := from.text("fieldRef", "fieldPath"); field {
	case "metadata.name":
		return p.name + "-0", nil
	case "metadata.namespace":
		return p.namespace, nil
	case "":
	default:
		return "", fmt.Errorf("field %s is not known here", field)
	}
	resource, divisor := from.text("resourceFieldRef", "resource"), from.text("resourceFieldRef", "divisor")
	number, ok := strings.CutSuffix(c.text("resources", "limits", "memory"), "Mi")
	if resource != "limits.memory" || divisor != "1Mi" || !ok {
		return "", fmt.Errorf("%v is not known here", from)
	}
	return number, nil
}

// probe is a question of the kubelet.
type probe struct {
	name    string
	scheme  string
	port    int
	path    string
	timeout int // seconds
	tries   int
	period  int
}

// probes returns the probes of a container by their names; one that is missing is an error.
func probes(c object) (map[string]probe, error) {
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

// containerPort resolves the name of a port.
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
