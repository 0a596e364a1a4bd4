package tokenizer

import (
	"hash/maphash"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"
)

// Tokenizer counts tokens. It is safe for concurrent use.
type Tokenizer struct {
	name     string
	split    splitter
	encoding *encoding
	nfc      bool // texts are normalized first

	words, lines cache
	encoders     sync.Pool
}

// splitter finds the words of a text.
type splitter interface {
	// words calls each for every word in order, until it returns false.
	words(text string, each func(word string) bool)
}

func newTokenizer(split splitter, e *encoding) *Tokenizer {
	seed := maphash.MakeSeed()
	return &Tokenizer{split: split, encoding: e, words: newCache(seed, wordBits), lines: newCache(seed, lineBits)}
}

// Name tells where the tokenizer comes from: "cl100k_base", or the name of the file
// and a digest of its content.
func (t *Tokenizer) Name() string { return t.name }

// Count gives the number of tokens of a text. With a limit above 0 it stops as
// soon as there are more than that, and gives some number above the limit.
func (t *Tokenizer) Count(text string, limit int) (n int) {
	if t.nfc && !norm.NFC.IsNormalString(text) {
		text = norm.NFC.String(text)
	}
	if p, ok := t.split.(pattern); ok && p.byLine() {
		for len(text) > 0 && (limit <= 0 || n <= limit) {
			line := text[:lineLen(text)]
			text = text[len(line):]
			n += t.countLine(p, line)
		}
		return n
	}
	t.split.words(text, func(word string) bool {
		n += t.countWord(word)
		return limit <= 0 || n <= limit
	})
	return n
}

// countLine counts a line that comes again perhaps: each version of a file has most
// of those of the last one.
func (t *Tokenizer) countLine(p pattern, line string) int {
	n, hash, ok := t.lines.find(line)
	if ok {
		return n
	}
	for at := 0; at < len(line); {
		end := p.next(line, at)
		n += t.countWord(line[at:end])
		at = end
	}
	t.lines.keep(hash, n)
	return n
}

func (t *Tokenizer) countWord(word string) int {
	if len(word) == 1 {
		return 1
	}
	n, hash, ok := t.words.find(word)
	if ok {
		return n
	}
	x, _ := t.encoders.Get().(*encoder)
	if x == nil {
		x = new(encoder)
	}
	n = t.encoding.count(word, x)
	t.encoders.Put(x)
	t.words.keep(hash, n)
	return n
}

// lineLen gives the length of the text's first line, with the empty ones and those
// of white space after it. By the pattern of cl100k_base no word goes on beyond that.
func lineLen(text string) int {
	end := strings.IndexByte(text, '\n') + 1
	if end == 0 {
		return len(text)
	}
	for i := end; i < len(text); {
		c, size := at(text, i)
		if c != space && c != lineEnd {
			return end
		}
		i += size
		if c == lineEnd {
			end = i
		}
	}
	return len(text)
}
