package linediff

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// text is one of the two texts, with a table of where its lines begin. The
// lines between the common ends are numbered from 0; those of the common start
// have negative numbers. The table holds what was asked for so far: sliding
// rarely looks further than a few lines beyond the middle.
type text struct {
	data       []byte
	start, end int // the middle, in bytes
	lines      int // the number of lines in the middle

	// starts[origin+i] is where line i begins, for low <= i <= high; an entry
	// is the end of the line before it, too.
	starts    []int32
	origin    int
	low, high int

	hash  []uint64 // of each line of the middle
	class []int32  // of each line of the middle
}

// headroom is the number of table entries kept free for lines before the
// middle.
const headroom = 64

// reset begins with a new text whose middle is data[start:end].
func (t *text) reset(data []byte, start, end int) {
	t.data, t.start, t.end = data, start, end
	t.origin, t.low, t.high, t.lines = headroom, 0, 0, 0
	t.starts = append(grow(t.starts, headroom), int32(start))
	t.hash = t.hash[:0]
}

// empty reports whether the middle has no lines.
func (t *text) empty() bool { return t.start == t.end }

// split finds the lines of the middle.
func (t *text) split() {
	starts, hash := t.starts, t.hash
	for at := t.start; at < t.end; {
		var h uint64
		at, h = nextLine(t.data, at)
		starts = append(starts, int32(at))
		hash = append(hash, h)
	}
	t.starts, t.hash = starts, hash
	t.lines = len(hash)
	t.high = t.lines
}

// add adds a line of the middle that ends at the given place.
func (t *text) add(end int, hash uint64, class int32) {
	t.starts = append(t.starts, int32(end))
	t.hash = append(t.hash, hash)
	t.class = append(t.class, class)
}

// seed makes the hashes of every process different, so that nobody can prepare
// a text whose lines all fall into one slot.
var seed = rand.Uint64()

// nextLine gives the end of the line that begins at data[at], and its hash. It
// goes over eight bytes at a time.
func nextLine(data []byte, at int) (end int, hash uint64) {
	hash = seed
	for at+8 <= len(data) {
		word := binary.LittleEndian.Uint64(data[at:])
		if found := Newlines(word); found != 0 {
			n := bits.TrailingZeros64(found)/8 + 1
			return at + n, mix(hash ^ word<<(64-8*n))
		}
		hash = mix(hash ^ word)
		at += 8
	}
	var word uint64
	for at < len(data) {
		c := data[at]
		at++
		word = word>>8 | uint64(c)<<56
		if c == '\n' {
			break
		}
	}
	return at, mix(hash ^ word)
}

// Newlines sets the highest bit of the first byte of a word that is a newline,
// of none before it, and of any after it; it gives 0 if there is none. (The
// first byte is the lowest one.)
func Newlines(word uint64) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	word ^= '\n' * ones
	return (word - ones) &^ word & tops
}

// EachNewline is Newlines for all bytes alike: it sets the highest bit of each
// that is a newline, and of no other.
func EachNewline(word uint64) uint64 {
	const sevens = 0x7f7f7f7f7f7f7f7f
	word ^= '\n' * 0x0101010101010101
	return ^((word&sevens + sevens) | word | sevens)
}

// mix spreads every bit over the whole word.
func mix(h uint64) uint64 {
	high, low := bits.Mul64(h, 0x9e3779b97f4a7c15)
	return high ^ low
}

// LineEnd gives the end of the line that holds data[at], newline included.
func LineEnd(data []byte, at int) int {
	if next := bytes.IndexByte(data[at:], '\n'); next >= 0 {
		return at + next + 1
	}
	return len(data)
}

// LineStart gives the start of the line that ends at data[:end], which must
// not be empty.
func LineStart(data []byte, end int) int {
	at := end - 1
	for at >= 8 {
		if found := EachNewline(binary.LittleEndian.Uint64(data[at-8:])); found != 0 {
			return at - bits.LeadingZeros64(found)/8
		}
		at -= 8
	}
	for at > 0 && data[at-1] != '\n' {
		at--
	}
	return at
}

// countLines counts lines; a last one without a newline counts.
func countLines(data []byte) int {
	n := bytes.Count(data, []byte{'\n'})
	if len(data) > 0 && data[len(data)-1] != '\n' {
		n++
	}
	return n
}

// exists reports whether the text has a line i, and makes it known.
func (t *text) exists(i int) bool {
	for i < t.low {
		if !t.knowBefore() {
			return false
		}
	}
	for i >= t.high {
		if !t.knowAfter() {
			return false
		}
	}
	return true
}

// knowBefore adds the line before the lowest known one to the table.
func (t *text) knowBefore() bool {
	at := int(t.starts[t.origin+t.low])
	if at == 0 {
		return false
	}
	if t.origin+t.low == 0 {
		more := len(t.starts)
		t.starts = append(t.starts, make([]int32, more)...)
		copy(t.starts[more:], t.starts[:more])
		t.origin += more
	}
	t.low--
	t.starts[t.origin+t.low] = int32(LineStart(t.data, at))
	return true
}

// knowAfter adds the line after the highest known one to the table.
func (t *text) knowAfter() bool {
	at := int(t.starts[t.origin+t.high])
	if at == len(t.data) {
		return false
	}
	t.high++
	t.starts = append(t.starts[:t.origin+t.high], int32(LineEnd(t.data, at)))
	return true
}

// line gives the contents of line i, which must exist.
func (t *text) line(i int) []byte {
	return t.data[t.starts[t.origin+i]:t.starts[t.origin+i+1]]
}

// equal reports whether lines i and j, which must exist, are the same.
func (t *text) equal(i, j int) bool { return bytes.Equal(t.line(i), t.line(j)) }

// lineRange describes a run of lines from line i on; the text has headLines
// lines before line 0.
func (t *text) lineRange(i, lines, headLines int) Range {
	// The other text may have groups where this one was never looked at.
	t.exists(i)
	t.exists(i + lines - 1)
	return Range{
		Line:  headLines + i,
		Lines: lines,
		Start: int(t.starts[t.origin+i]),
		End:   int(t.starts[t.origin+i+lines]),
	}
}

// grow gives a slice of n elements with any contents, using old's memory if it
// suffices.
func grow[T any](old []T, n int) []T {
	if cap(old) < n {
		return make([]T, n, n+n/2)
	}
	return old[:n]
}
