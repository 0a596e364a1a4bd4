package linediff

import "bytes"

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
	t.starts = appendEnds(t.starts, t.data, t.start, t.end)
	t.lines = len(t.starts) - t.origin - 1
	t.high = t.lines
	t.hash = grow(t.hash, t.lines)
	hashLines(t.hash, t.data, t.starts[t.origin:])
}

// addLine adds the line of the middle that begins where the last one ends, without
// its class.
func (t *text) addLine() {
	from := t.starts[len(t.starts)-1]
	t.starts = append(t.starts, int32(LineEnd(t.data, int(from))))
	t.hash = append(t.hash, 0)
	hashLines(t.hash[len(t.hash)-1:], t.data, t.starts[len(t.starts)-2:])
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
