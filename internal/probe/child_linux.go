package probe

import (
	"os/exec"
	"syscall"
)

// endWithParent makes the kernel end the process when this one is gone, even if nobody can clean up.
func endWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}
