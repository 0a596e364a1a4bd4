package dataset

import (
	"bytes"
	"strings"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/internal/enclosing"
)

// The lines around the two halves of a block.
const (
	searchMark  = "<<<<<<< SEARCH\n"
	betweenMark = "=======\n"
	replaceMark = ">>>>>>> REPLACE\n"
)

// blocks writes the change of files as search/replace blocks.
func blocks(files []stage.FileChange) (string, error) {
	var out strings.Builder
	for i := range files {
		f := &files[i]
		if unusable(f) != "" {
			continue
		}
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(headerLines(f))
		out.WriteString(f.Path())
		out.WriteByte('\n')
		if err := writeBlocks(&out, f); err != nil {
			return "", err
		}
	}
	return out.String(), nil
}

func writeBlocks(out *strings.Builder, f *stage.FileChange) error {
	if f.NewPath == "" { // said by its header lines
		return nil
	}
	if f.OldMode.Type() == stage.ModeSubmodule || f.NewMode.Type() == stage.ModeSubmodule || f.Kind == stage.TypeChanged {
		for i := range f.Hunks { // no contents that could be searched
			if err := writeBlock(out, side(&f.Hunks[i], '-'), side(&f.Hunks[i], '+')); err != nil {
				return err
			}
		}
		return nil
	}
	s, err := newSides(f)
	if err != nil {
		return err
	}
	for _, old := range s.unique() {
		if err := writeBlock(out, s.before.lines(old), s.after.lines(s.newRange(old))); err != nil {
			return err
		}
	}
	return nil
}

func writeBlock(out *strings.Builder, search, replace []byte) error {
	if hasMarks(search) || hasMarks(replace) {
		return stage.Drop(dropMarks)
	}
	out.WriteString(searchMark)
	writeLines(out, search)
	out.WriteString(betweenMark)
	writeLines(out, replace)
	out.WriteString(replaceMark)
	return nil
}

func hasMarks(text []byte) bool {
	for _, mark := range []string{searchMark, betweenMark, replaceMark} {
		mark := []byte(strings.TrimSuffix(mark, "\n"))
		for rest := text; ; {
			at := bytes.Index(rest, mark)
			if at < 0 {
				break
			}
			starts := at == 0 || rest[at-1] == '\n'
			end := at + len(mark)
			if starts && (end == len(rest) || rest[end] == '\n' || rest[end] == '\r') {
				return true
			}
			rest = rest[end:]
		}
	}
	return false
}

// side gives the lines of a hunk on one side.
func side(h *stage.Hunk, kind byte) []byte {
	var lines []byte
	for line := range strings.Lines(h.Text) {
		if line[0] == ' ' || line[0] == kind {
			lines = append(lines, line[1:]...)
		}
	}
	return lines
}

// unique gives the old lines of the hunks, widened until each occurs once in the
// file. Hunks that meet on the way become one.
func (s *sides) unique() (ranges []enclosing.Range) {
	for i := range s.hunks {
		r := oldLines(&s.hunks[i])
		if r.Empty() && s.before.len() > 0 { // lines are added to a file that has some
			r = enclosing.Range{First: max(1, r.Last), Last: min(r.First, s.before.len())}
		}
		for n := len(ranges); n > 0 && r.First <= ranges[n-1].Last; n = len(ranges) {
			r = enclosing.Range{First: ranges[n-1].First, Last: max(r.Last, ranges[n-1].Last)}
			ranges = ranges[:n-1]
		}
		ranges = append(ranges, s.widen(r, i))
		for n := len(ranges); n > 1 && ranges[n-1].First <= ranges[n-2].Last; n = len(ranges) {
			ranges[n-2].Last = max(ranges[n-1].Last, ranges[n-2].Last)
			ranges = ranges[:n-1]
		}
	}
	return ranges
}

// widen adds lines on both sides of a range until its text occurs once. It does not
// stop within a hunk; i is that of the range.
func (s *sides) widen(r enclosing.Range, i int) enclosing.Range {
	for step := 1; !s.before.once(r) && (r.First > 1 || r.Last < s.before.len()); step *= 2 {
		r = enclosing.Range{First: max(1, r.First-step), Last: min(s.before.len(), r.Last+step)}
		for j := range s.hunks {
			lines := oldLines(&s.hunks[j])
			if j < i && lines.Last >= r.First {
				r.First = min(r.First, lines.First)
			}
			if j > i && lines.First <= r.Last+1 {
				r.Last = max(r.Last, lines.Last)
			}
		}
	}
	return r
}

// once reports whether the text of a range occurs in no other place that begins
// and ends as lines do. An empty range is in all places, or in the only one.
func (x *lineIndex) once(r enclosing.Range) bool {
	text := x.lines(r)
	if len(text) == 0 {
		return len(x.text) == 0
	}
	own := x.start(r.First)
	for at := 0; ; {
		found := bytes.Index(x.text[at:], text)
		if found < 0 {
			return true
		}
		found += at
		if found != own && (found == 0 || x.text[found-1] == '\n') {
			return false
		}
		at = found + 1
	}
}
