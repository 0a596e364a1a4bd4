package tree

import (
	"bytes"

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

// strides are the lengths in which bytes are compared while looking for the
// place where two byte strings part.
var strides = [...]int{256, 16, 1}

// commonPrefix counts the bytes at the start of a and b that are equal.
func commonPrefix(a, b []byte) int {
	n, limit := 0, min(len(a), len(b))
	for _, stride := range strides {
		for n+stride <= limit && bytes.Equal(a[n:n+stride], b[n:n+stride]) {
			n += stride
		}
	}
	return n
}

// commonSuffix counts the bytes at the end of a and b that are equal.
func commonSuffix(a, b []byte) int {
	n, limit := 0, min(len(a), len(b))
	a, b = a[len(a)-limit:], b[len(b)-limit:]
	for _, stride := range strides {
		for n+stride <= limit && bytes.Equal(a[limit-n-stride:limit-n], b[limit-n-stride:limit-n]) {
			n += stride
		}
	}
	return n
}
