package stage

import (
	"bytes"
	"errors"
	"io"
)

// patchLines hands out the lines of a stream one at a time, with a look ahead
// at the next few, and keeps the exact text since a mark. Its memory is bounded
// by a few times limit: a text that outgrows it is given up (but its lines still
// come), and of a longer line only the beginning is seen.
type patchLines struct {
	r   io.Reader
	err error // why r gives no more: io.EOF or a failure

	// buf[mark:] is what is held of the stream: the text since the mark, the
	// current line at pos, and what was read ahead.
	buf       []byte
	mark, pos int
	lineEnd   int // of the current line in buf, or 0 while it is not known

	number  int // of the current line, from 1
	keeping bool
	over    bool // the text since the mark outgrew the limit
	limit   int
}

const (
	readSize     = 64 << 10
	maxEmptyRead = 100 // reads without a byte and without an error before giving up
)

func newPatchLines(r io.Reader, limit int) *patchLines {
	return &patchLines{r: r, number: 1, limit: limit}
}

// line gives the current line with its newline, or nil at the end of the
// stream. It is valid until the next call of any method.
func (l *patchLines) line() []byte {
	if l.lineEnd == 0 {
		l.lineEnd = l.findEnd(l.pos)
	}
	if l.lineEnd == l.pos {
		l.lineEnd = 0
		return nil
	}
	return l.buf[l.pos:l.lineEnd]
}

// peek gives the nth line after the current one, or nil if there is none.
func (l *patchLines) peek(n int) []byte {
	at := l.pos
	for range n {
		at = l.findEnd(at)
	}
	before := l.pos
	end := l.findEnd(at)
	at -= before - l.pos // reading on may have moved the buffer's content
	if end == at {
		return nil
	}
	return l.buf[at:end]
}

// findEnd gives the end of the line that begins at start, reading on as far as
// the limit allows. The result counts in the buffer as it is on return.
func (l *patchLines) findEnd(start int) int {
	scanned := start
	for {
		if i := bytes.IndexByte(l.buf[scanned:], '\n'); i >= 0 {
			return scanned + i + 1
		}
		scanned = len(l.buf)
		if l.err != nil || scanned-start >= max(l.limit, readSize) {
			return scanned
		}
		moved := l.read()
		start -= moved
		scanned -= moved
	}
}

// next goes to the next line.
func (l *patchLines) next() {
	line := l.line()
	if line == nil {
		return
	}
	terminated := line[len(line)-1] == '\n'
	l.pos, l.lineEnd = l.lineEnd, 0
	l.number++
	if !terminated {
		l.skipRest()
	}
	if l.keeping && l.pos-l.mark > l.limit {
		l.giveUp()
	}
	if !l.keeping {
		l.mark = l.pos
	}
}

// skipRest reads over what is left of a line that was longer than the limit. The
// last line of a stream has nothing left.
func (l *patchLines) skipRest() {
	for {
		if l.pos == len(l.buf) {
			if l.err != nil {
				return
			}
			l.read()
			continue
		}
		l.giveUp()
		if i := bytes.IndexByte(l.buf[l.pos:], '\n'); i >= 0 {
			l.pos += i + 1
			return
		}
		l.pos = len(l.buf)
		l.mark = l.pos
	}
}

func (l *patchLines) giveUp() {
	if l.keeping {
		l.keeping, l.over = false, true
	}
}

// begin marks the current line as the first of a text to keep.
func (l *patchLines) begin() {
	l.mark, l.keeping, l.over = l.pos, true, false
}

// offset gives the distance of the current line from the mark.
func (l *patchLines) offset() int { return l.pos - l.mark }

// end gives the text from the mark up to the current line; not complete tells
// that it outgrew the limit and is gone.
func (l *patchLines) end() (text string, complete bool) {
	complete = !l.over
	if complete {
		text = string(l.buf[l.mark:l.pos])
	}
	l.mark, l.keeping, l.over = l.pos, false, false
	return text, complete
}

// read takes more of the stream into the buffer and gives the number of bytes
// by which what was there has moved towards its start.
func (l *patchLines) read() (moved int) {
	if cap(l.buf)-len(l.buf) < readSize/2 {
		moved = l.makeRoom()
	}
	for range maxEmptyRead {
		n, err := l.r.Read(l.buf[len(l.buf):cap(l.buf)])
		l.buf = l.buf[:len(l.buf)+n]
		l.err = err
		if n > 0 || err != nil {
			return moved
		}
	}
	l.err = io.ErrNoProgress
	return moved
}

func (l *patchLines) makeRoom() (moved int) {
	held := len(l.buf) - l.mark
	target := l.buf
	if held > cap(l.buf)/2 || cap(l.buf) < readSize {
		target = make([]byte, 0, max(readSize, 2*cap(l.buf)))
	}
	moved = l.mark
	l.buf = target[:copy(target[:held], l.buf[l.mark:])]
	l.mark, l.pos = 0, l.pos-moved
	if l.lineEnd > 0 {
		l.lineEnd -= moved
	}
	return moved
}

// failure gives the error that ended the stream, or nil if it just ended.
func (l *patchLines) failure() error {
	if l.err == nil || errors.Is(l.err, io.EOF) {
		return nil
	}
	return l.err
}
