package probe

import "os/exec"

// runAs does nothing: Windows has no root user, which PostgreSQL would reject.
func runAs(*exec.Cmd, account) {}
