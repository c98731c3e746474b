package bundle

import (
	"os"
	"syscall"
)

// child has a cell's process end with the run that started it, and get its signals from
// the run alone.
func child() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// peak is the most memory that a process held, in bytes.
func peak(s *os.ProcessState) int64 {
	if use, is := s.SysUsage().(*syscall.Rusage); is {
		return use.Maxrss << 10
	}
	return 0
}
