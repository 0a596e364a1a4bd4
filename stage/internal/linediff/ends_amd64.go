//go:build !purego

package linediff

import (
	"slices"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// appendEndsByVectors appends the ends of lines as [appendEnds] does, as far as it
// can, and gives how far it has looked.
func appendEndsByVectors(ends []int32, data []byte, from, to int) ([]int32, int) {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasPOPCNT || !cpu.X86.HasBMI1 {
		return ends, from
	}
	for to-from >= endsAtOnce {
		ends = slices.Grow(ends, endsAtOnce+(to-from)/typicalLine)
		free := ends[len(ends):cap(ends)]
		n, looked := endsByVectors(unsafe.SliceData(free), len(free), unsafe.SliceData(data), from, to)
		ends, from = ends[:len(ends)+n], looked
	}
	return ends, from
}

// endsAtOnce is the number of bytes that endsByVectors takes at a time.
const endsAtOnce = 64

// typicalLine is a line's length that decides how much room is made at first.
const typicalLine = 24

// endsByVectors writes the ends of lines among data[from:to], and gives their number
// and how far it has looked. It goes on while there is room for as many ends as bytes
// that it takes. What is behind the ends in their room is overwritten.
//
//go:noescape
func endsByVectors(ends *int32, room int, data *byte, from, to int) (n, looked int)
