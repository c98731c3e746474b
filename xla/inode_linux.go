package xla

import (
	"fmt"
	"io/fs"
	"syscall"
)

// inode adds to the state of a file what a copy with the old times does not have.
func inode(info fs.FileInfo) string {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf(", inode %d of %d.%09d", s.Ino, s.Ctim.Sec, s.Ctim.Nsec)
	}
	return ""
}
