package linediff

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// appendEnds appends where each line of data[from:to] ends, newline included. The
// last one need not have a newline.
func appendEnds(ends []int32, data []byte, from, to int) []int32 {
	ends, at := appendEndsByVectors(ends, data, from, to)
	for ; at+8 <= to; at += 8 {
		for found := EachNewline(binary.LittleEndian.Uint64(data[at:])); found != 0; found &= found - 1 {
			ends = append(ends, int32(at+bits.TrailingZeros64(found)/8+1))
		}
	}
	for ; at < to; at++ {
		if data[at] == '\n' {
			ends = append(ends, int32(at+1))
		}
	}
	if to > from && data[to-1] != '\n' {
		ends = append(ends, int32(to))
	}
	return ends
}

// Newlines sets the highest bit of the first byte of a word that is a newline,
// of none before it, and of any after it; it gives 0 if there is none. (The
// first byte is the lowest one.)
func Newlines(word uint64) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	word ^= '\n' * ones
	return (word - ones) &^ word & tops
}

// EachNewline is Newlines for all bytes alike: it sets the highest bit of each
// that is a newline, and of no other.
func EachNewline(word uint64) uint64 {
	const sevens = 0x7f7f7f7f7f7f7f7f
	word ^= '\n' * 0x0101010101010101
	return ^((word&sevens + sevens) | word | sevens)
}

// LineEnd gives the end of the line that holds data[at], newline included.
func LineEnd(data []byte, at int) int {
	if next := bytes.IndexByte(data[at:], '\n'); next >= 0 {
		return at + next + 1
	}
	return len(data)
}

// LineStart gives the start of the line that ends at data[:end], which must
// not be empty.
func LineStart(data []byte, end int) int {
	at := end - 1
	for at >= 8 {
		if found := EachNewline(binary.LittleEndian.Uint64(data[at-8:])); found != 0 {
			return at - bits.LeadingZeros64(found)/8
		}
		at -= 8
	}
	for at > 0 && data[at-1] != '\n' {
		at--
	}
	return at
}

// countLines counts lines; a last one without a newline counts.
func countLines(data []byte) int {
	n := bytes.Count(data, []byte{'\n'})
	if len(data) > 0 && data[len(data)-1] != '\n' {
		n++
	}
	return n
}
