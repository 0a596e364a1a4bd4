package enclosing

import "bytes"

// stride is how much text is searched at once for a byte that may be far.
const stride = 128

// lastIndexByte is [bytes.LastIndexByte] for a byte that may be far from the
// text's end: that reads one byte at a time, while forwards many are compared at
// once.
func lastIndexByte(text []byte, c byte) int {
	for end := len(text); end > 0; {
		start := max(0, end-stride)
		if bytes.IndexByte(text[start:end], c) >= 0 {
			return start + bytes.LastIndexByte(text[start:end], c)
		}
		end = start
	}
	return -1
}

// lastClosing gives the place of the last newline that a "}" follows, or -1.
func lastClosing(text []byte) int {
	for {
		at := lastIndexByte(text, '}')
		if at <= 0 {
			return -1
		}
		if text[at-1] == '\n' {
			return at - 1
		}
		text = text[:at]
	}
}

// nextClosing gives the place of the next "}" in the first column, or the
// text's length. The place to begin at is the start of a line.
func nextClosing(text []byte, from int) int {
	for at := from; ; at++ {
		next := bytes.IndexByte(text[at:], '}')
		if next < 0 {
			return len(text)
		}
		at += next
		if at == from || text[at-1] == '\n' {
			return at
		}
	}
}

// nextComment gives the place of the next "/*", or the text's length.
func nextComment(text []byte, from int) int {
	for at := from; ; at++ {
		next := bytes.IndexByte(text[at:], '/')
		if next < 0 || at+next+1 == len(text) {
			return len(text)
		}
		at += next
		if text[at+1] == '*' {
			return at
		}
	}
}

// endOfComment gives the place after the next "*/", or -1.
func endOfComment(text []byte, from int) int {
	for at := from; ; at++ {
		next := bytes.IndexByte(text[at:], '/')
		if next < 0 {
			return -1
		}
		at += next
		if at > from && text[at-1] == '*' {
			return at + 1
		}
	}
}

// inComment reports whether the text ends within a comment that begins in it:
// whether the last "/*" comes after the last "*/".
func inComment(text []byte) bool {
	for {
		at := lastIndexByte(text, '/')
		switch {
		case at < 0:
			return false
		case at+1 < len(text) && text[at+1] == '*':
			return true
		case at > 0 && text[at-1] == '*':
			return at > 1 && text[at-2] == '/' // "/*/" closes nothing
		}
		text = text[:at]
	}
}
