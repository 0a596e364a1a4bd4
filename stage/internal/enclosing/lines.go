package enclosing

import "bytes"

// lines gives the lines of a text by number. It remembers where the last one
// was, so that going on from there in either direction is cheap.
type lines struct {
	content []byte // not empty
	// The remembered line, which the text always has: its number from 1, where it
	// starts, and where its newline or the text's end is.
	number, offset, end int
}

// unknown is the end of a line that was not looked for yet.
const unknown = -1

func newLines(content []byte) lines {
	return lines{content: content, number: 1, end: unknown}
}

const (
	// usual is how long a line is taken to be where lines are only counted. Most are
	// longer: to go too far costs more than to look once more.
	usual = 20
	// most is how many lines are skipped at once.
	most = 4096
	// few is how many newlines are found faster one by one than counted.
	few = 4
)

var newline = []byte("\n")

// seek goes to a line and gives its offset, if the text has it.
func (l *lines) seek(n int) (offset int, ok bool) {
	switch {
	case n == l.number:
	case n == l.number+1:
		next := l.lineEnd() + 1
		if next >= len(l.content) {
			return 0, false
		}
		l.moveTo(n, next)
	case n < 1:
		return 0, false
	case n == l.number-1:
		end := l.offset - 1
		l.moveTo(n, bytes.LastIndexByte(l.content[:end], '\n')+1)
		l.end = end
	case n < l.number/2:
		l.moveTo(1, 0)
		return l.seek(n)
	case n < l.number:
		l.moveTo(n, l.before(n))
	default:
		offset := l.after(n)
		if offset >= len(l.content) {
			return 0, false
		}
		l.moveTo(n, offset)
	}
	return l.offset, true
}

// moveTo remembers the line that starts at the offset.
func (l *lines) moveTo(number, offset int) {
	l.number, l.offset, l.end = number, offset, unknown
}

// lineEnd gives the place of the remembered line's newline, or the text's end.
func (l *lines) lineEnd() int {
	if l.end == unknown {
		l.end = endOfLine(l.content, l.offset)
	}
	return l.end
}

// endOfLine gives the place of the next newline, or the text's end.
func endOfLine(text []byte, offset int) int {
	if end := bytes.IndexByte(text[offset:], '\n'); end >= 0 {
		return offset + end
	}
	return len(text)
}

// after gives the offset of a line after the remembered one, or the text's length.
func (l *lines) after(n int) int {
	number, offset := l.number, l.offset // some place in line number
	for width := usual; n-number > few && width > 0; {
		chunk := l.content[offset:min(offset+min(n-number, most)*width, len(l.content))]
		newlines := bytes.Count(chunk, newline)
		if newlines >= n-number {
			width /= 2
			continue
		}
		number += newlines
		if offset += len(chunk); offset == len(l.content) {
			return offset
		}
	}
	for ; number < n; number++ {
		next := bytes.IndexByte(l.content[offset:], '\n')
		if next < 0 {
			return len(l.content)
		}
		offset += next + 1
	}
	return offset
}

// before gives the offset of a line before the remembered one.
func (l *lines) before(n int) int {
	number, offset := l.number, l.offset // some place in line number
	for width := usual; number-n > few && width > 0; {
		chunk := l.content[max(0, offset-min(number-n, most)*width):offset]
		newlines := bytes.Count(chunk, newline)
		if newlines > number-n {
			width /= 2
			continue
		}
		number -= newlines
		if offset -= len(chunk); offset == 0 {
			return 0
		}
	}
	for ; number > n; number-- {
		offset = bytes.LastIndexByte(l.content[:offset], '\n')
	}
	return bytes.LastIndexByte(l.content[:offset], '\n') + 1
}

// line gives a line without its newline.
func (l *lines) line(n int) (line []byte, ok bool) {
	offset, ok := l.seek(n)
	if !ok {
		return nil, false
	}
	return l.content[offset:l.lineEnd()], true
}

// bounds gives where the text of a range of lines starts and ends, as far as the
// text goes.
func (l *lines) bounds(r Range) (start, end int) {
	start, ok := l.seek(max(1, r.First))
	switch {
	case !ok:
		return len(l.content), len(l.content)
	case r.Empty():
		return start, start
	}
	if end, ok = l.seek(r.Last + 1); !ok {
		end = len(l.content)
	}
	return start, end
}
