package tokenizer

import "encoding/binary"

// counter counts the tokens of words, and remembers them. It belongs to one
// goroutine at a time.
type counter struct {
	encoding *encoding
	encoder  encoder
	short    []shortWord // by a hash of the word
	long     map[string]int
}

// shortWord is a word of at most 16 bytes, and its tokens.
type shortWord struct {
	low, high uint64 // the bytes
	length    uint8  // 0 where there is no word
	tokens    uint8
}

const (
	shortBytes = 16
	shortBits  = 15
	// Long words are remembered up to this length, and this many of them.
	longBytes = 256
	longWords = 1 << 13
)

func newCounter(e *encoding) *counter {
	return &counter{encoding: e, short: make([]shortWord, 1<<shortBits), long: map[string]int{}}
}

// count gives the tokens of the word text[at:end].
func (c *counter) count(text string, at, end int) int {
	length := end - at
	if length > shortBytes {
		return c.countLong(text[at:end])
	}
	low, high := load(text, at, end)
	slot := &c.short[(low*0x9e3779b97f4a7c15^(high+uint64(length))*0xd6e8feb86659fd93)>>(64-shortBits)]
	if slot.low == low && slot.high == high && int(slot.length) == length {
		return int(slot.tokens)
	}
	n := c.encoding.count(text[at:end], &c.encoder)
	*slot = shortWord{low, high, uint8(length), uint8(n)}
	return n
}

func (c *counter) countLong(word string) int {
	if len(word) > longBytes {
		return c.encoding.count(word, &c.encoder)
	}
	n, ok := c.long[word]
	if !ok {
		n = c.encoding.count(word, &c.encoder)
		if len(c.long) == longWords {
			clear(c.long)
		}
		// The word is a part of a text that should not be kept for it.
		c.long[string([]byte(word))] = n
	}
	return n
}

// load gives up to 16 bytes as two numbers.
func load(text string, at, end int) (low, high uint64) {
	var word [shortBytes]byte
	copy(word[:], text[at:end])
	return binary.LittleEndian.Uint64(word[:]), binary.LittleEndian.Uint64(word[8:])
}
