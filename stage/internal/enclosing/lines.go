package enclosing

import "bytes"

// lines gives the lines of a text by number. It remembers where the last one
// was, so that going on from there in either direction is cheap.
type lines struct {
	content []byte
	number  int // of the remembered line, from 1; 0 before the first call
	offset  int
}

// skim is how much text is searched at once for newlines that only need counting.
const skim = 2048

// seek goes to a line and gives its offset, if the text has it.
func (l *lines) seek(n int) (offset int, ok bool) {
	if n < 1 {
		return 0, false
	}
	if l.number == 0 || n < l.number/2 {
		l.number, l.offset = 1, 0
	}
	for l.number > n {
		l.offset = bytes.LastIndexByte(l.content[:l.offset-1], '\n') + 1
		l.number--
	}
	number, offset := l.number, l.offset
	for number < n {
		chunk := l.content[offset:min(offset+skim, len(l.content))]
		if newlines := bytes.Count(chunk, newline); n-number > newlines {
			if offset += len(chunk); len(chunk) < skim {
				return 0, false
			}
			number += newlines
			continue
		}
		for number < n {
			offset += bytes.IndexByte(l.content[offset:], '\n') + 1
			number++
		}
	}
	if offset >= len(l.content) {
		return 0, false
	}
	l.number, l.offset = number, offset
	return offset, true
}

var newline = []byte("\n")

// line gives a line without its newline.
func (l *lines) line(n int) (line []byte, ok bool) {
	offset, ok := l.seek(n)
	if !ok {
		return nil, false
	}
	return l.lineAt(offset), true
}

func (l *lines) lineAt(offset int) []byte {
	rest := l.content[offset:]
	if end := bytes.IndexByte(rest, '\n'); end >= 0 {
		return rest[:end]
	}
	return rest
}

// span gives the text of a range of lines, as far as the text goes.
func (l *lines) span(r Range) []byte {
	start, ok := l.seek(max(1, r.First))
	if !ok || r.Empty() {
		return nil
	}
	end, ok := l.seek(r.Last + 1)
	if !ok {
		end = len(l.content)
	}
	return l.content[start:end]
}
