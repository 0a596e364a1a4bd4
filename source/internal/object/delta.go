package object

import (
	"encoding/binary"
	"math/bits"
)

// applyDelta builds an object from its base and a delta, whose instructions
// copy parts of the base or insert bytes of their own. limit bounds the size
// of the result, and room gives memory for it, with anything in it.
func applyDelta(base, delta []byte, limit uint64, room func(int) []byte) ([]byte, error) {
	sourceSize, delta, ok := deltaSize(delta)
	if !ok || sourceSize != uint64(len(base)) {
		return nil, corrupt("delta for a base of %d bytes applied to one of %d", sourceSize, len(base))
	}
	size, delta, ok := deltaSize(delta)
	if !ok {
		return nil, corrupt("delta without the size of its result")
	}
	if size > limit {
		return nil, ErrTooLarge
	}
	if size>>24 > uint64(len(delta)) { // no instruction gives more than 2^24 bytes
		return nil, corrupt("delta of %d bytes claims to make %d", len(delta), size)
	}
	result := room(int(size))
	rest := result // what is still to be written
	for len(delta) > 0 {
		op := delta[0]
		delta = delta[1:]
		if op&0x80 == 0 {
			n := int(op)
			if n == 0 || n > len(delta) || n > len(rest) {
				return nil, corrupt("delta inserts %d bytes, has %d, needs %d", n, len(delta), len(rest))
			}
			copy(rest, delta[:n])
			rest, delta = rest[n:], delta[n:]
			continue
		}
		from, n, used := copyOperands(op, delta)
		if used > len(delta) || from > uint64(len(base)) || n > uint64(len(base))-from || n > uint64(len(rest)) {
			return nil, corrupt("delta copies %d bytes from %d of a base of %d, needs %d", n, from, len(base), len(rest))
		}
		copy(rest, base[from:from+n])
		rest, delta = rest[n:], delta[used:]
	}
	if len(rest) > 0 {
		return nil, corrupt("delta leaves the last %d of %d bytes unset", len(rest), size)
	}
	return result, nil
}

// copyOperands reads the operands of a copy instruction: one byte follows for
// each of the seven low bits that is set, four for the offset and three for
// the length. If delta is too short, used is larger than it.
func copyOperands(op byte, delta []byte) (from, n uint64, used int) {
	var next uint64 // the bytes that follow
	if len(delta) >= 8 {
		next = binary.LittleEndian.Uint64(delta)
	} else {
		for i, c := range delta {
			next |= uint64(c) << (8 * i)
		}
	}
	// Without a loop over the bits, whose branches would be guessed wrong.
	if op&0x01 != 0 {
		from, next = next&0xff, next>>8
	}
	if op&0x02 != 0 {
		from, next = from|next&0xff<<8, next>>8
	}
	if op&0x04 != 0 {
		from, next = from|next&0xff<<16, next>>8
	}
	if op&0x08 != 0 {
		from, next = from|next&0xff<<24, next>>8
	}
	if op&0x10 != 0 {
		n, next = next&0xff, next>>8
	}
	if op&0x20 != 0 {
		n, next = n|next&0xff<<8, next>>8
	}
	if op&0x40 != 0 {
		n |= next & 0xff << 16
	}
	if n == 0 {
		n = 0x10000
	}
	return from, n, bits.OnesCount8(op & 0x7f)
}

// deltaSize reads one of the two sizes a delta begins with, and gives what
// follows it.
func deltaSize(delta []byte) (size uint64, rest []byte, ok bool) {
	for n, c := range delta {
		if n == 9 { // 63 bits: more is no size
			break
		}
		size |= uint64(c&0x7f) << (7 * n)
		if c&0x80 == 0 {
			return size, delta[n+1:], true
		}
	}
	return 0, nil, false
}
