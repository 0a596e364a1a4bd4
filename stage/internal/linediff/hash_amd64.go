//go:build !purego

package linediff

import (
	"math/rand/v2"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// hashesByVectors tells whether the processor has the instructions of hashByVectors.
var hashesByVectors = cpu.X86.HasAVX2 && cpu.X86.HasAES

// hashKeys are as random as seed.
var hashKeys = [8]uint64{
	rand.Uint64(), rand.Uint64(), rand.Uint64(), rand.Uint64(),
	rand.Uint64(), rand.Uint64(), rand.Uint64(), rand.Uint64(),
}

// hashLinesByVectors hashes lines as [hashLines] does, all of them or none.
func hashLinesByVectors(hash []uint64, data []byte, ends []int32) int {
	if !hashesByVectors {
		return 0
	}
	// A vector that ends where a line does must not begin before the text.
	first := 0
	for ; first < len(hash) && ends[first+1] < vector; first++ {
		var padded [2 * vector]byte
		n := copy(padded[vector:], data[ends[first]:ends[first+1]])
		place := [2]int32{vector, int32(vector + n)}
		hashByVectors(&hash[first], 1, &padded[0], &place[0], &hashKeys)
	}
	if first < len(hash) {
		hashByVectors(&hash[first], len(hash)-first, unsafe.SliceData(data), &ends[first], &hashKeys)
	}
	return len(hash)
}

// vector is the number of bytes that hashByVectors takes at a time.
const vector = 32

// hashByVectors hashes n lines, from data[ends[0]:ends[1]] on. None ends before
// data[vector].
//
//go:noescape
func hashByVectors(hash *uint64, n int, data *byte, ends *int32, keys *[8]uint64)
