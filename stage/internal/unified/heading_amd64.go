//go:build !purego

package unified

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// lastOpeningFrom gives the last newline before text[at] that is before a byte that
// may open a heading; or if it finds none, a place up to which there is none.
func lastOpeningFrom(text []byte, at int) (place int, found bool) {
	if !cpu.X86.HasAVX2 || at < vector {
		return at, false
	}
	return lastOpeningByVectors(unsafe.SliceData(text), at)
}

// lastOpeningByVectors reads text[at], too, which must exist.
//
//go:noescape
func lastOpeningByVectors(text *byte, at int) (place int, found bool)
