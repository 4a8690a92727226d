package modcache

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Go is the go command with additional environment variables.
type Go struct{ Env []string }

// Run runs the go command in a directory and returns its standard output. The error contains its output.
func (g Go) Run(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the go command, with arguments of this repository
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN=local")
	cmd.Env = append(cmd.Env, g.Env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		output := strings.TrimSpace(stderr.String() + stdout.String())
		return stdout.Bytes(), fmt.Errorf("go %s: %w\n%s", strings.Join(args[:min(len(args), 4)], " "), err, output)
	}
	return stdout.Bytes(), nil
}
