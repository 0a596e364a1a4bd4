package enclosing

import (
	"bytes"
	"strings"
)

// Languages whose units nest are read by indentation: a unit's first line stands
// further left than all between it and the change.

// reach is how many lines before a change its unit may begin, as a multiple of
// the longest unit that is shown whole.
const reach = 4

const tabWidth = 8

// indentOf gives the column of the first character; a blank line has none.
func indentOf(line []byte) (indent int, ok bool) {
	for _, c := range line {
		switch c {
		case ' ':
			indent++
		case '\t':
			indent += tabWidth - indent%tabWidth
		case '\r':
		default:
			return indent, true
		}
	}
	return 0, false
}

// opener tells whether a line opens a unit; n is its number.
type opener func(n int, line []byte) bool

// enclosingLine gives the nearest line above n, or n itself, that opens a unit
// around n.
func (f *file) enclosingLine(n int, opens opener) (head, indent int, ok bool) {
	line, ok := f.line(n)
	if !ok {
		return 0, 0, false
	}
	limit, found := indentOf(line)
	if found && opens(n, line) {
		return n, limit, true
	}
	for n, first := n-1, n-reach*f.maxLines; n >= first && (!found || limit > 0); n-- {
		line, ok := f.line(n)
		if !ok {
			break
		}
		indent, ok := indentOf(line)
		if !ok || found && indent >= limit || line[0] == '#' {
			continue
		}
		found, limit = true, indent
		if opens(n, line) {
			return n, indent, true
		}
	}
	return 0, 0, false
}

// unitsOf gives the units at the ends of a run: what lies between is within the
// run. A gap lies in the unit of the line before it, if that also holds the line
// after it.
func unitsOf(run Range, unitAt func(n int) (Range, bool)) (units []Range) {
	first, ok := unitAt(min(run.First, run.Last))
	if ok && (!run.Empty() || first.holds(run)) {
		units = append(units, first)
	}
	if run.Len() > 1 && !(ok && first.Last >= run.Last) {
		if last, ok := unitAt(run.Last); ok {
			units = append(units, last)
		}
	}
	return units
}

// definitions finds Python's functions and classes, with their decorators and the
// comment above. Only the lines that open definitions are compared, as text
// between triple quotes may stand anywhere.
func (f *file) definitions(run Range) []Range {
	return unitsOf(run, func(n int) (Range, bool) {
		line, _ := f.line(n)
		limit, found := indentOf(line)
		if !found {
			limit = 1 << 10
		}
		for head := n; head > n-reach*f.maxLines && (limit > 0 || head == n); head-- {
			line, ok := f.line(head)
			if !ok {
				break
			}
			indent, _ := indentOf(line)
			if head < n && indent >= limit || !opensDefinition(line) {
				continue
			}
			if end := f.endOfIndented(head, indent); end >= n {
				return Range{f.withPrefix(head, indent, "@#"), end}, true
			}
			limit = indent
		}
		return Range{}, false
	})
}

func opensDefinition(line []byte) bool {
	line = bytes.TrimLeft(line, " \t")
	return hasWord(line, "def") || hasWord(line, "class") || hasWord(line, "async")
}

// hasWord reports whether the line begins with the word.
func hasWord(line []byte, word string) bool {
	return len(line) > len(word) && string(line[:len(word)]) == word && line[len(word)] == ' '
}

// withPrefix goes up over the lines with the same indentation that begin with one
// of the characters.
func (f *file) withPrefix(n, indent int, chars string) int {
	for {
		line, ok := f.line(n - 1)
		at, found := indentOf(line)
		if !ok || !found || at != indent {
			return n
		}
		if !begins(line, chars) {
			return n
		}
		n--
	}
}

// endOfIndented gives the last line of what is indented under a head, without
// empty lines and comments at the end. Text between triple quotes and the bracket
// that ends the head's parameters may stand further left.
func (f *file) endOfIndented(head, indent int) int {
	last, quoted := head, false
	for n := head; n < head+reach*f.maxLines; n++ {
		line, ok := f.line(n)
		if !ok {
			break
		}
		at, found := indentOf(line)
		left := found && at <= indent && n > head && !quoted
		if left && !begins(line, ")#") {
			break
		}
		if found && !(left && begins(line, "#")) {
			last = n
		}
		for _, quote := range []string{`"""`, "'''"} {
			if bytes.Count(line, []byte(quote))%2 == 1 {
				quoted = !quoted
			}
		}
	}
	return last
}

// begins reports whether the first character that is not blank is one of these.
func begins(line []byte, chars string) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' {
			return strings.IndexByte(chars, c) >= 0
		}
	}
	return false
}

// entries finds Kconfig's: a line in the first column and all indented below it.
func (f *file) entries(run Range) []Range {
	return unitsOf(run, func(n int) (Range, bool) {
		head, _, ok := f.enclosingLine(n, func(_ int, line []byte) bool { return startsName(line) })
		if !ok {
			return Range{}, false
		}
		unit := Range{head, f.endOfIndented(head, 0)}
		return unit, unit.Last >= n
	})
}
