package tokenizer

import "math/bits"

// merge is what two tokens become.
type merge struct {
	rank  uint32 // the least goes first
	token uint32
}

// pairs is a table of the pairs of tokens that are joined. Most of those that are
// looked for are none, and it takes one look at one place of memory to find that out,
// where Go's maps take two or three.
type pairs struct {
	entries []pairEntry // a power of two of them, at least half of which are free
	used    int
}

type pairEntry struct {
	pair [2]uint32 // noPair where the entry is free
	merge
}

var noPair = [2]uint32{noToken, noToken}

// newPairs makes a table with room for so many pairs.
func newPairs(n int) pairs {
	p := pairs{entries: make([]pairEntry, 1<<bits.Len(uint(max(2*n-1, 1))))}
	for i := range p.entries {
		p.entries[i].pair = noPair
	}
	return p
}

// entry gives the entry of a pair, or the free one that it belongs into.
func (p *pairs) entry(pair [2]uint32) *pairEntry {
	// By Fibonacci: Knuth, The Art of Computer Programming, volume 3, 6.4.
	hash := (uint64(pair[0])<<32 | uint64(pair[1])) * golden
	mask := uint64(len(p.entries) - 1)
	for i := hash >> bits.LeadingZeros64(mask); ; i++ {
		if e := &p.entries[i&mask]; e.pair == pair || e.pair == noPair {
			return e
		}
	}
}

// golden is 2^64 divided by the golden ratio.
const golden = 0x9e3779b97f4a7c15

// find gives what becomes of a pair, if it is there.
func (p *pairs) find(pair [2]uint32) (merge, bool) {
	e := p.entry(pair)
	return e.merge, e.pair != noPair
}

// add adds a pair, or gives it another merge.
func (p *pairs) add(pair [2]uint32, m merge) {
	if 2*(p.used+1) > len(p.entries) {
		old := p.entries
		*p = newPairs(len(old))
		for i := range old {
			if old[i].pair != noPair {
				p.add(old[i].pair, old[i].merge)
			}
		}
	}
	e := p.entry(pair)
	if e.pair == noPair {
		p.used++
	}
	e.pair, e.merge = pair, m
}
