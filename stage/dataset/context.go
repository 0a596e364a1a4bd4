package dataset

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/internal/enclosing"
)

var inputWriters = sync.Pool{New: func() any { return new(inputWriter) }}

// inputWriter collects what the input of a row shows and writes it when its size
// is known: the pieces share the memory of the contents until then.
type inputWriter struct {
	finder enclosing.Finder
	files  []shownFile
	pieces []enclosing.Piece // of all files
	size   int               // about what the text takes, rather more

	// The old side of the file at hand.
	hunks []enclosing.Hunk
	runs  []enclosing.Range
}

// shownFile is a file that the input shows.
type shownFile struct {
	change *stage.FileChange
	name   string // the "--- " line of its patch
	pieces int    // where its pieces end
}

// maxKeptPieces keeps what one huge commit needs from staying in memory for good.
const maxKeptPieces = 1 << 12

// release puts the writer back into the pool, without the contents.
func (w *inputWriter) release() {
	if cap(w.pieces) > maxKeptPieces || cap(w.runs) > maxKeptPieces {
		return
	}
	w.finder.Release()
	clear(w.files)
	clear(w.pieces)
	w.files, w.pieces, w.size = w.files[:0], w.pieces[:0], 0
	inputWriters.Put(w)
}

// add takes in a file.
func (w *inputWriter) add(f *stage.FileChange, maxLines int) error {
	first := len(w.pieces)
	switch {
	case f.OldPath == "" || len(f.Hunks) == 0: // a new file has no code before
		return nil
	case f.OldMode.Type() == stage.ModeSubmodule:
		w.size += submoduleBytes
	case f.Before == nil && hasOldLines(f.Hunks):
		return fmt.Errorf("%s: before the change: %w", f.OldPath, ErrNoContents)
	default:
		w.setOldSides(f.Hunks)
		w.pieces = w.finder.Append(w.pieces, f.OldPath, f.Before, w.hunks, maxLines)
		if first == len(w.pieces) {
			return nil
		}
	}
	for _, p := range w.pieces[first:] {
		w.size += len(p.Text) + len(p.Heading) + pieceBytes
	}
	shown := shownFile{change: f, name: oldName(f), pieces: len(w.pieces)}
	w.files = append(w.files, shown)
	w.size += len(shown.name) + len("\n")
	return nil
}

func hasOldLines(hunks []stage.Hunk) bool {
	for i := range hunks {
		if hunks[i].OldLines > 0 {
			return true
		}
	}
	return false
}

// What a submodule and a piece take, text and heading apart: the words and the
// numbers.
const (
	submoduleBytes = len("@@ -1,1 @@\nSubproject commit \n") + 2*len(stage.Hash{})
	pieceBytes     = len("@@ -, @@ part of lines -: \n\n") + 4*len("123456")
)

// text gives what was collected.
func (w *inputWriter) text() string {
	var out strings.Builder
	out.Grow(w.size)
	pieces := 0
	for i := range w.files {
		f := &w.files[i]
		f.writeName(&out)
		for ; pieces < f.pieces; pieces++ {
			writePiece(&out, '-', &w.pieces[pieces])
		}
	}
	return out.String()
}

// appendTooLong lists the units of which only a part is shown for their length.
func (w *inputWriter) appendTooLong(list []LeftOut) []LeftOut {
	pieces := 0
	for i := range w.files {
		f := &w.files[i]
		for ; pieces < f.pieces; pieces++ {
			if of := w.pieces[pieces].Of; of != (enclosing.Range{}) {
				list = append(list, LeftOut{Path: f.change.OldPath, First: of.First, Last: of.Last})
			}
		}
	}
	return list
}

// writeName writes the line that names the file. A submodule has no lines but the
// one that its patch shows, and no object in the repository.
func (f *shownFile) writeName(out *strings.Builder) {
	out.WriteString(f.name)
	out.WriteByte('\n')
	if f.change.OldMode.Type() == stage.ModeSubmodule {
		fmt.Fprintf(out, "@@ -1,1 @@\nSubproject commit %s\n", f.change.OldID)
	}
}

// writePiece writes a piece of the old ('-') or the new ('+') side.
func writePiece(out *strings.Builder, side byte, p *enclosing.Piece) {
	var space [64]byte
	at := append(space[:0], "@@ "...)
	at = append(at, side)
	at = strconv.AppendInt(at, int64(p.First), 10)
	at = append(at, ',')
	at = strconv.AppendInt(at, int64(p.Len()), 10)
	out.Write(append(at, " @@"...))
	if p.Heading != "" {
		fmt.Fprintf(out, " part of lines %d-%d: %s", p.Of.First, p.Of.Last, p.Heading)
	}
	out.WriteByte('\n')
	out.Write(p.Text)
	if text := p.Text; len(text) > 0 && text[len(text)-1] != '\n' {
		out.WriteByte('\n')
	}
}

// oldName gives the "--- " line of the file's patch.
func oldName(f *stage.FileChange) string {
	headers, _, _ := strings.Cut(f.Patch, "\n@@ -")
	for {
		at := strings.LastIndexByte(headers, '\n')
		if at < 0 {
			return "--- a/" + f.OldPath
		}
		if line := headers[at+1:]; strings.HasPrefix(line, "--- ") {
			return strings.TrimRight(line, "\t\r")
		}
		headers = headers[:at]
	}
}

// setOldSides notes the old lines of each hunk, and which of them change.
func (w *inputWriter) setOldSides(hunks []stage.Hunk) {
	w.hunks, w.runs = w.hunks[:0], w.runs[:0]
	for i := range hunks {
		from := len(w.runs)
		var lines enclosing.Range
		lines, w.runs = appendOldSide(w.runs, &hunks[i])
		w.hunks = append(w.hunks, enclosing.Hunk{Lines: lines, Runs: w.runs[from:len(w.runs):len(w.runs)]})
	}
}

// oldLines gives the old lines of a hunk: a gap if it has none.
func oldLines(h *stage.Hunk) enclosing.Range {
	first := h.OldStart
	if h.OldLines == 0 {
		first++ // "@@ -5,0": the gap after line 5
	}
	return enclosing.Range{First: first, Last: first + h.OldLines - 1}
}

// appendOldSide gives the old lines of a hunk, and appends the runs of those that
// are removed and the gaps where lines are only added.
func appendOldSide(runs []enclosing.Range, h *stage.Hunk) (enclosing.Range, []enclosing.Range) {
	lines := oldLines(h)
	if h.OldLines == 0 || h.NewLines == 0 {
		return lines, append(runs, lines) // all of it is one run
	}
	n := lines.First // the old line that comes next
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
			runs = append(runs, enclosing.Range{First: n, Last: n - 1})
			inRun = true
		}
		if kind == '-' {
			runs[len(runs)-1].Last = n
			n++
		}
	}
	return lines, runs
}
