package dataset

import (
	"cmp"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// TouchedCode gives the functions and other units in which the file's lines
// change, as they were before, one text each, in the form that [Standard]
// describes: the "@@" line and the code. A unit longer than maxLines is shown
// only near its hunks; 0 means 400. A new file and a submodule have none.
//
// An error that wraps [ErrNoContents] means that a [stage.DiffParser] with Contents
// has to come first.
func TouchedCode(f *stage.FileChange, maxLines int) ([]string, error) {
	w := inputWriters.Get().(*inputWriter)
	defer w.release()
	if err := w.add(f, cmp.Or(maxLines, defaultMaxUnitLines)); err != nil {
		return nil, err
	}
	texts := make([]string, len(w.pieces))
	for i := range w.pieces {
		var text strings.Builder
		writePiece(&text, '-', &w.pieces[i])
		texts[i] = text.String()
	}
	return texts, nil
}
