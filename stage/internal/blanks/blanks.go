// Package blanks takes the white space out of texts, as git-patch-id(1) wants them.
package blanks

import "slices"

// Is tells the bytes that are white space to git, wherever it looks at text:
// vertical tabs and form feeds are not.
func Is(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// Append appends the bytes of a text that are not white space. There is no branch
// for each byte, since it would be guessed wrong too often: eight are put together
// and written at once, and the next eight right behind those of them that count.
func Append(dst []byte, text string) []byte {
	n := len(dst)
	dst = slices.Grow(dst, len(text))[:n+len(text)]
	done, kept := strip(dst[n:], text)
	n += kept
	for i := done; i < len(text); i++ {
		dst[n] = text[i]
		if !Is(text[i]) {
			n++
		}
	}
	return dst[:n]
}
