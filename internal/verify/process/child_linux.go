package process

import (
	"os/exec"
	"syscall"
)

// EndWithParent makes the kernel kill the command when this process exits, even if it is killed.
func EndWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}
