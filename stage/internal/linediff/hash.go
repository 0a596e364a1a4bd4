package linediff

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// seed makes the hashes of every process different, so that nobody can prepare
// a text whose lines all fall into one slot.
var seed = rand.Uint64()

// hashLines gives the hashes of lines that follow each other, the first of which
// begins at data[ends[0]] and ends at data[ends[1]].
func hashLines(hash []uint64, data []byte, ends []int32) {
	for i := hashLinesByVectors(hash, data, ends); i < len(hash); i++ {
		hash[i] = hashWords(data[ends[i]:ends[i+1]])
	}
}

// hashWords hashes a line eight bytes at a time.
func hashWords(line []byte) uint64 {
	hash := mix(seed ^ uint64(len(line)))
	for len(line) > 8 {
		hash = mix(hash ^ binary.LittleEndian.Uint64(line))
		line = line[8:]
	}
	return mix(hash ^ lastBytes(line))
}

// mix spreads every bit over the whole word.
func mix(h uint64) uint64 {
	high, low := bits.Mul64(h, 0x9e3779b97f4a7c15)
	return high ^ low
}
