package linediff

import "bytes"

// text is one of the two texts, with a table of where its lines begin. The
// lines between the common ends are numbered from 0; those of the common start
// have negative numbers. The table holds what was asked for so far: sliding
// rarely looks further than a few lines beyond the middle.
type text struct {
	data       []byte
	start, end int     // the middle, in bytes
	lines      int     // the number of lines in the middle
	class      []int32 // the class of each line of the middle

	// starts[origin+i] is where line i begins, for low <= i <= high; an entry
	// is the end of the line before it, too.
	starts    []int32
	origin    int
	low, high int
}

// headroom is the number of table entries kept free for lines before the
// middle.
const headroom = 64

// reset begins with a new text whose middle is data[start:end].
func (t *text) reset(data []byte, start, end int) {
	t.data, t.start, t.end = data, start, end
	t.origin, t.low, t.high, t.lines = headroom, 0, 0, 0
	if cap(t.starts) <= headroom {
		t.starts = make([]int32, headroom+1, 1024)
	}
	t.starts = t.starts[:headroom+1]
	t.starts[headroom] = int32(start)
}

// empty reports whether the middle has no lines.
func (t *text) empty() bool { return t.start == t.end }

// split finds the lines of the middle.
func (t *text) split() {
	for at := t.start; at < t.end; {
		at = lineEnd(t.data, at)
		t.starts = append(t.starts, int32(at))
	}
	t.lines = len(t.starts) - t.origin - 1
	t.high = t.lines
}

// lineEnd gives the end of the line that holds data[at], newline included.
func lineEnd(data []byte, at int) int {
	if next := bytes.IndexByte(data[at:], '\n'); next >= 0 {
		return at + next + 1
	}
	return len(data)
}

// lineStart gives the start of the line that ends at data[:end].
func lineStart(data []byte, end int) int {
	return bytes.LastIndexByte(data[:end-1], '\n') + 1
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
	t.starts[t.origin+t.low] = int32(lineStart(t.data, at))
	return true
}

// knowAfter adds the line after the highest known one to the table.
func (t *text) knowAfter() bool {
	at := int(t.starts[t.origin+t.high])
	if at == len(t.data) {
		return false
	}
	t.high++
	t.starts = append(t.starts[:t.origin+t.high], int32(lineEnd(t.data, at)))
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
