package tree

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/commitflow/commitflow/stage"
)

// pair is two trees that stand at one place, and what of them is still to be
// compared.
type pair struct {
	old, new     []byte
	oldID, newID stage.Hash
	depth        int
	// tail is how many bytes the ends of both have in common. Where just as
	// much is left on either side, at most this much, nothing differs any more.
	tail int
}

// skipEqualEnds passes over the entries at the head that are equal on both
// sides, and notes what is equal at the tail. Of the typical tree, where one
// entry of many differs, hardly an entry is left to be parsed.
func (p *pair) skipEqualEnds() {
	head := commonPrefix(p.old, p.new)
	at := 0
	for {
		size := entryLen(p.old[at:])
		if size == 0 || at+size > head {
			break
		}
		at += size
	}
	p.old, p.new = p.old[at:], p.new[at:]
	p.tail = commonSuffix(p.old, p.new)
	p.skipEqualTail()
}

// skipEqualTail ends the comparison if all that is left is equal.
func (p *pair) skipEqualTail() bool {
	if len(p.old) != len(p.new) || len(p.old) > p.tail {
		return false
	}
	p.old, p.new = nil, nil
	return true
}

// skipEqualEntry passes over the next entry of both sides if its bytes are
// equal, or over all that is left.
func (p *pair) skipEqualEntry() bool {
	if p.skipEqualTail() {
		return true
	}
	size := entryLen(p.old)
	if size == 0 || size > len(p.new) || !bytes.Equal(p.old[:size], p.new[:size]) {
		return false
	}
	p.old, p.new = p.old[size:], p.new[size:]
	return true
}

// block is the length of what is compared at once while looking for the place where
// two byte strings part: long enough for the vector instructions behind bytes.Equal.
const block = 256

// commonPrefix counts the bytes at the start of a and b that are equal.
func commonPrefix(a, b []byte) int {
	n, limit := 0, min(len(a), len(b))
	for n+block <= limit && bytes.Equal(a[n:n+block], b[n:n+block]) {
		n += block
	}
	for ; n+8 <= limit; n += 8 {
		if differ := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); differ != 0 {
			return n + bits.TrailingZeros64(differ)/8
		}
	}
	for n < limit && a[n] == b[n] {
		n++
	}
	return n
}

// commonSuffix counts the bytes at the end of a and b that are equal.
func commonSuffix(a, b []byte) int {
	limit := min(len(a), len(b))
	a, b = a[len(a)-limit:], b[len(b)-limit:]
	n := limit // what is left
	for n >= block && bytes.Equal(a[n-block:n], b[n-block:n]) {
		n -= block
	}
	for ; n >= 8; n -= 8 {
		if differ := binary.LittleEndian.Uint64(a[n-8:]) ^ binary.LittleEndian.Uint64(b[n-8:]); differ != 0 {
			return limit - n + bits.LeadingZeros64(differ)/8
		}
	}
	for n > 0 && a[n-1] == b[n-1] {
		n--
	}
	return limit - n
}
