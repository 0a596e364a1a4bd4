package score

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// scanner reads the words of a text, one after the other. It allocates nothing,
// and copies of it can look ahead. What stands for something else than its
// letters say is one word together with what surrounds it: an identifier with
// underscores, a file name, a call "style()", a path.
type scanner struct {
	text string
	pos  int
	// adjoins tells that nothing but white space, with one line break at most,
	// and hyphens stand between the last word and the one before it.
	adjoins bool
}

// next gives the next word as it is written.
func (s *scanner) next() (word string, ok bool) {
	s.skipSeparators()
	start := s.pos
	if start == len(s.text) {
		return "", false
	}
	end := wordEnd(s.text, start)
	if start > 0 && s.text[start-1] == '/' || end < len(s.text) && s.text[end] == '/' {
		end = pathEnd(s.text, start, end)
	}
	if strings.HasPrefix(s.text[end:], "()") {
		end += len("()")
	}
	s.pos = end
	return s.text[start:end], true
}

// skipSeparators moves to the start of the next word.
func (s *scanner) skipSeparators() {
	s.adjoins = true
	lines := 0
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		if c == ' ' {
			s.pos++
			continue
		}
		if asciiWord[c] {
			return
		}
		r, size := runeAt(s.text, s.pos)
		switch {
		case isWordRune(r):
			return
		case r == '\n':
			lines++
			s.adjoins = s.adjoins && lines == 1
		case r != '-' && r != '\t' && r != '\r':
			s.adjoins = false
		}
		s.pos += size
	}
}

// wordEnd finds the end of the word that begins at start. A period or an
// apostrophe is part of a word that goes on behind it: "main.c", "v6.1", "don't".
func wordEnd(text string, start int) int {
	end := start
	for {
		for end < len(text) && asciiWord[text[end]] {
			end++
		}
		if end == len(text) {
			return end
		}
		if c := text[end]; c < utf8.RuneSelf && c != '.' && c != '\'' {
			return end
		}
		r, size := runeAt(text, end)
		if r == '.' || r == '\'' {
			if next, _ := runeAt(text, end+1); !isWordRune(next) {
				return end
			}
		} else if !isWordRune(r) {
			return end
		}
		end += size
	}
}

// pathEnd gives the end of the path whose part from start to end was read, or
// end if it is none: "typos/whitespace" are two words, but text with a second
// slash, or with a file name, is a path.
func pathEnd(text string, start, end int) int {
	first := start
	if start > 0 && text[start-1] == '/' {
		first--
	}
	run := text[first:]
	if i := strings.IndexAny(run, " \t\r\n"); i >= 0 {
		run = run[:i]
	}
	if strings.Count(run, "/") > 1 || strings.IndexByte(strings.TrimRight(run, ".,:;)"), '.') >= 0 {
		return first + len(run)
	}
	return end
}

// runeAt gives the character at a place, or a space at the end of the text.
func runeAt(text string, at int) (r rune, size int) {
	if at >= len(text) {
		return ' ', 0
	}
	if c := text[at]; c < utf8.RuneSelf {
		return rune(c), 1
	}
	return utf8.DecodeRuneInString(text[at:])
}

// isWordRune reports whether a character is part of words: letters, digits,
// marks such as combining accents, and the underscore.
func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return asciiWord[r]
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// asciiWord tells which ASCII characters are part of words; the scanner spends
// its time here.
var asciiWord = func() (table [256]bool) {
	for c := range byte(utf8.RuneSelf) {
		table[c] = 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_'
	}
	return table
}()
