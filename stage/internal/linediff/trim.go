package linediff

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// commonEnds gives the number of bytes that whole lines at the start and at
// the end of both texts have in common. The start takes as much as it can, the
// end what is left.
func commonEnds(a, b []byte) (head, tail int) {
	head = commonPrefix(a, b)
	if head == len(a) && head == len(b) {
		return head, 0
	}
	if head > 0 && a[head-1] != '\n' {
		head = LineStart(a, head)
	}
	a, b = a[head:], b[head:]

	tail = commonSuffix(a, b)
	atLineStart := func(text []byte) bool { return tail == len(text) || text[len(text)-tail-1] == '\n' }
	if !atLineStart(a) || !atLineStart(b) {
		if next := bytes.IndexByte(a[len(a)-tail:], '\n'); next >= 0 {
			tail -= next + 1
		} else {
			tail = 0
		}
	}
	return head, tail
}

// block is the stretch that is compared at once while looking for the first
// difference: long enough for the vector instructions behind bytes.Equal.
const block = 256

// commonPrefix gives the number of bytes that are equal from the start on.
func commonPrefix(a, b []byte) int {
	limit := min(len(a), len(b))
	at := 0
	for at+block <= limit && bytes.Equal(a[at:at+block], b[at:at+block]) {
		at += block
	}
	for at+8 <= limit {
		if differ := binary.LittleEndian.Uint64(a[at:]) ^ binary.LittleEndian.Uint64(b[at:]); differ != 0 {
			return at + bits.TrailingZeros64(differ)/8
		}
		at += 8
	}
	for at < limit && a[at] == b[at] {
		at++
	}
	return at
}

// commonSuffix gives the number of bytes that are equal up to the end.
func commonSuffix(a, b []byte) int {
	limit := min(len(a), len(b))
	a, b = a[len(a)-limit:], b[len(b)-limit:]
	at := limit
	for at >= block && bytes.Equal(a[at-block:at], b[at-block:at]) {
		at -= block
	}
	for at >= 8 {
		if differ := binary.LittleEndian.Uint64(a[at-8:]) ^ binary.LittleEndian.Uint64(b[at-8:]); differ != 0 {
			return limit - at + bits.LeadingZeros64(differ)/8
		}
		at -= 8
	}
	for at > 0 && a[at-1] == b[at-1] {
		at--
	}
	return limit - at
}
