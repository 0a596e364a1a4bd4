package unified

import (
	"encoding/binary"
	"math/bits"

	"github.com/commitflow/commitflow/stage/internal/linediff"
)

// spill is how far beyond the end of a line its copy may reach.
const spill = 32

// lines writes the whole lines text[from:end], each after the sign; there is room for
// them. Lines are short, so the end of each is looked for while it is copied, several
// bytes at a time. What is copied beyond the end is overwritten by what follows.
func (w *writer) lines(sign byte, text []byte, from, end int) {
	dst, to := w.dst[:cap(w.dst)], len(w.dst)
	from, to = copyLines(dst, to, sign, text, from, end)
	text = text[:end]
next:
	for from < len(text) {
		dst[to] = sign
		to++
		for from+8 <= len(text) {
			word := binary.LittleEndian.Uint64(text[from:])
			binary.LittleEndian.PutUint64(dst[to:], word)
			if found := linediff.Newlines(word); found != 0 {
				n := bits.TrailingZeros64(found)/8 + 1
				from, to = from+n, to+n
				continue next
			}
			from, to = from+8, to+8
		}
		for from < len(text) {
			c := text[from]
			dst[to] = c
			from, to = from+1, to+1
			if c == '\n' {
				continue next
			}
		}
		to += copy(dst[to:], noNewline)
	}
	w.dst = dst[:to]
}
