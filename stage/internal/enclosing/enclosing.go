// Package enclosing finds the code around a change: for each hunk of a patch the
// whole functions, structures and other units that its lines lie in, as they
// were before the change.
//
// It reads source text the way a person skims it, by what stands in the first
// column and by indentation, not with a parser: code in a history is often half
// macro, of any age and sometimes broken. Where it finds no unit it takes the
// lines around the hunk up to the next empty ones. What it returns holds every
// old line of every hunk in any case.
//
// Cost is linear in the content, with a small factor: most of a file is only
// skimmed for newlines, and the neighbourhood of the hunks is read.
package enclosing

import (
	"bytes"
	"unicode/utf8"
)

// Range is a range of lines, counted from 1, both ends included. One with Last
// = First-1 is empty: the gap before line First.
type Range struct{ First, Last int }

// Empty reports whether the range is a gap between two lines.
func (r Range) Empty() bool { return r.Last < r.First }

// Len gives the number of lines.
func (r Range) Len() int { return r.Last - r.First + 1 }

// holds reports whether r holds all lines of s. A gap must lie between two lines
// of r.
func (r Range) holds(s Range) bool {
	if s.Empty() {
		return r.First <= s.Last && s.First <= r.Last
	}
	return r.First <= s.First && s.Last <= r.Last
}

// and gives the smallest range that holds both.
func (r Range) and(s Range) Range {
	return Range{min(r.First, s.First), max(r.Last, s.Last)}
}

// Hunk is the old side of a hunk.
type Hunk struct {
	// Lines are the old lines of the hunk, its context included.
	Lines Range
	// Runs are the removed lines and the gaps where lines are only added, in
	// order: the units of these are looked for, those of the context are not.
	Runs []Range
}

// Piece is a part of a file to show.
type Piece struct {
	Range
	// Text is the lines, sharing the content's memory.
	Text []byte
	// Of is the unit in which the piece lies, if that was too long to show
	// whole; else zero. Heading is the unit's first line then.
	Of      Range
	Heading string

	start, end int // of Text in the content
}

const (
	// partContext is how many lines around a hunk are shown of a unit that is
	// too long, and at most of a block outside of any unit.
	partContext = 15
	// near is how many lines between two pieces are not worth a cut.
	near = 3
)

// Finder finds the pieces of one file after the other. It keeps its memory in
// between; the zero value is ready.
type Finder struct {
	file
	language language
	c        cFile
}

// Append appends the pieces of a file's content that show the hunks, in order and
// without overlap. The file's path tells its language. A unit with more than
// maxLines lines is not shown whole, but the hunk with some lines around it.
func (f *Finder) Append(pieces []Piece, path string, content []byte, hunks []Hunk, maxLines int) []Piece {
	if len(content) == 0 {
		return pieces
	}
	f.file = file{lines: newLines(content), maxLines: maxLines}
	f.language = languageOf(path)
	f.c = cFile{file: &f.file, skimmed: 1, found: f.c.found}
	before := len(pieces)
	for _, hunk := range hunks {
		pieces = add(pieces, before, f.piece(hunk))
	}
	for i := before; i < len(pieces); i++ {
		p := &pieces[i]
		p.Text = content[p.start:p.end]
		if p.end == len(content) { // the lines may be fewer
			p.Last = p.First + countLines(p.Text) - 1
		}
	}
	return pieces
}

// Release lets go of the last file's content.
func (f *Finder) Release() { f.content = nil }

// file is a file in which units are looked for, from its start to its end.
type file struct {
	lines
	maxLines int
}

// piece gives what to show of a hunk.
func (f *Finder) piece(hunk Hunk) Piece {
	p := Piece{Range: hunk.Lines}
	if p.First <= 1 {
		if p.start, p.end = f.bounds(p.Range); p.end == len(f.content) {
			return p // the whole file, as when it is deleted
		}
	}
	p = f.around(hunk)
	p.start, p.end = f.bounds(p.Range)
	return p
}

// around widens a hunk to the units that its runs lie in, or else to its block.
func (f *Finder) around(hunk Hunk) Piece {
	p := Piece{Range: hunk.Lines}
	found := false
	for _, run := range hunk.Runs {
		for _, unit := range f.units(run) {
			found = true
			if unit.Len() > f.maxLines {
				if p.Of == (Range{}) {
					p.Of, p.Heading = unit, f.heading(unit)
				}
				unit.First = max(unit.First, hunk.Lines.First-partContext)
				unit.Last = min(unit.Last, hunk.Lines.Last+partContext)
			}
			p.Range = p.Range.and(unit)
		}
	}
	if n := len(hunk.Runs); !found && n > 0 {
		p.Range = p.Range.and(f.block(hunk.Runs[0].and(hunk.Runs[n-1])))
	}
	return p
}

// heading gives the first line of a unit that is not a comment's.
func (f *file) heading(unit Range) string {
	for n := unit.First; n <= unit.Last && n < unit.First+f.maxLines; n++ {
		line, _ := f.line(n)
		if startsName(line) {
			return string(bytes.TrimSpace(line))
		}
	}
	line, _ := f.line(unit.First)
	return string(bytes.TrimSpace(line))
}

// block widens a range up to empty lines, by partContext lines at most, and not
// into the body of a function above or below.
func (f *file) block(r Range) Range {
	if r.Empty() {
		r = Range{max(1, r.Last), r.First} // the lines beside the gap
	}
	most := Range{r.First - partContext, r.Last + partContext}
	if !f.parts(r.First) {
		for r.First > most.First && !f.parts(r.First-1) {
			r.First--
		}
	}
	if !f.parts(r.Last) {
		for r.Last < most.Last && !f.parts(r.Last+1) {
			r.Last++
		}
	}
	return r
}

// parts reports whether a line parts blocks: an empty one, or one that closes or
// opens something in the first column, or none at all.
func (f *file) parts(n int) bool {
	line, ok := f.line(n)
	return !ok || isBlank(line) || line[0] == '{' || line[0] == '}' || line[0] == ')'
}

// add appends a piece, or joins it to those of the same file that it touches or
// nearly does; first is where these begin.
func add(pieces []Piece, first int, p Piece) []Piece {
	for i := len(pieces) - 1; i >= first && p.First <= pieces[i].Last+near+1; i-- {
		p.Range = p.Range.and(pieces[i].Range)
		p.start, p.end = min(p.start, pieces[i].start), max(p.end, pieces[i].end)
		if pieces[i].Of != (Range{}) {
			p.Of, p.Heading = pieces[i].Of, pieces[i].Heading
		}
		pieces = pieces[:i]
	}
	if p.Range.holds(p.Of) {
		p.Of, p.Heading = Range{}, "" // the unit is whole after all
	}
	return append(pieces, p)
}

// countLines counts lines, the last of which may have no newline.
func countLines(text []byte) int {
	n := bytes.Count(text, []byte("\n"))
	if len(text) > 0 && text[len(text)-1] != '\n' {
		n++
	}
	return n
}

func isBlank(line []byte) bool {
	for i, c := range line {
		switch {
		case c == ' ' || '\t' <= c && c <= '\r':
		case c >= utf8.RuneSelf: // may be a space too
			return len(bytes.TrimSpace(line[i:])) == 0
		default:
			return false
		}
	}
	return true
}

// startsName reports whether a name starts in the first column, which is git's
// rule for the lines that it shows after "@@".
func startsName(line []byte) bool {
	if len(line) == 0 {
		return false
	}
	c := line[0] | 0x20
	return c >= 'a' && c <= 'z' || line[0] == '_' || line[0] == '$'
}
