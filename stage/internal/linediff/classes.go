package linediff

import (
	"bytes"
	"math/bits"
)

// class is a set of equal lines.
type class struct {
	line    []byte
	inOld   int32 // how often it occurs between the common ends
	inNew   int32
	outside int32 // how often it occurs in the common ends
}

// classes sorts lines by their contents. They are numbered in the order in
// which they were first seen.
type classes struct {
	all []class
	// table is a hash table with open addressing: the upper half of a slot is
	// that of the line's hash, the lower half is the class's number plus one.
	// A free slot is 0.
	table []uint64
	mask  uint64
}

// unshared stands for the class of a line of the new text that the old one
// does not hold between the common ends.
const unshared = -1

// assign gives every line of the old middle its class, and every line of the
// new one the class it shares with lines of the old one, or unshared. It gives
// the number of unshared lines on both sides.
func (c *classes) assign(a, b *text) (unsharedOld, unsharedNew int) {
	size := 1 << bits.Len(uint(2*(a.lines+b.lines)))
	if cap(c.table) < size {
		c.table = make([]uint64, size)
	} else {
		c.table = c.table[:size]
		clear(c.table)
	}
	c.mask = uint64(size - 1)
	c.all = c.all[:0]

	a.class = grow(a.class, a.lines)
	for i, hash := range a.hash {
		id := c.add(hash, a.line(i))
		c.all[id].inOld++
		a.class[i] = id
	}
	unsharedOld = a.lines
	b.class = grow(b.class, b.lines)
	for i, hash := range b.hash {
		_, id := c.find(hash, b.line(i))
		b.class[i] = id
		if id == unshared {
			unsharedNew++
			continue
		}
		shared := &c.all[id]
		if shared.inNew == 0 {
			unsharedOld -= int(shared.inOld)
		}
		shared.inNew++
	}
	return unsharedOld, unsharedNew
}

// assignUnshared gives the lines of the new middle that have none yet a class.
func (c *classes) assignUnshared(b *text) {
	for i, id := range b.class {
		if id == unshared {
			id = c.add(b.hash[i], b.line(i))
			c.all[id].inNew++
			b.class[i] = id
		}
	}
}

// add gives the class of a line, a new one if need be.
func (c *classes) add(hash uint64, line []byte) int32 {
	slot, id := c.find(hash, line)
	if id == unshared {
		id = int32(len(c.all))
		c.all = append(c.all, class{line: line})
		c.table[slot] = hash&^0xffffffff | uint64(id+1)
	}
	return id
}

// find gives a line's class, or unshared and the free slot where it belongs.
func (c *classes) find(hash uint64, line []byte) (slot uint64, id int32) {
	for slot = hash & c.mask; ; slot = (slot + 1) & c.mask {
		entry := c.table[slot]
		if entry == 0 {
			return slot, unshared
		}
		if entry>>32 == hash>>32 {
			if id = int32(entry) - 1; bytes.Equal(c.all[id].line, line) {
				return slot, id
			}
		}
	}
}

// countOutside counts how often the classes occur in a text that both sides
// have in common, and gives the number of its lines.
func (c *classes) countOutside(common []byte) int {
	lines := 0
	for at := 0; at < len(common); lines++ {
		end, hash := nextLine(common, at)
		if _, id := c.find(hash, common[at:end]); id != unshared {
			c.all[id].outside++
		}
		at = end
	}
	return lines
}
