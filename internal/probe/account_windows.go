package probe

import "os/exec"

// runAs changes nothing: there is no root here that the server would refuse.
func runAs(*exec.Cmd, account) {}
