package enclosing

import "bytes"

// cFile finds functions, structures, initialisers and macros of several lines in
// C as the kernel's coding style has it: a unit begins in the first column, and a
// "}" there ends it. So labels and preprocessor lines within need no care, nor
// do braces that #ifdef leaves unbalanced.
//
// It reads forwards, from the end of some unit before a run to the end of the
// last one that the run touches, and never reads anything twice.
type cFile struct {
	*file
	skimmed int     // the first line that has not been read
	last    Range   // the last unit that was read
	found   []Range // the units of the run at hand
}

// units gives the units that hold lines of the run.
func (c *cFile) units(run Range) []Range {
	c.found = c.found[:0]
	c.take(run, c.last)
	first, last := run.First, run.Last
	if run.Empty() {
		first, last = run.Last, run.First
	}
	c.skipTo(first)
	for c.skimmed <= last {
		unit, ok := c.next(last)
		if !ok {
			break
		}
		c.last = unit
		c.take(run, unit)
	}
	return c.found
}

// take notes the unit if lines of the run lie in it; a gap lies in it if the lines
// on both sides do.
func (c *cFile) take(run, unit Range) {
	touches := run.First <= unit.Last && unit.First <= run.Last
	if touches {
		c.found = append(c.found, unit)
	}
}

// maxRefused bounds how many "}" in comments are looked at for one run.
const maxRefused = 8

// skipTo goes on after the last line before n that begins with "}" outside of a
// comment and ends a unit: "} table[] = {" goes on with its unit.
func (c *cFile) skipTo(n int) {
	if n <= c.skimmed {
		return
	}
	floor, ok := c.seek(c.skimmed)
	if !ok {
		return
	}
	offset, ok := c.seek(n)
	if !ok {
		return
	}
	text := c.content[floor:offset]
	for range maxRefused {
		at := lastClosing(text)
		if at < 0 {
			return
		}
		start := floor + at + 1
		end := endOfLine(c.content, start)
		line := c.content[start:end]
		if !endsIn(line, '{') && !continued(line) && !inComment(text[max(0, at-commentReach):at]) {
			c.skimmed = n - bytes.Count(c.content[start:offset], newline) + 1
			c.moveTo(c.skimmed, end+1)
			return
		}
		text = text[:at]
	}
}

// commentReach is how far back the beginning of a comment is looked for.
const commentReach = 4096

// continued reports whether a line goes on after its newline.
func continued(line []byte) bool {
	n := len(line)
	if n > 0 && line[n-1] == '\r' {
		n--
	}
	return n > 0 && line[n-1] == '\\'
}

// next reads the next unit; the current place is outside of any. It gives up
// after the line last, but not between a comment and what it explains.
func (c *cFile) next(last int) (unit Range, ok bool) {
	var s cState
	var d declaration
	for ; ; c.skimmed++ {
		n := c.skimmed
		line, ok := c.line(n)
		if !ok || n > last && d.group == 0 {
			return Range{}, false
		}
		if isBlank(line) && !s.comment {
			d, s = declaration{}, cState{}
			continue
		}
		if begins(line, "#") && !s.comment {
			end := c.endOfDirective(n)
			c.skimmed = end
			switch {
			case d.head > 0: // amid a declaration
			case end > n:
				c.skimmed++
				return Range{d.start(n), end}, true
			default:
				d = declaration{}
			}
			continue
		}
		s.read(line)
		if !d.goOn(n, s.code, line) {
			if s.comment {
				c.skipComment()
			}
			continue
		}
		switch {
		case s.braces > 0 && isTransparent(line):
			d, s = declaration{}, cState{}
		case s.braces > 0:
			end := c.endOfBody(n, &s)
			c.skimmed = end + 1
			return Range{d.head, end}, true
		case s.parens <= 0 && n > d.head && bytes.HasSuffix(line, []byte(");")):
			c.skimmed++ // a prototype or a macro's use of several lines
			return Range{d.head, n}, true
		case s.parens <= 0 && (s.end == ';' || s.end == '}'): // without a body, or all on one line
			d.head, d.comment, s = 0, 0, cState{}
		}
	}
}

// skipComment goes on to before the line on which the comment ends that is open at
// the end of the line at hand, or to the last line if it does not end.
func (c *cFile) skipComment() {
	from := c.lineEnd()
	end := endOfComment(c.content, from)
	if end < 0 {
		c.skimmed += countLines(c.content[min(from+1, len(c.content)):])
		return
	}
	start := bytes.LastIndexByte(c.content[:end], '\n') + 1
	c.skimmed += bytes.Count(c.content[from:start], newline)
	c.moveTo(c.skimmed, start)
	c.skimmed--
}

// declaration is what stands outside of bodies without an empty line in between.
type declaration struct {
	group   int // its first line
	comment int // the first line of the comment right above head
	head    int // the first line of the declaration at hand
}

// goOn takes in a line and reports whether it holds code.
func (d *declaration) goOn(n int, code bool, line []byte) bool {
	if d.group == 0 {
		d.group = n
	}
	switch {
	case d.head > 0:
	case !code && d.comment == 0:
		d.comment = n
	case code && line[0] == '{':
		d.head = d.group // the parameters of an old-style definition ended in ";"
	case code:
		d.head = d.start(n)
	}
	return code
}

// start gives the first line of what has its first code on line n.
func (d *declaration) start(n int) int {
	if d.comment > 0 {
		return d.comment
	}
	return n
}

// endOfDirective gives the last line of a preprocessor directive.
func (c *cFile) endOfDirective(n int) int {
	for {
		line, ok := c.line(n)
		if !ok {
			return n - 1
		}
		if !continued(line) {
			return n
		}
		n++
	}
}

// isTransparent reports whether the braces on the line hold a whole file's units.
func isTransparent(line []byte) bool {
	return bytes.HasPrefix(line, []byte(`extern "C"`)) || bytes.HasPrefix(line, []byte("namespace"))
}

// endOfBody gives the last line of the unit whose body was opened on line n: one
// that begins with "}", or where all braces are closed if the one that opened the
// body is not in the first column either.
func (c *cFile) endOfBody(n int, s *cState) int {
	opening, _ := c.line(n)
	strict := opening[0] == '{'
	for {
		if strict && !s.comment {
			n = c.closingLine(n)
		} else {
			n++
		}
		line, ok := c.line(n)
		if !ok {
			return n - 1
		}
		closing := len(line) > 0 && line[0] == '}' && !s.comment
		if closing {
			s.braces = 1
		}
		s.read(line)
		if s.braces <= 0 && (closing || !strict && s.code) {
			return n
		}
	}
}

// closingLine gives the first line after n that begins with "}" outside of a
// comment, or the number after the last line's. Line n, at which the file is,
// ends outside of comments. Of the lines between, only those that a comment may
// begin on are read.
func (c *cFile) closingLine(n int) int {
	text := c.content
	first := min(c.lineEnd()+1, len(text)) // where line n+1 starts
	closing := nextClosing(text, first)
	for at := first; ; {
		open := nextComment(text[:closing], at)
		if open == closing {
			break
		}
		start := max(at, bytes.LastIndexByte(text[:open], '\n')+1)
		end := endOfLine(text, open)
		var s cState
		if s.read(text[start:end]); !s.comment {
			at = min(end+1, closing)
			continue
		}
		if at = endOfComment(text, end); at < 0 {
			closing = len(text)
			break
		}
		if at > closing {
			closing = nextClosing(text, min(endOfLine(text, at)+1, len(text)))
		}
	}
	n += 1 + countLines(text[first:closing])
	if closing < len(text) {
		c.moveTo(n, closing)
	}
	return n
}
