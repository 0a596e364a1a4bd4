package clickhousetest

import (
	"os/exec"
	"syscall"
)

// dieWithParent lets the system end the process if the test is killed.
func dieWithParent(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
