package process

import (
	"os/exec"
	"syscall"
)

// EndWithParent makes the kernel end the command when this process is gone, even if nobody can clean up.
func EndWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}
