//go:build !linux

package bundle

import (
	"os"
	"syscall"
)

func child() *syscall.SysProcAttr { return nil }

func peak(*os.ProcessState) int64 { return 0 }
