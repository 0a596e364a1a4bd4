package linediff

import (
	"bytes"
	"math/bits"
)

// class is a set of equal lines.
type class struct {
	line  []byte
	first int32 // the number of its first line
}

// count tells how often a class's lines occur.
type count struct {
	old, new int32 // between the common ends
	outside  int32 // in the common ends, as far as it matters
}

// classes sorts lines by their contents. They are numbered in the order in
// which they were first seen.
type classes struct {
	all    []class
	counts []count
	// table is a hash table with open addressing: the upper half of a slot is
	// that of the line's hash, the lower half is the class's number plus one.
	// A free slot is 0.
	table []uint64
	mask  uint64

	outside outside
}

// unshared stands for the class of a line of the new text that the old one
// does not hold between the common ends.
const unshared = -1

// assign splits both middles. It gives every line of the old one its class, and
// every line of the new one the class it shares with lines of the old one, or
// unshared. It gives the number of unshared lines on both sides.
func (c *classes) assign(a, b *text) (unsharedOld, unsharedNew int) {
	a.split()
	c.reset(a.lines)
	a.class = grow(a.class, a.lines)
	for i, hash := range a.hash {
		id := c.add(hash, a.line(i), i)
		c.counts[id].old++
		a.class[i] = id
	}
	c.assignNew(a, b)

	unsharedOld = a.lines
	for _, n := range c.counts {
		if n.new > 0 {
			unsharedOld -= int(n.old)
		}
	}
	for _, id := range b.class {
		if id == unshared {
			unsharedNew++
		}
	}
	return unsharedOld, unsharedNew
}

// reset forgets all classes and makes room for those of that many lines.
func (c *classes) reset(lines int) {
	size := 2 << bits.Len(uint(lines))
	if cap(c.table) < size {
		c.table = newTable(size)
	} else {
		c.table = c.table[:size]
		clear(c.table)
	}
	c.mask = uint64(size - 1)
	c.all, c.counts = c.all[:0], c.counts[:0]
}

// newTable makes a table of free slots. Each of its pages is written to: where the memory
// is new to the process and a page is read first, as a search in the table does, Linux
// maps it twice, and the second time interrupts the other processors.
func newTable(size int) []uint64 {
	table := make([]uint64, size)
	for i := 0; i < size; i += pageSlots {
		table[i] = 0
	}
	return table
}

// pageSlots is how many slots there are to the smallest page of memory.
const pageSlots = 4096 / 8

// assignNew splits the new middle and gives its lines the classes they share
// with lines of the old one. Most of these stand in the same order there, so
// after a line that both have, what follows is compared as a whole.
func (c *classes) assignNew(a, b *text) {
	b.class = b.class[:0]
	expected := 0 // the line of a after the last one that was found in b
	for at := b.start; at < b.end; {
		b.addLine()
		i := len(b.hash) - 1
		_, id := c.find(b.hash[i], b.line(i))
		b.class = append(b.class, id)
		at = int(b.starts[len(b.starts)-1])
		if id == unshared {
			continue
		}
		c.counts[id].new++
		partner := int(c.all[id].first)
		if expected < a.lines && a.class[expected] == id {
			partner = expected
		} else if c.counts[id].old > 1 {
			continue
		}
		expected = c.follow(a, b, partner+1)
		at = int(b.starts[len(b.starts)-1])
	}
	b.lines = len(b.class)
	b.high = b.lines
}

// follow adds the lines of a from line i on to b as long as both texts are the
// same, and gives the first line of a that is not.
func (c *classes) follow(a, b *text, i int) int {
	from, at := int(a.starts[a.origin+i]), int(b.starts[len(b.starts)-1])
	same := int32(from + commonPrefix(a.data[from:a.end], b.data[at:b.end]))
	first := i
	for i < a.lines && a.starts[a.origin+i+1] <= same {
		i++
	}
	if i > first && a.data[a.starts[a.origin+i]-1] != '\n' {
		i-- // in b, the line may go on
	}
	for _, end := range a.starts[a.origin+first+1 : a.origin+i+1] {
		b.starts = append(b.starts, end+int32(at-from))
	}
	b.hash = append(b.hash, a.hash[first:i]...)
	b.class = append(b.class, a.class[first:i]...)
	counts := c.counts
	for _, id := range a.class[first:i] {
		counts[id].new++
	}
	return i
}

// assignUnshared gives the lines of the new middle that have none yet a class.
// There are as many of them as told.
func (c *classes) assignUnshared(a, b *text, lines int) {
	c.makeRoom(a, lines)
	for i, id := range b.class {
		if id == unshared {
			id = c.add(b.hash[i], b.line(i), i)
			c.counts[id].new++
			b.class[i] = id
		}
	}
}

// makeRoom doubles the table until it is at most half full with that many
// classes more than those of the old text.
func (c *classes) makeRoom(a *text, more int) {
	size := len(c.table)
	for size < 2*(len(c.all)+more) {
		size *= 2
	}
	if size == len(c.table) {
		return
	}
	c.table = newTable(size)
	c.mask = uint64(size - 1)
	for id := range c.all {
		hash := a.hash[c.all[id].first]
		slot := hash & c.mask
		for c.table[slot] != 0 {
			slot = (slot + 1) & c.mask
		}
		c.table[slot] = hash&^0xffffffff | uint64(id+1)
	}
}

// add gives the class of line i, a new one if need be.
func (c *classes) add(hash uint64, line []byte, i int) int32 {
	slot, id := c.find(hash, line)
	if id == unshared {
		id = int32(len(c.all))
		c.all = append(c.all, class{line: line, first: int32(i)})
		c.counts = append(c.counts, count{})
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
