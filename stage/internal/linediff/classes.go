package linediff

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"
)

// class is a set of equal lines.
type class struct {
	hash       uint64
	start, end int32 // its first line, in the text that held it first
	inOld      int32 // how often it occurs between the common ends
	inNew      int32
	outside    int32 // how often it occurs in the common ends
}

// classes sorts lines by their contents, in a hash table with open addressing.
type classes struct {
	all       []class
	table     []int32 // indices into all, plus one; 0 is free
	mask      uint64
	anyShared bool
	old       []byte // where the class's first line is, see class.start
	new       []byte
	fromNew   int32 // classes from this one on first occurred in the new text
}

// assign gives every line of both middles its class.
func (c *classes) assign(a, b *text) {
	size := 1 << bits.Len(uint(2*(a.lines+b.lines)))
	if cap(c.table) < size {
		c.table = make([]int32, size)
	} else {
		c.table = c.table[:size]
		clear(c.table)
	}
	c.mask = uint64(size - 1)
	c.all = c.all[:0]
	c.anyShared = false
	c.old, c.new, c.fromNew = a.data, b.data, math.MaxInt32

	a.class = grow(a.class, a.lines)
	for i := range a.class {
		a.class[i] = c.add(a, i)
		c.all[a.class[i]].inOld++
	}
	c.fromNew = int32(len(c.all))
	b.class = grow(b.class, b.lines)
	for i := range b.class {
		b.class[i] = c.add(b, i)
		found := &c.all[b.class[i]]
		found.inNew++
		c.anyShared = c.anyShared || found.inOld > 0
	}
}

// add gives the class of a line, a new one if need be.
func (c *classes) add(t *text, i int) int32 {
	start, end := t.starts[t.origin+i], t.starts[t.origin+i+1]
	line := t.data[start:end]
	hash := hashLine(line)
	slot, found := c.find(hash, line)
	if found >= 0 {
		return found
	}
	id := int32(len(c.all))
	c.all = append(c.all, class{hash: hash, start: start, end: end})
	c.table[slot] = id + 1
	return id
}

// find gives a line's class, or -1 and the free slot where it belongs.
func (c *classes) find(hash uint64, line []byte) (slot uint64, id int32) {
	for slot = hash & c.mask; ; slot = (slot + 1) & c.mask {
		id = c.table[slot] - 1
		if id < 0 || c.all[id].hash == hash && bytes.Equal(c.first(id), line) {
			return slot, id
		}
	}
}

// first gives the contents of a class's lines.
func (c *classes) first(id int32) []byte {
	data := c.old
	if id >= c.fromNew {
		data = c.new
	}
	return data[c.all[id].start:c.all[id].end]
}

// countOutside counts how often the classes occur in a text that both sides
// have in common, and gives the number of its lines.
func (c *classes) countOutside(common []byte) int {
	lines := 0
	for at := 0; at < len(common); lines++ {
		end := lineEnd(common, at)
		line := common[at:end]
		if _, id := c.find(hashLine(line), line); id >= 0 {
			c.all[id].outside++
		}
		at = end
	}
	return lines
}

// seed makes the hashes of every process different, so that nobody can prepare
// a text whose lines all fall into one slot.
var seed = rand.Uint64()

// hashLine mixes eight bytes at a time.
func hashLine(line []byte) uint64 {
	h := seed ^ uint64(len(line))
	for ; len(line) >= 8; line = line[8:] {
		h = mix(h ^ binary.LittleEndian.Uint64(line))
	}
	var last uint64
	for i, c := range line {
		last |= uint64(c) << (8 * i)
	}
	return mix(h ^ last)
}

// mix spreads every bit over the whole word.
func mix(h uint64) uint64 {
	high, low := bits.Mul64(h, 0x9e3779b97f4a7c15)
	return high ^ low
}

// grow gives a slice of n elements with any contents, using old's memory if it
// suffices.
func grow[T any](old []T, n int) []T {
	if cap(old) < n {
		return make([]T, n, n+n/2)
	}
	return old[:n]
}
