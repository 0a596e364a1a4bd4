package dataset

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/internal/enclosing"
)

// fittedPiece is a piece of code whose showing depends on the room there is.
type fittedPiece struct {
	file  int
	piece enclosing.Piece
	// near are the old lines of the piece's hunks alone.
	near []enclosing.Piece
	// shown is what of it is shown: the piece, or near, or nothing.
	shown  []enclosing.Piece
	tokens int // of what is shown
	// How far it is from the middle of the change: in files, and in lines where it
	// lies in the same file.
	files, lines int
}

// fit writes the code again so that it has no more than room tokens, if that can
// be done. What lies farthest from the middle of the change goes first: whole
// functions, of which only the hunks' old lines are left; and, where that does not
// do, these too. The middle is the hunk that changes most lines. Of that the old
// lines are always shown, or the example is dropped.
func (w *inputWriter) fit(e *Example, s *Settings, room int) (string, []LeftOut, error) {
	pieces := w.fitted()
	names := make([]int, len(w.files)) // the tokens of what names the files
	shown := make([]int, len(w.files)) // the pieces that are shown of them
	total := 0
	for i := range w.files {
		names[i] = s.count(w.files[i].nameText(), 0)
		total += names[i]
	}
	for i := range pieces {
		p := &pieces[i]
		p.show(e, s, []enclosing.Piece{p.piece})
		total += p.tokens
		shown[p.file]++
	}
	order := make([]*fittedPiece, len(pieces))
	for i := range pieces {
		order[i] = &pieces[i]
	}
	slices.SortStableFunc(order, func(a, b *fittedPiece) int {
		return cmp.Or(cmp.Compare(b.files, a.files), cmp.Compare(b.lines, a.lines))
	})
	for _, p := range order {
		if total <= room {
			break
		}
		whole := p.tokens
		if p.show(e, s, p.near); p.tokens >= whole {
			p.show(e, s, []enclosing.Piece{p.piece})
		}
		total += p.tokens - whole
	}
	for _, p := range order[:max(0, len(order)-1)] {
		if total <= room {
			break
		}
		total -= p.tokens
		p.show(e, s, nil)
		if shown[p.file]--; shown[p.file] == 0 {
			total -= names[p.file]
		}
	}
	if total > room {
		return "", nil, stage.Drop(dropTokens)
	}
	text, left := w.fittedText(pieces, shown)
	return e.valid(text), left, nil
}

// show sets what is shown of the piece, and counts it.
func (p *fittedPiece) show(e *Example, s *Settings, shown []enclosing.Piece) {
	p.shown, p.tokens = shown, 0
	for i := range shown {
		var text strings.Builder
		writePiece(&text, '-', &shown[i])
		p.tokens += s.count(e.valid(text.String()), 0)
	}
}

func (f *shownFile) nameText() string {
	var text strings.Builder
	f.writeName(&text)
	return text.String()
}

// fittedText writes what is shown, and lists what is not.
func (w *inputWriter) fittedText(pieces []fittedPiece, shown []int) (string, []LeftOut) {
	var text strings.Builder
	left := []LeftOut{}
	next := 0
	for i := range w.files {
		f := &w.files[i]
		if shown[i] > 0 || f.change.OldMode.Type() == stage.ModeSubmodule {
			f.writeName(&text)
		}
		for ; next < len(pieces) && pieces[next].file == i; next++ {
			p := &pieces[next]
			for j := range p.shown {
				writePiece(&text, '-', &p.shown[j])
			}
			if out := p.leftOut(); out != (enclosing.Range{}) {
				left = append(left, LeftOut{Path: f.change.OldPath, First: out.First, Last: out.Last, Changed: len(p.shown) == 0})
			}
		}
	}
	return text.String(), left
}

// leftOut gives the lines of which not all are shown.
func (p *fittedPiece) leftOut() enclosing.Range {
	if len(p.shown) != 1 || p.shown[0].Range != p.piece.Range {
		return cmp.Or(p.piece.Of, p.piece.Range)
	}
	return p.piece.Of
}

// fitted makes the pieces ready to be fitted: with their hunks, and how far they
// are from the middle of the change.
func (w *inputWriter) fitted() []fittedPiece {
	middleFile, middle := w.middle()
	pieces := make([]fittedPiece, 0, len(w.pieces))
	first := 0
	for i := range w.files {
		f := &w.files[i]
		hunks := f.change.Hunks
		for ; first < f.pieces; first++ {
			p := fittedPiece{file: i, piece: w.pieces[first], files: max(i-middleFile, middleFile-i)}
			for len(hunks) > 0 && oldLines(&hunks[0]).First <= p.piece.Last+1 {
				p.addNear(oldLines(&hunks[0]))
				hunks = hunks[1:]
			}
			if i == middleFile {
				p.lines = max(0, p.piece.First-middle, middle-p.piece.Last)
			}
			pieces = append(pieces, p)
		}
	}
	return pieces
}

// middle gives the file, and the first old line, of the hunk that changes most.
func (w *inputWriter) middle() (file, line int) {
	most := -1
	for i := range w.files {
		for j := range w.files[i].change.Hunks {
			h := &w.files[i].change.Hunks[j]
			changed := 0
			for text := range strings.Lines(h.Text) {
				if text[0] == '-' || text[0] == '+' {
					changed++
				}
			}
			if changed > most {
				most, file, line = changed, i, oldLines(h).First
			}
		}
	}
	return file, line
}

// addNear adds the old lines of a hunk to what is shown when the rest is not.
func (p *fittedPiece) addNear(lines enclosing.Range) {
	if lines.Empty() {
		return
	}
	near := enclosing.Piece{Range: lines, Of: p.piece.Of, Heading: p.piece.Heading, Text: linesOf(p.piece.Text, p.piece.First, lines)}
	if near.Heading == "" {
		near.Of, near.Heading = p.piece.Range, heading(p.piece.Text)
	}
	if near.Range == near.Of {
		near.Of, near.Heading = enclosing.Range{}, ""
	}
	p.near = append(p.near, near)
}

// heading gives the first line in which a name stands in the first column, as git
// looks for what it prints after "@@", or else the first line.
func heading(text []byte) string {
	for line := range bytes.Lines(text) {
		if c := line[0]; c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' {
			return string(bytes.TrimSpace(line))
		}
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return string(bytes.TrimSpace(line))
}

// linesOf gives a range of the lines of a text that begins with line first.
func linesOf(text []byte, first int, lines enclosing.Range) []byte {
	text = text[offsetOf(text, lines.First-first):]
	return text[:offsetOf(text, lines.Len())]
}

// offsetOf gives where so many lines end.
func offsetOf(text []byte, lines int) int {
	at := 0
	for ; lines > 0 && at < len(text); lines-- {
		end := bytes.IndexByte(text[at:], '\n')
		if end < 0 {
			return len(text)
		}
		at += end + 1
	}
	return at
}
