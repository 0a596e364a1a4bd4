// Package unified writes patches in the unified format, byte for byte as git
// does.
package unified

import (
	"slices"
	"strconv"

	"github.com/commitflow/commitflow/stage/internal/linediff"
)

// Hunk is one hunk and where its parts are in the buffer that it was written
// to.
type Hunk struct {
	// The first line of each side, from 1, and the number of lines, as "@@"
	// tells them.
	OldStart, OldLines int
	NewStart, NewLines int
	// The heading is buffer[Heading:HeadingEnd], the lines are buffer[Text:End].
	Heading, HeadingEnd int
	Text, End           int
}

// noNewline follows a last line that does not end in a newline.
const noNewline = "\n\\ No newline at end of file\n"

// AppendHunks appends the hunks of a patch to dst, and describes them in hunks.
// changes are what turns old into new; context is the number of common lines
// around them.
func AppendHunks(dst []byte, hunks []Hunk, old, new []byte, changes []linediff.Change, context int) ([]byte, []Hunk) {
	w := writer{dst: dst, old: old, new: new, context: context}
	for len(changes) > 0 {
		n := 1
		for n < len(changes) && changes[n].Old.Line-endLine(changes[n-1].Old) <= 2*context {
			n++
		}
		hunks = append(hunks, w.hunk(changes[:n]))
		changes = changes[n:]
	}
	return w.dst, hunks
}

// endLine gives the line after a range.
func endLine(r linediff.Range) int { return r.Line + r.Lines }

// writer writes the hunks of one file.
type writer struct {
	dst      []byte
	old, new []byte
	context  int

	heading []byte
	// headingsTo is the place in old up to which headings were looked for.
	headingsTo int
}

// hunk writes one hunk that holds the given changes.
func (w *writer) hunk(changes []linediff.Change) Hunk {
	first, last := changes[0], changes[len(changes)-1]
	start, before := back(w.old, first.Old.Start, w.context)
	end, after := forward(w.old, last.Old.End, w.context)
	h := Hunk{
		OldStart: first.Old.Line - before + 1,
		OldLines: endLine(last.Old) - first.Old.Line + before + after,
		NewStart: first.New.Line - before + 1,
		NewLines: endLine(last.New) - first.New.Line + before + after,
	}
	if h.OldLines == 0 {
		h.OldStart--
	}
	if h.NewLines == 0 {
		h.NewStart--
	}

	if found := heading(w.old[w.headingsTo:start]); found != nil {
		w.heading = found
	}
	w.headingsTo = start

	w.dst = append(w.dst, "@@ -"...)
	w.dst = appendRange(w.dst, h.OldStart, h.OldLines)
	w.dst = append(w.dst, " +"...)
	w.dst = appendRange(w.dst, h.NewStart, h.NewLines)
	w.dst = append(w.dst, " @@"...)
	if len(w.heading) > 0 {
		w.dst = append(w.dst, ' ')
	}
	h.Heading = len(w.dst)
	w.dst = append(w.dst, w.heading...)
	h.HeadingEnd = len(w.dst)
	w.dst = append(w.dst, '\n')

	h.Text = len(w.dst)
	w.makeRoom(changes, end-start+h.OldLines)
	at := start
	for _, c := range changes {
		w.lines(' ', w.old, at, c.Old.Start)
		w.lines('-', w.old, c.Old.Start, c.Old.End)
		w.lines('+', w.new, c.New.Start, c.New.End)
		at = c.Old.End
	}
	w.lines(' ', w.old, at, end)
	h.End = len(w.dst)
	return h
}

// makeRoom makes sure that the lines of a hunk fit: so many bytes of the old
// side with their signs, and what is added. A large buffer is doubled, which
// copies less than append's smaller steps.
func (w *writer) makeRoom(changes []linediff.Change, oldBytes int) {
	need := oldBytes + 2*len(noNewline) + spill
	for i := range changes {
		need += changes[i].New.End - changes[i].New.Start + changes[i].New.Lines
	}
	if cap(w.dst)-len(w.dst) < need {
		w.dst = slices.Grow(w.dst, max(need, len(w.dst)))
	}
}

// back goes up to n lines back from the line that begins at start.
func back(text []byte, start, n int) (from, lines int) {
	for ; lines < n && start > 0; lines++ {
		start = linediff.LineStart(text, start)
	}
	return start, lines
}

// forward goes up to n lines on from the line that begins at start.
func forward(text []byte, start, n int) (to, lines int) {
	for ; lines < n && start < len(text); lines++ {
		start = linediff.LineEnd(text, start)
	}
	return start, lines
}

// appendRange writes one side of "@@"; a length of 1 is left out.
func appendRange(dst []byte, start, lines int) []byte {
	dst = strconv.AppendInt(dst, int64(start), 10)
	if lines != 1 {
		dst = append(dst, ',')
		dst = strconv.AppendInt(dst, int64(lines), 10)
	}
	return dst
}
