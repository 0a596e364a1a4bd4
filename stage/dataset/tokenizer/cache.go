package tokenizer

import (
	"hash/maphash"
	"sync/atomic"
)

// cache remembers the tokens of texts, for all goroutines together, and forgets one
// when another takes its place. A text is known by 64 bits of its hash alone: that
// one of a large history is taken for another has a chance of about one in a hundred
// thousand, and would cost a token or two.
type cache struct {
	seed maphash.Seed
	mask uint64 // of the bits that tell the slot
	// slots hold the rest of the hash and, in place of those bits, 1 more than the
	// number of tokens.
	slots []atomic.Uint64
}

// The sizes of the caches, in powers of two: that of words is to stay close to the
// CPU, and lines come again less soon.
const (
	wordBits = 17
	lineBits = 20
)

func newCache(seed maphash.Seed, bits int) cache {
	return cache{seed: seed, mask: 1<<bits - 1, slots: make([]atomic.Uint64, 1<<bits)}
}

// find gives the tokens of a text, if they are known.
func (c *cache) find(text string) (tokens int, hash uint64, ok bool) {
	hash = maphash.String(c.seed, text)
	kept := c.slots[hash&c.mask].Load()
	if n := kept & c.mask; n != 0 && (kept^hash)&^c.mask == 0 {
		return int(n) - 1, hash, true
	}
	return 0, hash, false
}

// keep remembers the tokens of the text with the hash, unless there are too many.
func (c *cache) keep(hash uint64, tokens int) {
	if n := uint64(tokens) + 1; n <= c.mask {
		c.slots[hash&c.mask].Store(hash&^c.mask | n)
	}
}
