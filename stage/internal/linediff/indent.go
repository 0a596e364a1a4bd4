package linediff

// The indent heuristic: a group of changed lines that could stand in several
// places is put where its ends are good places to split the text, judged by
// indentation and blank lines. The weights were fitted by Michael Haggerty to
// human judgement of thousands of diffs, and are part of what git's output is.
const (
	atStartOfFile = 1
	atEndOfFile   = 21

	perBlank      = -30
	perBlankAfter = 6

	indentMore           = -4
	indentMoreWithBlank  = 10
	indentLess           = 24 // less than the line before and than the line after
	indentLessWithBlank  = 17
	indentClose          = 23 // less than the line before, not than the line after
	indentCloseWithBlank = 17

	// perIndent is what a deeper indentation costs against all of the above.
	perIndent = 60
)

const (
	// furthestSlide is how many places are considered, at most.
	furthestSlide = 100
	// deepestIndent is where counting of columns ends.
	deepestIndent = 200
	// mostBlanks is where the search for a line that is not blank ends.
	mostBlanks = 20
	// blank is the indentation of a line without text, and of no line at all.
	blank = -1
)

// splitScore tells how bad it is to split the text at a place.
type splitScore struct {
	indent, penalty int
}

// betterOrEqual reports whether s is as good as other or better. A deeper
// indentation counts once, however much deeper it is.
func (s splitScore) betterOrEqual(other splitScore) bool {
	difference := s.penalty - other.penalty
	switch {
	case s.indent > other.indent:
		difference += perIndent
	case s.indent < other.indent:
		difference -= perIndent
	}
	return difference <= 0
}

// bestGap gives the best place for a group that can stand anywhere from gap top
// to where it is. Of equal ones, the last is the best.
func bestGap(t *text, g group, shift, top int) int {
	best, bestScore := top, splitScore{}
	// Going up by more than the group's own length gives the same cuts again.
	from := max(top, g.gap-g.size-1, g.gap-furthestSlide)
	for gap := from; gap <= g.gap; gap++ {
		var score splitScore
		score.addSplit(t, gap+shift+g.size)
		score.addSplit(t, gap+shift)
		if gap == from || score.betterOrEqual(bestScore) {
			best, bestScore = gap, score
		}
	}
	return best
}

// addSplit adds the score of a split before line at.
func (s *splitScore) addSplit(t *text, at int) {
	atEnd := !t.exists(at)
	indent := blank
	if !atEnd {
		indent = indentation(t.line(at))
	}
	blanksBefore, indentBefore := lookAround(t, at-1, -1)
	blanksAfter, indentAfter := lookAround(t, at+1, +1)

	if indentBefore == blank && blanksBefore == 0 {
		s.penalty += atStartOfFile
	}
	if atEnd {
		s.penalty += atEndOfFile
	}
	after := 0
	if indent == blank {
		after = 1 + blanksAfter
		indent = indentAfter
	}
	blanks := blanksBefore + after
	s.penalty += perBlank*blanks + perBlankAfter*after
	s.indent += indent

	weigh := func(plain, withBlank int) {
		if blanks > 0 {
			plain = withBlank
		}
		s.penalty += plain
	}
	switch {
	case indent == blank || indentBefore == blank || indent == indentBefore:
	case indent > indentBefore:
		weigh(indentMore, indentMoreWithBlank)
	case indentAfter != blank && indentAfter > indent:
		weigh(indentLess, indentLessWithBlank)
	default:
		weigh(indentClose, indentCloseWithBlank)
	}
}

// lookAround goes from a line up or down to the first one with text, and gives
// the number of blank lines on the way and the indentation found: blank if the
// text ends before, 0 if there are too many blank lines.
func lookAround(t *text, line, step int) (blanks, indent int) {
	for ; t.exists(line); line += step {
		if indent := indentation(t.line(line)); indent != blank {
			return blanks, indent
		}
		blanks++
		if blanks == mostBlanks {
			return blanks, 0
		}
	}
	return blanks, blank
}

// indentation gives the width of the white space before a line's text, with a
// tab stop every eight columns, or blank.
func indentation(line []byte) int {
	width := 0
	for _, c := range line {
		switch c {
		case ' ':
			width++
		case '\t':
			width += 8 - width%8
		case '\n', '\r':
		default:
			return width
		}
		if width >= deepestIndent {
			return deepestIndent
		}
	}
	return blank
}
