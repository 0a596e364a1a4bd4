package stage

import (
	"bytes"
	"hash/maphash"
	"slices"
	"strings"
	"unicode/utf8"
)

// subjectHasher hashes subjects, one after the other.
type subjectHasher struct {
	seed    maphash.Seed
	scratch []byte
}

// hash makes subjects comparable: without regard to case, white space
// (they are wrapped), quotes and backslashes (they are quoted in turn), dots at
// the end, and to whether letters outside of ASCII are stored in UTF-8 or in
// Latin-1.
func (h *subjectHasher) hash(subject string) uint64 {
	subject = strings.TrimRight(subject, " \t\r\n.")
	h.scratch = slices.Grow(h.scratch[:0], len(subject)+1)
	folded, n := h.scratch[:len(subject)+1], 0
	for i := range len(subject) {
		c := subject[i]
		if c >= utf8.RuneSelf {
			h.scratch = appendFolded(h.scratch, subject)
			return maphash.Bytes(h.seed, h.scratch)
		}
		// Without a branch: which letter comes next is hard to guess.
		folded[n] = foldedASCII[c].to
		n += foldedASCII[c].length
	}
	return maphash.Bytes(h.seed, folded[:n])
}

// foldedASCII tells what a byte is like for subjectHasher, and whether it is anything.
var foldedASCII = func() (folded [utf8.RuneSelf]struct {
	length int
	to     byte
}) {
	for c := range folded {
		if c > ' ' && !strings.ContainsRune("\"'`\\", rune(c)) {
			folded[c].to, folded[c].length = bytes.ToLower([]byte{byte(c)})[0], 1
		}
	}
	return folded
}()

// appendFolded folds a subject with letters outside of ASCII.
func appendFolded(folded []byte, subject string) []byte {
	valid := utf8.ValidString(subject)
	for i := 0; i < len(subject); {
		c := subject[i]
		if c < utf8.RuneSelf {
			i++
			if f := foldedASCII[c]; f.length > 0 {
				folded = append(folded, f.to)
			}
			continue
		}
		r, size := rune(c), 1
		if valid {
			r, size = utf8.DecodeRuneInString(subject[i:])
		}
		i += size
		if strings.ContainsRune("“”‘’", r) {
			continue
		}
		folded = utf8.AppendRune(folded, r)
	}
	return folded
}
