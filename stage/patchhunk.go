package stage

import (
	"bytes"
	"strings"
)

// maxLineNumber bounds what an "@@" line may claim, well below what could
// overflow when starts and counts are added.
const maxLineNumber = 1 << 30

// hunkBytes is about what a [Hunk] costs beside the text it shares.
const hunkBytes = 128

// hunkHeader is an "@@ -1,2 +3,4 @@ heading" line. Without ",n" the count is 1.
type hunkHeader struct {
	oldStart, oldLines, newStart, newLines int
	heading                                string
}

func parseHunkHeader(line string) (h hunkHeader, ok bool) {
	rest, ok := strings.CutPrefix(line, "@@ -")
	if !ok {
		return h, false
	}
	h.oldStart, h.oldLines, rest, ok = parseRange(rest)
	if !ok || !strings.HasPrefix(rest, " +") {
		return h, false
	}
	h.newStart, h.newLines, rest, ok = parseRange(rest[2:])
	if !ok || !strings.HasPrefix(rest, " @@") {
		return h, false
	}
	h.heading = strings.TrimPrefix(rest[3:], " ")
	return h, true
}

// parseRange reads "start,lines" or "start".
func parseRange(s string) (start, lines int, rest string, ok bool) {
	start, rest, ok = parseNumber(s)
	if !ok || !strings.HasPrefix(rest, ",") {
		return start, 1, rest, ok
	}
	lines, rest, ok = parseNumber(rest[1:])
	return start, lines, rest, ok
}

func parseNumber(s string) (n int, rest string, ok bool) {
	i := 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		if n = n*10 + int(s[i]-'0'); n > maxLineNumber {
			return 0, s, false
		}
	}
	return n, s[i:], i > 0
}

// hunkSpan is where a hunk's text lies in its file's patch, while that is not
// yet a string.
type hunkSpan struct{ start, end int }

// hunks reads all hunks that follow, and leaves the current line after them.
func (p *patchParser) hunks(f *fileParse) error {
	for {
		header, ok := parseHunkHeader(p.text())
		if !ok {
			if p.at("@@ -") {
				return p.expected("a hunk header: @@ -start,lines +start,lines @@")
			}
			return p.noLooseLine()
		}
		if header.oldLines == 0 && header.newLines == 0 {
			return p.expected("a hunk that has lines")
		}
		p.next()
		hunk := Hunk{
			OldStart: header.oldStart, OldLines: header.oldLines,
			NewStart: header.newStart, NewLines: header.newLines,
			Heading: header.heading,
		}
		span := hunkSpan{start: p.offset()}
		if err := p.hunkLines(header, f); err != nil {
			return err
		}
		span.end = p.offset()
		if p.keeping && p.room >= hunkBytes {
			p.room -= hunkBytes
			f.Hunks = append(f.Hunks, hunk)
			f.spans = append(f.spans, span)
		} else {
			p.giveUp()
			f.Hunks, f.spans = nil, nil
		}
	}
}

// hunkLines reads the lines of a hunk by its counts: what a line begins with
// says which side it is on, never whether it belongs to the hunk.
func (p *patchParser) hunkLines(h hunkHeader, f *fileParse) error {
	oldLeft, newLeft := h.oldLines, h.newLines
	for oldLeft > 0 || newLeft > 0 {
		line := p.line()
		switch kind := hunkLineKind(line); {
		case kind == ' ' && oldLeft > 0 && newLeft > 0:
			oldLeft--
			newLeft--
		case kind == '-' && oldLeft > 0:
			oldLeft--
			f.Deleted++
		case kind == '+' && newLeft > 0:
			newLeft--
			f.Added++
		case kind == '\\':
		default:
			return p.expected("a line of the hunk, %d old and %d new ones being left", oldLeft, newLeft)
		}
		p.next()
	}
	if hunkLineKind(p.line()) == '\\' {
		p.next()
	}
	return nil
}

// hunkLineKind gives a hunk line's first character. An empty line is a context
// line whose only blank was lost on the way, as mail programs and editors do.
// A "\" line tells that the line before it has no newline; its words depend on
// the language that git or diff spoke.
func hunkLineKind(line []byte) byte {
	if len(line) == 0 {
		return 0
	}
	switch c := line[0]; c {
	case '\n':
		return ' '
	case '\r':
		if len(line) == 2 {
			return ' '
		}
	case '\\':
		if len(line) > 1 && line[1] == ' ' {
			return c
		}
	default:
		return c
	}
	return 0
}

// noLooseLine refuses a changed line right after a complete hunk: the counts
// were too small, and to read on would lose it. The "-- " that ends a mail's text
// is no such line.
func (p *patchParser) noLooseLine() error {
	line := p.line()
	if len(line) == 0 || line[0] != '+' && line[0] != '-' {
		return nil
	}
	if isSignature(line) || p.atFile() || bytes.HasPrefix(line, []byte("---")) {
		return nil
	}
	return p.expected("the next hunk, file or commit, as the hunk's counts are complete")
}

// isSignature reports whether the line opens a mail's signature; the blank after
// the dashes is lost on some ways.
func isSignature(line []byte) bool {
	trimmed := bytes.TrimRight(line, "\r\n")
	return string(trimmed) == "-- " || string(trimmed) == "--"
}
