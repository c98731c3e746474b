//go:build !linux

package xla

import "io/fs"

// inode adds nothing: size and time are what every system tells of a file.
func inode(fs.FileInfo) string { return "" }
