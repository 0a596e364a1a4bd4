package dataset

import (
	"strings"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/internal/enclosing"
)

// codeAfter gives what has become of the code that the input shows, in the form
// that [Code] describes.
func codeAfter(files []stage.FileChange, maxLines int) (string, error) {
	w := inputWriters.Get().(*inputWriter)
	defer w.release()
	var out strings.Builder
	for i := range files {
		f := &files[i]
		if unusable(f) != "" {
			continue
		}
		if f.Kind == stage.TypeChanged || f.OldMode.Type() == stage.ModeSubmodule || f.NewMode.Type() == stage.ModeSubmodule {
			writePatch(&out, f.Patch) // there is no code
			continue
		}
		s, err := newSides(f)
		if err != nil {
			return "", err
		}
		out.WriteString(headerLines(f))
		out.WriteString("+++ " + newName(f) + "\n")
		if f.NewPath == "" || len(f.Hunks) == 0 {
			continue
		}
		if f.OldPath == "" {
			writeNewPiece(&out, s, enclosing.Piece{Range: enclosing.Range{First: 1, Last: s.after.len()}})
			continue
		}
		first := len(w.pieces)
		if err := w.add(f, maxLines); err != nil {
			return "", err
		}
		for _, p := range w.pieces[first:] {
			if !p.Of.Empty() && p.Heading != "" {
				p.Of = s.newRange(p.Of)
			}
			p.Range = s.newRange(p.Range)
			writeNewPiece(&out, s, p)
		}
		if len(w.pieces) == first { // an empty file got lines
			writeNewPiece(&out, s, enclosing.Piece{Range: enclosing.Range{First: 1, Last: s.after.len()}})
		}
	}
	return out.String(), nil
}

func writeNewPiece(out *strings.Builder, s *sides, p enclosing.Piece) {
	p.Text = s.after.lines(p.Range)
	writePiece(out, '+', &p)
	if n := len(p.Text); n > 0 && p.Text[n-1] != '\n' {
		out.WriteString(noNewline)
	}
}

// newName gives the file's name after the change as a patch's "+++" line has it.
func newName(f *stage.FileChange) string {
	if f.NewPath == "" {
		return "/dev/null"
	}
	headers, _, _ := strings.Cut(f.Patch, "\n@@ -")
	if at := strings.LastIndex(headers, "\n+++ "); at >= 0 {
		return strings.TrimRight(headers[at+len("\n+++ "):], "\t\r\n")
	}
	return "b/" + f.NewPath
}
