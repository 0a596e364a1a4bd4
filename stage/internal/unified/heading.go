package unified

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"github.com/commitflow/commitflow/stage/internal/linediff"
)

// headingBytes is the length at which git cuts headings.
const headingBytes = 80

// heading gives what git prints after a hunk's second "@@": the last line of
// text that begins with a letter, "_" or "$". It is cut to 80 bytes, trimmed,
// and ends before the first byte that is not valid UTF-8. The result is empty
// if there is no such line.
func heading(text []byte) []byte {
	for end := len(text); end > 0; {
		newline := lastOpening(text[:end])
		if start := newline + 1; opensHeading(text[start]) {
			return trimHeading(text[start:linediff.LineEnd(text, start)])
		}
		end = newline
	}
	return nil
}

// lastOpening gives the last newline before a byte that may open a heading, or
// -1 if there is none. It looks at several bytes at a time, which costs less than
// going from line to line.
func lastOpening(text []byte) int {
	at, found := lastOpeningFrom(text, len(text)-1)
	if found {
		return at
	}
	for ; at >= 8; at -= 8 {
		newlines := linediff.EachNewline(binary.LittleEndian.Uint64(text[at-8:]))
		if found := newlines & mayOpen(binary.LittleEndian.Uint64(text[at-7:])); found != 0 {
			return at - 1 - bits.LeadingZeros64(found)/8
		}
	}
	for at--; at >= 0; at-- {
		if text[at] == '\n' {
			return at
		}
	}
	return -1
}

// mayOpen sets the highest bit of each byte that may open a heading: of all that
// do, and of few others that begin lines. They lie from 0x40 to 0x7f, and "$" has
// the bits 0x20 and 0x04, which spaces, tabs and newlines do not have both.
func mayOpen(word uint64) uint64 {
	const tops = 0x8080808080808080
	return (word<<1 | word<<2&(word<<5)) &^ word & tops
}

func opensHeading(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '$'
}

func trimHeading(line []byte) []byte {
	line = bytes.TrimRight(line[:min(len(line), headingBytes)], " \t\n\r")
	for at := 0; at < len(line); {
		r, size := utf8.DecodeRune(line[at:])
		if r == utf8.RuneError && size <= 1 || isNoncharacter(r) {
			return line[:at]
		}
		at += size
	}
	return line
}

// isNoncharacter reports whether r is one of the two code points that git does
// not take for UTF-8 though the encoding is sound.
func isNoncharacter(r rune) bool { return r == 0xfffe || r == 0xffff }
