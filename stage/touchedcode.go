package stage

import "strings"

// Instruction gives the subject, an empty line, and the body without the
// trailers that name people or hold a tool's identifier: what a reader has to
// know of the message, see [Dataset].
func (c *Commit) Instruction() string { return instruction(c) }

// TouchedCode gives the functions and other units in which the file's lines
// change, as they were before, one text each, in the form that [Dataset]
// describes: the "@@" line and the code. A unit longer than maxLines is shown
// only near its hunks; 0 means 400. A new file and a submodule have none.
//
// An error that wraps [ErrNoContents] means that a [DiffParser] with Contents
// has to come first.
func TouchedCode(f *FileChange, maxLines int) ([]string, error) {
	if maxLines == 0 {
		maxLines = defaultMaxUnitLines
	}
	w := inputWriters.Get().(*inputWriter)
	defer w.release()
	if err := w.add(f, maxLines); err != nil {
		return nil, err
	}
	texts := make([]string, len(w.pieces))
	for i := range w.pieces {
		var text strings.Builder
		writePiece(&text, &w.pieces[i])
		texts[i] = text.String()
	}
	return texts, nil
}
