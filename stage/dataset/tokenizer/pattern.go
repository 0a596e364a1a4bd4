package tokenizer

import (
	"math/bits"
	"unicode"
	"unicode/utf8"
)

// pattern is one of the common ways to split a text into words, matched by hand.
type pattern struct {
	// digits is how many digits a word of digits has at most; 0 is any number.
	digits int
	// gpt2 is the pattern of GPT-2, else it is that of cl100k_base.
	gpt2 bool
}

// The patterns as regular expressions, as their tokenizers' files have them.
const (
	cl100kExpression = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen2Expression  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	gpt2Expression   = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
)

// known gives the pattern that a regular expression stands for, if it is one of the
// common ones.
func known(expression string) (pattern, bool) {
	switch expression {
	case cl100kExpression:
		return pattern{digits: 3}, true
	case qwen2Expression:
		return pattern{digits: 1}, true
	case gpt2Expression:
		return pattern{gpt2: true}, true
	}
	return pattern{}, false
}

func (p pattern) words(text string, each func(word string) bool) {
	for at := 0; at < len(text); {
		end := p.next(text, at)
		if !each(text[at:end]) {
			return
		}
		at = end
	}
}

// class is what the patterns tell characters apart by.
type class uint8

const (
	other class = iota
	letter
	digit
	space
	lineEnd // also a space
)

// beyond marks bytes that are a part of a character, in the table of bytes.
const beyond class = 0xff

var classes = func() (of [256]class) {
	for b := range of {
		of[b] = beyond
		if b < utf8.RuneSelf {
			of[b] = classOf(rune(b))
		}
	}
	return of
}()

func classOf(r rune) class {
	switch {
	case r == '\r' || r == '\n':
		return lineEnd
	case unicode.IsLetter(r):
		return letter
	case unicode.IsNumber(r):
		return digit
	case unicode.IsSpace(r):
		return space
	}
	return other
}

// at gives the class and the length of the character at an offset.
func at(text string, i int) (class, int) {
	if c := classes[text[i]]; c != beyond {
		return c, 1
	}
	r, size := utf8.DecodeRuneInString(text[i:])
	return classOf(r), size
}

// run gives where characters of a class end.
func run(text string, i int, of class) int {
	for i < len(text) {
		c := classes[text[i]]
		if c == of {
			i++
			continue
		}
		if c != beyond {
			break
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if classOf(r) != of {
			break
		}
		i += size
	}
	return i
}

// letters gives where letters end. Eight bytes are looked at together.
func letters(text string, i int) int {
	for i+8 <= len(text) {
		if n := bits.TrailingZeros64(^letterBits(word64(text[i:i+8]))&highBits) / 8; n < 8 {
			i += n
			break
		}
		i += 8
	}
	return run(text, i, letter)
}

// byLine tells that no word goes on from one line to the next, empty ones aside:
// GPT-2's take a line's end and the next line's indentation together.
func (p pattern) byLine() bool { return !p.gpt2 }

// next gives the end of the word that begins at an offset of the text.
func (p pattern) next(text string, i int) int {
	if text[i] == '\'' {
		if end := contraction(text, i, !p.gpt2); end > i {
			return end
		}
	}
	if p.gpt2 {
		return p.nextGPT2(text, i)
	}
	c, size := at(text, i)
	second := i + size
	if c == letter {
		return letters(text, second)
	}
	if c == digit {
		return p.digitsEnd(text, i)
	}
	next, nextSize := class(0), 0
	if second < len(text) {
		next, nextSize = at(text, second)
	}
	switch {
	case nextSize > 0 && next == letter && c != lineEnd:
		return letters(text, second+nextSize)
	case c == other:
		return lineEnds(text, run(text, second, other))
	case nextSize > 0 && next == other && text[i] == ' ':
		return lineEnds(text, run(text, second+nextSize, other))
	}
	return spaces(text, i, true)
}

// digitsEnd ends a word of digits.
func (p pattern) digitsEnd(text string, i int) int {
	for n := 0; n < p.digits && i < len(text); n++ {
		c, size := at(text, i)
		if c != digit {
			break
		}
		i += size
	}
	return i
}

func (p pattern) nextGPT2(text string, i int) int {
	c, size := at(text, i)
	if text[i] == ' ' && i+1 < len(text) {
		if next, nextSize := at(text, i+1); next == letter || next == digit || next == other {
			return run(text, i+1+nextSize, next)
		}
	}
	if c == space || c == lineEnd {
		return spaces(text, i, false)
	}
	return run(text, i+size, c)
}

func lineEnds(text string, i int) int {
	for i < len(text) && (text[i] == '\n' || text[i] == '\r') {
		i++
	}
	return i
}

// spaces ends a word of white space: after its last line end, if these count, else
// before the last character, which belongs to the next word if there is one.
func spaces(text string, i int, byLine bool) int {
	start, last, afterLine := i, i, 0
	for i < len(text) {
		c, size := at(text, i)
		if c != space && c != lineEnd {
			break
		}
		last = i
		i += size
		if c == lineEnd && byLine {
			afterLine = i
		}
	}
	switch {
	case afterLine > 0:
		return afterLine
	case i == len(text) || last == start:
		return i
	}
	return last
}

// contraction gives the end of 's, 't, 're, 've, 'm, 'll or 'd, or i.
func contraction(text string, i int, anyCase bool) int {
	fold := func(at int) byte {
		if at >= len(text) {
			return 0
		}
		if c := text[at]; anyCase && 'A' <= c && c <= 'Z' {
			return c | 0x20
		}
		return text[at]
	}
	switch first := fold(i + 1); first {
	case 's', 't', 'm', 'd':
		return i + 2
	case 'r', 'v':
		if fold(i+2) == 'e' {
			return i + 3
		}
	case 'l':
		if fold(i+2) == 'l' {
			return i + 3
		}
	case 0xc5: // ſ is an s to those who do not mind case
		if anyCase && fold(i+2) == 0xbf {
			return i + 3
		}
	}
	return i
}
