package enclosing

// cState is what is known of C text at the end of a line.
type cState struct {
	comment bool // the line ends within a comment
	braces  int  // opened and not closed
	parens  int
	// Of the last line that was read:
	code bool // it holds more than comments and blanks
	end  byte // its last character that is neither
}

// What a character means outside of comments and literals.
const (
	codeByte = iota // nothing depends on it
	blankByte
	markByte // see cState.read
)

var byteKinds = func() (kinds [256]uint8) {
	for _, c := range []byte(" \t\r") {
		kinds[c] = blankByte
	}
	for _, c := range []byte(`{}()"'/`) {
		kinds[c] = markByte
	}
	return kinds
}()

// read takes in a line. Literals end with their line, so that a lone quote, as in
// an #error or in assembly, does no harm beyond it.
func (s *cState) read(line []byte) {
	s.code, s.end = false, 0
	i := 0
	if s.comment {
		if i = endOfComment(line, 0); i < 0 {
			return
		}
		s.comment = false
	}
	last := -1 // the last character that is neither blank nor in a comment
scan:
	for ; i < len(line); i++ {
		c := line[i]
		switch byteKinds[c] {
		case blankByte:
			continue
		case codeByte:
			last = i
			continue
		}
		if c == '/' && i+1 < len(line) {
			switch line[i+1] {
			case '/':
				break scan
			case '*':
				end := endOfComment(line, i+2)
				if end < 0 {
					s.comment = true
					break scan
				}
				i = end - 1
				continue
			}
		}
		last = i
		switch c {
		case '{':
			s.braces++
		case '}':
			s.braces--
		case '(':
			s.parens++
		case ')':
			s.parens--
		case '"', '\'':
			i = endOfLiteral(line, i)
		}
	}
	if last >= 0 {
		s.code, s.end = true, line[last]
	}
}

// endOfLiteral gives the place of a literal's closing quote, or of the line's end.
func endOfLiteral(line []byte, start int) int {
	quote := line[start]
	for i := start + 1; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case quote:
			return i
		}
	}
	return len(line)
}
