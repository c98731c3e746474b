//go:build !linux

package xla

// onCore calls f. Elsewhere threads cannot be bound to cores.
func onCore(_ int, f func()) { f() }
