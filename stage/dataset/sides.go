package dataset

import (
	"fmt"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/internal/enclosing"
)

// sides are the two contents of a file that a patch changes, line by line.
type sides struct {
	before, after lineIndex
	hunks         []stage.Hunk
}

// newSides reads the contents of a file. Submodules have none.
func newSides(f *stage.FileChange) (*sides, error) {
	for _, side := range []struct {
		mode    stage.FileMode
		content []byte
		path    string
		name    string
	}{{f.OldMode, f.Before, f.OldPath, "before"}, {f.NewMode, f.After, f.NewPath, "after"}} {
		if side.path != "" && side.content == nil && side.mode.Type() != stage.ModeSubmodule && len(f.Hunks) > 0 && !emptied(f, side.name == "after") {
			return nil, fmt.Errorf("%s: %s the change: %w", side.path, side.name, ErrNoContents)
		}
	}
	return &sides{newLineIndex(f.Before), newLineIndex(f.After), f.Hunks}, nil
}

// emptied tells that a side of the file has no lines: its content may be nil.
func emptied(f *stage.FileChange, after bool) bool {
	if len(f.Hunks) != 1 {
		return false
	}
	if after {
		return f.Hunks[0].NewLines == 0 && f.Hunks[0].NewStart == 0
	}
	return f.Hunks[0].OldLines == 0 && f.Hunks[0].OldStart == 0
}

// newRange gives where a range of old lines is after the change. No hunk may lie
// partly in the range.
func (s *sides) newRange(old enclosing.Range) enclosing.Range {
	first, last := old.First, old.Last
	for i := range s.hunks {
		h := &s.hunks[i]
		lines := oldLines(h)
		grown := h.NewLines - h.OldLines
		switch {
		case lines.Last < old.First && lines.First < old.First: // before it
			first, last = first+grown, last+grown
		case lines.First <= old.Last+1: // in it
			last += grown
		}
	}
	return enclosing.Range{First: first, Last: last}
}

// lineIndex gives ranges of the lines of a text.
type lineIndex struct {
	text   []byte
	starts []int // of each line
}

func newLineIndex(text []byte) lineIndex {
	x := lineIndex{text: text}
	for at := 0; at < len(text); {
		x.starts = append(x.starts, at)
		at += offsetOf(text[at:], 1)
	}
	return x
}

func (x *lineIndex) len() int { return len(x.starts) }

// lines gives the text of a range, as far as there are such lines.
func (x *lineIndex) lines(r enclosing.Range) []byte {
	return x.text[x.start(r.First):x.start(max(r.Last+1, r.First))]
}

func (x *lineIndex) start(line int) int {
	switch {
	case line < 1:
		return 0
	case line > len(x.starts):
		return len(x.text)
	}
	return x.starts[line-1]
}
