package tokenizer

import (
	"sync"

	"golang.org/x/text/unicode/norm"
)

// Tokenizer counts tokens. It is safe for concurrent use.
type Tokenizer struct {
	name  string
	split splitter
	bytes *encoding
	nfc   bool // texts are normalized first
	pool  sync.Pool
}

// splitter finds the words of a text: the end of the one that begins at an offset.
type splitter interface {
	// words calls each for every word in order, until it returns false.
	words(text string, each func(word string) bool)
}

// Name tells where the tokenizer comes from: "cl100k_base", or the name of the file
// and a digest of its content.
func (t *Tokenizer) Name() string { return t.name }

// Count gives the number of tokens of a text. With a limit above 0 it stops as
// soon as there are more than that, and gives some number above the limit. It takes
// about 10 ns a word for words seen before.
func (t *Tokenizer) Count(text string, limit int) int {
	if t.nfc && !norm.NFC.IsNormalString(text) {
		text = norm.NFC.String(text)
	}
	c, _ := t.pool.Get().(*counter)
	if c == nil {
		c = newCounter(t.bytes)
	}
	defer t.pool.Put(c)
	n := 0
	if fast, ok := t.split.(pattern); ok {
		for at := 0; at < len(text); {
			end := fast.next(text, at)
			n += c.count(text, at, end)
			at = end
			if limit > 0 && n > limit {
				return n
			}
		}
		return n
	}
	t.split.words(text, func(word string) bool {
		n += c.count(word, 0, len(word))
		return limit <= 0 || n <= limit
	})
	return n
}
