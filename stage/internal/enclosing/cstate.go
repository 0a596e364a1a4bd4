package enclosing

import "bytes"

// cState is what is known of C text at the end of a line.
type cState struct {
	comment bool // the line ends within a comment
	braces  int  // opened and not closed
	parens  int
	// Of the last line that was read:
	code bool // it holds more than comments and blanks
	end  byte // its last character that is neither
}

// plain tells the characters of which nothing depends.
var plain = func() (t [256]bool) {
	for i := range t {
		t[i] = true
	}
	for _, c := range []byte(`{}()"'/`) {
		t[c] = false
	}
	return t
}()

// read takes in a line. Literals end with their line, so that a lone quote, as in
// an #error or in assembly, does no harm beyond it.
func (s *cState) read(line []byte) {
	s.code, s.end = false, 0
	for i := 0; i < len(line); i++ {
		if s.comment {
			end := bytes.Index(line[i:], []byte("*/"))
			if end < 0 {
				return
			}
			i += end + 1
			s.comment = false
			continue
		}
		c := line[i]
		if c == ' ' || c == '\t' || c == '\r' {
			continue
		}
		if c == '/' && i+1 < len(line) {
			if line[i+1] == '/' {
				return
			}
			if line[i+1] == '*' {
				s.comment = true
				i++
				continue
			}
		}
		s.code, s.end = true, c
		if plain[c] {
			continue
		}
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
