package unified

import (
	"bytes"
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
		start := linediff.LineStart(text, end)
		if opensHeading(text[start]) {
			return trimHeading(text[start:end])
		}
		end = start
	}
	return nil
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
