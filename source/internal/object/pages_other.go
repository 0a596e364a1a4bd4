//go:build !linux

package object

// dropPages leaves it to the system which parts of a mapped file stay in memory.
func dropPages([]byte) {}
