package enclosing

import "bytes"

// nodes finds the innermost node of a device tree around a change.
func (f *file) nodes(run Range) []Range {
	return f.bracedUnits(run, func(int) bool { return true })
}

// braced finds the innermost function around a change, in languages where
// functions lie within classes and blocks.
func (f *file) braced(run Range) []Range {
	return f.bracedUnits(run, f.isFunction)
}

// bracedUnits finds what is between a line that ends in "{" and one with the same
// indentation that begins with "}".
func (f *file) bracedUnits(run Range, accept func(head int) bool) []Range {
	return unitsOf(run, func(n int) (Range, bool) {
		if line, ok := f.line(n); ok && begins(line, "}") {
			n-- // belongs to what it closes
		}
		head, indent, ok := f.enclosingLine(n, func(n int, line []byte) bool {
			return endsIn(line, '{') && accept(f.startOfHead(n))
		})
		if !ok {
			return Range{}, false
		}
		end, ok := f.closing(head, indent)
		if !ok || end < n {
			return Range{}, false
		}
		return Range{f.startOfHead(head), end}, true
	})
}

func endsIn(line []byte, c byte) bool {
	line = bytes.TrimRight(line, " \t\r")
	return len(line) > 0 && line[len(line)-1] == c
}

// startOfHead goes up from a line such as ") -> int {" to the one that its
// parentheses begin on.
func (f *file) startOfHead(n int) int {
	line, _ := f.line(n)
	indent, _ := indentOf(line)
	if !begins(line, ")") {
		return n
	}
	for up := n - 1; up > n-f.maxLines; up-- {
		line, ok := f.line(up)
		if !ok {
			break
		}
		if at, found := indentOf(line); found && at <= indent {
			return up
		}
	}
	return n
}

// closing gives the line that closes the braces opened on a line.
func (f *file) closing(head, indent int) (n int, ok bool) {
	for n := head + 1; n < head+reach*f.maxLines; n++ {
		line, ok := f.line(n)
		if !ok {
			break
		}
		at, found := indentOf(line)
		switch {
		case !found || at > indent:
		case at == indent && begins(line, "}"):
			return n, true
		case at < indent:
			return 0, false
		}
	}
	return 0, false
}

// isFunction reports whether a head has parameters and is no statement.
func (f *file) isFunction(head int) bool {
	line, _ := f.line(head)
	if bytes.IndexByte(line, '(') < 0 {
		return false
	}
	line = bytes.TrimLeft(line, " \t}")
	end := bytes.IndexFunc(line, func(r rune) bool { return r < 'a' || r > 'z' })
	switch string(line[:max(0, end)]) {
	case "if", "else", "for", "while", "switch", "match", "catch", "try", "do", "return", "loop", "unsafe", "let":
		return false
	}
	return true
}
