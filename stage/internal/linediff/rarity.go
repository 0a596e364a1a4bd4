package linediff

// rarity sets aside the lines that would not help the search: lines that the
// other text does not hold at all, and lines that it holds so often that they
// say little about place, if they stand among lines of the first kind.
type rarity struct {
	old, new side
}

// side is what the search knows of one text.
type side struct {
	// changed marks the lines of the middle that have no partner.
	changed []bool
	// kept are the classes of the lines that take part in the search, and at
	// their numbers.
	kept []int32
	at   []int32

	weight []weight
}

// weight is what a line's frequency in the other text makes of it.
type weight byte

const (
	absent   weight = iota // the other text does not hold the line
	ordinary               // the line takes part
	frequent               // the line takes part unless it is drowned
)

// frequencyCap is the number of occurrences at which a line counts as frequent
// however long the text is.
const frequencyCap = 1024

// reset weighs the lines of both middles. The counts are those of the whole
// texts, whose common ends hold outside lines.
func (r *rarity) reset(all []class, a, b *text, outside int) {
	r.old.reset(a.class, min(roughRoot(a.lines+outside), frequencyCap), func(c int32) int {
		return int(all[c].inNew + all[c].outside)
	})
	r.new.reset(b.class, min(roughRoot(b.lines+outside), frequencyCap), func(c int32) int {
		return int(all[c].inOld + all[c].outside)
	})
}

func (s *side) reset(lines []int32, limit int, inOther func(class int32) int) {
	s.weight = grow(s.weight, len(lines))
	for i, class := range lines {
		switch n := inOther(class); {
		case n == 0:
			s.weight[i] = absent
		case n < limit:
			s.weight[i] = ordinary
		default:
			s.weight[i] = frequent
		}
	}
	s.changed = grow(s.changed, len(lines))
	s.kept, s.at = s.kept[:0], s.at[:0]
	for i, class := range lines {
		keep := s.weight[i] == ordinary || s.weight[i] == frequent && !s.drowned(i)
		s.changed[i] = !keep
		if keep {
			s.kept = append(s.kept, class)
			s.at = append(s.at, int32(i))
		}
	}
}

// neighbourhood is how many lines to each side decide whether a line is
// drowned.
const neighbourhood = 100

// drowned reports whether line i stands among absent lines: there are some on
// both sides of it before the next ordinary line, and in all more than three
// times as many as frequent ones (where each side counts as one frequent line
// more).
func (s *side) drowned(i int) bool {
	absentBefore, frequentBefore := 0, 1
	for j := i - 1; j >= max(0, i-neighbourhood) && s.weight[j] != ordinary; j-- {
		if s.weight[j] == absent {
			absentBefore++
		} else {
			frequentBefore++
		}
	}
	if absentBefore == 0 {
		return false
	}
	absentAfter, frequentAfter := 0, 1
	for j := i + 1; j <= min(len(s.weight)-1, i+neighbourhood) && s.weight[j] != ordinary; j++ {
		if s.weight[j] == absent {
			absentAfter++
		} else {
			frequentAfter++
		}
	}
	if absentAfter == 0 {
		return false
	}
	return absentBefore+absentAfter > 3*(frequentBefore+frequentAfter)
}

// groups appends the side's changed lines to dst, as groups.
func (s *side) groups(dst []group) []group {
	gap := 0
	for i := 0; i < len(s.changed); {
		if !s.changed[i] {
			gap++
			i++
			continue
		}
		first := i
		for i < len(s.changed) && s.changed[i] {
			i++
		}
		dst = append(dst, group{gap: gap, size: i - first})
	}
	return dst
}

// roughRoot gives a power of two near the square root of n: 2 below 4, 4 below
// 16, 8 below 64, and so on. It is 1 for 0.
func roughRoot(n int) int {
	root := 1
	for ; n > 0; n >>= 2 {
		root <<= 1
	}
	return root
}
