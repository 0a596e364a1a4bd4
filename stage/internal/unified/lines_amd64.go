//go:build !purego

package unified

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// copyLines copies lines as [writer.lines] does, from text[from:end] to dst[to:], as
// many as it can, and gives where it has come to: not to the last of a text, where
// there is no more to look at.
func copyLines(dst []byte, to int, sign byte, text []byte, from, end int) (int, int) {
	if !cpu.X86.HasAVX2 || end-from < vector {
		return from, to
	}
	copied, written := copyByVectors(unsafe.SliceData(dst[to:]), len(dst)-to, unsafe.SliceData(text[from:]), len(text)-from, end-from, sign)
	return from + copied, to + written
}

// vector is the number of bytes that copyByVectors takes at a time.
const vector = 32

// copyByVectors copies the lines that begin among the first n of so many bytes of a
// text, as far as there is room, and gives how many bytes it has copied and, with the
// signs, written.
//
//go:noescape
func copyByVectors(dst *byte, room int, text *byte, size, n int, sign byte) (copied, written int)
