package dataset

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

// foldedHash is the hash of the words of texts.
type foldedHash struct {
	digest xxhash.Digest
	buffer [2048]byte
	filled int
}

// add takes the next text: its words, with a blank behind each, and a mark of its end.
func (f *foldedHash) add(text string) {
	within := uint8(0) // 1 within a word
	f.makeRoom()
	for text != "" {
		// What goes into the buffer is no longer than what it is made of.
		n := asciiLen(text[:min(len(text), len(f.buffer)/2-utf8.UTFMax)])
		within = f.ascii(text[:n], within)
		if text = text[n:]; text != "" && text[0] >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(text)
			switch {
			case !unicode.IsSpace(r):
				f.put(text[:size])
				within = 1
			case within == 1:
				f.put(" ")
				within = 0
			}
			text = text[size:]
		}
		f.makeRoom()
	}
	if within == 1 {
		f.put(" ")
	}
	f.put("\x00")
}

// ascii takes a part of a text. It writes all bytes and goes on only past those that
// are kept, since a branch for each would be guessed wrong too often.
func (f *foldedHash) ascii(text string, within uint8) uint8 {
	n := uint(f.filled)
	for i := range len(text) {
		c := folded[text[i]]
		f.buffer[n%uint(len(f.buffer))] = c
		word := uint8(1)
		if c == ' ' {
			word = 0
		}
		n += uint(word | within)
		within = word
	}
	f.filled = int(n)
	return within
}

// folded gives a blank for each ASCII character that is white space, and the others as
// they are.
var folded = func() (to [256]byte) {
	for c := range to {
		to[c] = byte(c)
		if c < utf8.RuneSelf && unicode.IsSpace(rune(c)) {
			to[c] = ' '
		}
	}
	return to
}()

// asciiLen gives how many bytes of ASCII a text begins with.
func asciiLen(text string) int {
	n := 0
	const highBits = 0x80808080_80808080
	for n+8 <= len(text) && binary.LittleEndian.Uint64([]byte(text[n:n+8]))&highBits == 0 {
		n += 8
	}
	for n < len(text) && text[n] < utf8.RuneSelf {
		n++
	}
	return n
}

func (f *foldedHash) put(text string) { f.filled += copy(f.buffer[f.filled:], text) }

// makeRoom makes sure that half of the buffer is free.
func (f *foldedHash) makeRoom() {
	if f.filled > len(f.buffer)/2 {
		f.flush()
	}
}

func (f *foldedHash) flush() {
	_, _ = f.digest.Write(f.buffer[:f.filled])
	f.filled = 0
}

func (f *foldedHash) sum() uint64 {
	f.flush()
	return f.digest.Sum64()
}
