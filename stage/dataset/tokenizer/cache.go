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

// The sizes of the caches, in powers of two: 4 MB for words and 8 MB for lines. Twice
// as much was no faster.
const (
	wordBits = 19
	lineBits = 20
)

func newCache(seed maphash.Seed, bits int) cache {
	return cache{seed: seed, mask: 1<<bits - 1, slots: make([]atomic.Uint64, 1<<bits)}
}

// find gives the tokens of a text, if they are known.
func (c *cache) find(text string) (tokens int, hash uint64, ok bool) {
	hash = c.hash(text)
	tokens, ok = c.tokens(c.load(hash), hash)
	return tokens, hash, ok
}

func (c *cache) hash(text string) uint64 { return maphash.String(c.seed, text) }

// load gives what is kept where a text of such a hash belongs.
func (c *cache) load(hash uint64) uint64 { return c.slots[hash&c.mask].Load() }

// tokens gives the tokens of the text with the hash, if it is what is kept.
func (c *cache) tokens(kept, hash uint64) (n int, ok bool) {
	stored := kept & c.mask
	return int(stored) - 1, stored != 0 && (kept^hash)&^c.mask == 0
}

// keep remembers the tokens of the text with the hash, unless there are too many.
func (c *cache) keep(hash uint64, tokens int) {
	if n := uint64(tokens) + 1; n <= c.mask {
		c.slots[hash&c.mask].Store(hash&^c.mask | n)
	}
}
