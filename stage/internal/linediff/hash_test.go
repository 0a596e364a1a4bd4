package linediff

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// hashOf hashes the line data[from:to].
func hashOf(data []byte, from, to int) uint64 {
	var hash [1]uint64
	hashLines(hash[:], data, []int32{int32(from), int32(to)})
	return hash[0]
}

func TestEqualLinesHaveEqualHashes(t *testing.T) {
	// Wherever a line stands, what is around it must not matter.
	random := rand.New(rand.NewPCG(1, 2))
	for length := 1; length < 200; length++ {
		line := make([]byte, length)
		for i := range line {
			line[i] = byte(random.Uint32())
		}
		want := hashOf(line, 0, length)
		for before := range 70 {
			data := bytes.Repeat([]byte{byte(before)}, before)
			data = append(data, line...)
			data = append(data, bytes.Repeat([]byte{byte(before)}, before%5)...)
			require.Equal(t, want, hashOf(data, before, before+length), "%d bytes after %d", length, before)
		}
	}
}

func TestOtherLinesHaveOtherHashes(t *testing.T) {
	seen := map[uint64][]byte{}
	add := func(line []byte) {
		hash := hashOf(line, 0, len(line))
		if other, ok := seen[hash]; ok {
			require.Equal(t, other, line)
		}
		seen[hash] = bytes.Clone(line)
	}
	for length := 1; length < 200; length++ {
		line := make([]byte, length)
		add(line)
		for i := range line {
			for bit := range 8 {
				line[i] = 1 << bit
				add(line)
			}
			line[i] = 0
		}
	}
	require.Len(t, seen, 199+8*199*200/2)
	// Slots are taken by the lower bits, and entries told apart by the upper ones.
	lower, upper := map[uint16]bool{}, map[uint16]bool{}
	for hash := range seen {
		lower[uint16(hash)], upper[uint16(hash>>48)] = true, true
	}
	const expected = 1<<16 - 1<<16/8 // of 65536 values drawn 159,399 times, 91 % occur
	require.Greater(t, len(lower), expected)
	require.Greater(t, len(upper), expected)
}

func TestHashesOfManyLinesAreThoseOfEach(t *testing.T) {
	ends := appendEnds([]int32{0}, benchmarkText, 0, len(benchmarkText))
	hash := make([]uint64, len(ends)-1)
	hashLines(hash, benchmarkText, ends)
	for i := range hash {
		line := benchmarkText[ends[i]:ends[i+1]]
		require.Equal(t, hashOf(line, 0, len(line)), hash[i], "%q", line)
	}
}

func BenchmarkHashes(b *testing.B) {
	ends := appendEnds([]int32{0}, benchmarkText, 0, len(benchmarkText))
	hash := make([]uint64, len(ends)-1)
	b.SetBytes(int64(len(benchmarkText)))
	for b.Loop() {
		hashLines(hash, benchmarkText, ends)
	}
}
