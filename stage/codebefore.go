package stage

import (
	"fmt"
	"strings"

	"github.com/commitflow/commitflow/stage/internal/enclosing"
)

// codeBefore gives the code that the changes touch, as it was before them, in the
// form that [Dataset] describes.
func codeBefore(files []FileChange, maxLines int) (string, error) {
	var out strings.Builder
	for i := range files {
		f := &files[i]
		if f.OldPath == "" {
			continue // a new file has no code before
		}
		hunks := oldSides(f.Hunks)
		switch {
		case len(hunks) == 0:
		case f.OldMode.Type() == ModeSubmodule:
			writeSubmodule(&out, f)
		case f.Before == nil && hasOldLines(f.Hunks):
			return "", fmt.Errorf("%s: %w", f.OldPath, ErrNoContents)
		default:
			writePieces(&out, f, enclosing.Find(f.OldPath, f.Before, hunks, maxLines))
		}
	}
	return out.String(), nil
}

func hasOldLines(hunks []Hunk) bool {
	for i := range hunks {
		if hunks[i].OldLines > 0 {
			return true
		}
	}
	return false
}

// writeSubmodule shows the line that stands for a submodule in its patch; the
// repository has no object for it.
func writeSubmodule(out *strings.Builder, f *FileChange) {
	fmt.Fprintf(out, "%s\n@@ -1,1 @@\nSubproject commit %s\n", oldName(f), f.OldID)
}

func writePieces(out *strings.Builder, f *FileChange, pieces []enclosing.Piece) {
	for i, p := range pieces {
		if i == 0 {
			out.WriteString(oldName(f))
			out.WriteByte('\n')
		}
		fmt.Fprintf(out, "@@ -%d,%d @@", p.First, p.Len())
		if p.Heading != "" {
			fmt.Fprintf(out, " part of lines %d-%d: %s", p.Of.First, p.Of.Last, p.Heading)
		}
		out.WriteByte('\n')
		out.Write(p.Text)
		if text := p.Text; len(text) > 0 && text[len(text)-1] != '\n' {
			out.WriteByte('\n')
		}
	}
}

// oldName gives the "--- " line of the file's patch.
func oldName(f *FileChange) string {
	headers, _, _ := strings.Cut(f.Patch, "\n@@ -")
	if at := strings.LastIndex(headers, "\n--- "); at >= 0 {
		name, _, _ := strings.Cut(headers[at+1:], "\n")
		return strings.TrimRight(name, "\t\r")
	}
	return "--- a/" + f.OldPath
}

// oldSides gives the old lines of each hunk, and which of them change.
func oldSides(hunks []Hunk) []enclosing.Hunk {
	sides := make([]enclosing.Hunk, 0, len(hunks))
	for i := range hunks {
		sides = append(sides, oldSide(&hunks[i]))
	}
	return sides
}

func oldSide(h *Hunk) enclosing.Hunk {
	first := h.OldStart
	if h.OldLines == 0 {
		first++ // "@@ -5,0": the gap after line 5
	}
	side := enclosing.Hunk{Lines: enclosing.Range{First: first, Last: first + h.OldLines - 1}}
	n := first // the old line that comes next
	inRun := false
	for line := range strings.Lines(h.Text) {
		kind := line[0]
		if kind == '\\' {
			continue
		}
		if kind != '-' && kind != '+' {
			n++
			inRun = false
			continue
		}
		if !inRun {
			side.Runs = append(side.Runs, enclosing.Range{First: n, Last: n - 1})
			inRun = true
		}
		if kind == '-' {
			side.Runs[len(side.Runs)-1].Last = n
			n++
		}
	}
	return side
}
