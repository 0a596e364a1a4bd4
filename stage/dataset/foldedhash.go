package dataset

import (
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
	within := false // a word
	f.makeRoom()
	for at := 0; at < len(text); {
		// What goes into the buffer is no longer than what it is made of, but for a
		// rune that goes beyond the end.
		end := min(len(text), at+len(f.buffer)/2-2*utf8.UTFMax)
		filled := uint(f.filled)
		for at < end {
			c := text[at]
			if ' ' < c && c < utf8.RuneSelf { // nearly all
				f.buffer[filled%uint(len(f.buffer))] = c
				filled++
				at++
				within = true
				continue
			}
			r, size := rune(c), 1
			if c >= utf8.RuneSelf {
				r, size = utf8.DecodeRuneInString(text[at:])
			}
			blank := unicode.IsSpace(r)
			switch {
			case !blank:
				filled += uint(copy(f.buffer[filled:], text[at:at+size]))
			case within:
				f.buffer[filled] = ' '
				filled++
			}
			within = !blank
			at += size
		}
		f.filled = int(filled)
		f.makeRoom()
	}
	if within {
		f.buffer[f.filled] = ' '
		f.filled++
	}
	f.buffer[f.filled] = 0
	f.filled++
}

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
