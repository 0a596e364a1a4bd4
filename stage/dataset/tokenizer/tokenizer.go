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

	short        shortCache
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
	return &Tokenizer{split: split, encoding: e, short: newShortCache(), words: newCache(seed, wordBits), lines: newCache(seed, lineBits)}
}

// Name tells where the tokenizer comes from: "cl100k_base", or the name of the file
// and a digest of its content.
func (t *Tokenizer) Name() string { return t.name }

// Count gives the number of tokens of a text. With a limit above 0 it stops as
// soon as there are more than that, or some lines later, and gives some number above
// the limit.
func (t *Tokenizer) Count(text string, limit int) (n int) {
	if t.nfc && !norm.NFC.IsNormalString(text) {
		text = norm.NFC.String(text)
	}
	if p, ok := t.split.(pattern); ok && p.byLine() {
		for text != "" && (limit <= 0 || n <= limit) {
			var tokens int
			tokens, text = t.countLines(p, text)
			n += tokens
		}
		return n
	}
	t.split.words(text, func(word string) bool {
		n += t.countWord(word)
		return limit <= 0 || n <= limit
	})
	return n
}

// atOnce is how many lines are looked up at once, so that the processor waits for
// their places in the cache together.
const atOnce = 16

// countLines counts the first lines of a text, and gives what is behind them. Many a
// line comes again: each version of a file has most of those of the last one. What a
// patch marks lines with, and how far they are indented, is counted apart, so that a
// line of a patch is known from the file, and the other way round.
func (t *Tokenizer) countLines(p pattern, text string) (n int, behind string) {
	var (
		lines  [atOnce]string
		hashes [atOnce]uint64
		kept   [atOnce]uint64
		count  int
	)
	for ; count < atOnce && text != ""; count++ {
		line := text[:lineLen(text)]
		text = text[len(line):]
		for line != "" && isMark(line[0]) {
			end := p.next(line, 0)
			if !isMark(line[end-1]) {
				break
			}
			n += t.countWord(line[:end])
			line = line[end:]
		}
		lines[count], hashes[count] = line, t.lines.hash(line)
	}
	for i := range count {
		kept[i] = t.lines.load(hashes[i])
	}
	for i := range count {
		tokens, ok := t.lines.tokens(kept[i], hashes[i])
		if !ok {
			tokens = t.countWords(p, lines[i])
			t.lines.keep(hashes[i], tokens)
		}
		n += tokens
	}
	return n, text
}

// isMark is for what the lines of a patch begin with, and for blanks.
func isMark(b byte) bool { return b == ' ' || b == '\t' || b == '+' || b == '-' }

// countWords counts the words of a line.
func (t *Tokenizer) countWords(p pattern, line string) (n int) {
	var (
		shorts [atOnce]shortWord
		starts [atOnce]int
		kept   [atOnce]uint64
	)
	for at := 0; at < len(line); {
		count := 0
		for count < atOnce && at < len(line) {
			word, size := lettersAt(line, at)
			if size == 0 {
				size = p.next(line, at) - at
				if size > shortLen {
					n += t.countLong(line[at : at+size])
					at += size
					continue
				}
				word = newShortWord(line, at, size)
			}
			if size == 1 {
				n++
			} else {
				shorts[count], starts[count] = word, at
				count++
			}
			at += size
		}
		for i := range count {
			kept[i] = t.short.places(shorts[i])[0].Load()
		}
		for i := range count {
			word := shorts[i]
			if shortWord(kept[i]&^shortTokens) == word {
				n += int(kept[i] & shortTokens >> shortShift)
				continue
			}
			size := int(word >> shortSize)
			n += t.countShort(word, line[starts[i]:starts[i]+size])
		}
	}
	return n
}

// countWord counts the tokens of a word.
func (t *Tokenizer) countWord(word string) int {
	switch size := len(word); {
	case size == 1:
		return 1
	case size > shortLen:
		return t.countLong(word)
	default:
		return t.countShort(newShortWord(word, 0, size), word)
	}
}

// countLong counts the tokens of a word that is not short.
func (t *Tokenizer) countLong(word string) int {
	n, hash, ok := t.words.find(word)
	if !ok {
		n = t.encode(word)
		t.words.keep(hash, n)
	}
	return n
}

// countShort counts the tokens of a short word.
func (t *Tokenizer) countShort(word shortWord, text string) int {
	n, ok := t.short.find(word)
	if !ok {
		n = t.encode(text)
		t.short.keep(word, n)
	}
	return n
}

func (t *Tokenizer) encode(word string) int {
	x, _ := t.encoders.Get().(*encoder)
	if x == nil {
		x = new(encoder)
	}
	defer t.encoders.Put(x)
	return t.encoding.count(word, x)
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
