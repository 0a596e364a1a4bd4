package linediff

import "encoding/binary"

// outside is what it takes to count lines of the common ends. Most of them are in no
// class, or in one whose number there makes no difference, and should be passed over
// without a hash.
type outside struct {
	ends []int32 // of the lines of one of the common ends
	// sought has a bit for the last bytes of each line that is looked for.
	sought [1 << soughtBits / 64]uint64
}

const soughtBits = 12

// countOutside counts how often classes occur in the common ends, and gives the number
// of lines there. Lines that only one of the middles holds are always counted: they are
// absent from the other text, or not. Of a line that both hold the number makes a
// difference only if it may be frequent enough to be set aside.
func (c *classes) countOutside(head, tail []byte, shared bool) int {
	clear(c.outside.sought[:])
	for id, n := range c.counts {
		if shared || n.old == 0 || n.new == 0 {
			bit := soughtBit(lastBytes(c.all[id].line))
			c.outside.sought[bit/64] |= 1 << (bit % 64)
		}
	}
	return c.countIn(head) + c.countIn(tail)
}

// countIn is countOutside in one of the common ends.
func (c *classes) countIn(data []byte) int {
	ends := appendEnds(append(c.outside.ends[:0], 0), data, 0, len(data))
	c.outside.ends = ends
	var hash [1]uint64
	for i, end := range ends[1:] {
		from := ends[i]
		if end >= 8 {
			last := binary.LittleEndian.Uint64(data[end-8:]) >> (8 * max(8-(end-from), 0))
			if bit := soughtBit(last); c.outside.sought[bit/64]>>(bit%64)&1 == 0 {
				continue
			}
		}
		hashLines(hash[:], data, ends[i:])
		if _, id := c.find(hash[0], data[from:end]); id != unshared {
			c.counts[id].outside++
		}
	}
	return len(ends) - 1
}

// lastBytes gives the last eight bytes of a line, or all there are.
func lastBytes(line []byte) uint64 {
	if n := len(line); n >= 8 {
		return binary.LittleEndian.Uint64(line[n-8:])
	}
	var last uint64
	for i := len(line) - 1; i >= 0; i-- {
		last = last<<8 | uint64(line[i])
	}
	return last
}

// soughtBit gives the bit of lines that end with those bytes.
func soughtBit(last uint64) uint64 { return last * 0x9e3779b97f4a7c15 >> (64 - soughtBits) }
