package tokenizer

import (
	"math/bits"
	"sync/atomic"
	"unicode/utf8"
)

// shortWord is a word of 2 to 7 bytes, as nearly all are: its bytes, the first of
// which is the lowest, its length in the highest bits, and room for its tokens below
// that.
type shortWord uint64

// How a shortWord is made up.
const (
	shortLen    = 7
	shortShift  = 8 * shortLen // of the tokens
	shortTokens = 7 << shortShift
	shortSize   = shortShift + 3 // the shift of the length
)

// newShortWord gives the word of so many bytes at an offset of a text.
func newShortWord(text string, at, size int) shortWord {
	return shortWord(eight(text, at)&(1<<(8*size)-1) | uint64(size)<<shortSize)
}

// lettersAt gives the word that begins at an offset of a text, if it is one of ASCII
// letters, with one character that is none before them at most, as it is with more
// than half of all words. size is 0 for other words, and for those of more than
// shortLen bytes. It goes by the pattern of cl100k_base.
func lettersAt(text string, at int) (word shortWord, size int) {
	next := eight(text, at)
	size = bits.TrailingZeros64(^(letterBits(next)|mayLead[text[at]])&highBits) / 8
	if size > shortLen || next>>(8*size)&utf8.RuneSelf != 0 {
		return 0, 0
	}
	if size == 1 && classes[text[at]] != letter {
		return 0, 0
	}
	return shortWord(next&(1<<(8*size)-1) | uint64(size)<<shortSize), size
}

// mayLead holds 0x80 for the ASCII characters that a word of letters may begin with;
// an apostrophe may be one of a contraction.
var mayLead = func() (may [utf8.RuneSelf * 2]uint64) {
	for c := range byte(utf8.RuneSelf) {
		if class := classes[c]; class != digit && class != lineEnd && c != '\'' {
			may[c] = utf8.RuneSelf
		}
	}
	return may
}()

const (
	oneBits  = 0x0101010101010101 // the lowest of each byte
	highBits = 0x80 * oneBits     // the highest
)

// letterBits sets the highest bit of those of eight bytes that are ASCII letters.
func letterBits(b uint64) uint64 {
	lower := b&^highBits | 0x20*oneBits // if it is a letter
	return (lower + (0x80-'a')*oneBits) &^ (lower + (0x7f-'z')*oneBits) &^ b & highBits
}

// eight gives eight bytes of a text, the first of which is the lowest, with zeros for
// those behind its end.
func eight(text string, at int) uint64 {
	switch missing := at + 8 - len(text); {
	case missing <= 0:
		return word64(text[at : at+8])
	case len(text) >= 8:
		return word64(text[len(text)-8:]) >> (8 * missing)
	}
	var word uint64
	for i, c := range []byte(text[at:]) {
		word |= uint64(c) << (8 * i)
	}
	return word
}

// word64 reads a text of eight bytes; the compiler makes one load of it.
func word64(b string) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// shortCache remembers the tokens of short words, for all goroutines together. Each
// word has two places, side by side, of which the second holds what was driven from
// the first. A slot is a shortWord with its tokens; it is told by its bytes, and so
// never taken for another.
type shortCache []atomic.Uint64

// shortBits gives a cache of 4 MB.
const shortBits = 19

func newShortCache() shortCache { return make(shortCache, 1<<shortBits) }

// places gives where a word may be.
func (c shortCache) places(word shortWord) *[2]atomic.Uint64 {
	at := uint64(word) * golden >> (65 - shortBits) * 2
	return (*[2]atomic.Uint64)(c[at : at+2])
}

// find gives the tokens of a word, if they are known.
func (c shortCache) find(word shortWord) (tokens int, ok bool) {
	places := c.places(word)
	kept := places[0].Load()
	if shortWord(kept&^shortTokens) != word {
		kept = places[1].Load()
	}
	return int(kept & shortTokens >> shortShift), shortWord(kept&^shortTokens) == word
}

// keep remembers the tokens of a word.
func (c shortCache) keep(word shortWord, tokens int) {
	places := c.places(word)
	places[1].Store(places[0].Load())
	places[0].Store(uint64(word) | uint64(tokens)<<shortShift)
}
