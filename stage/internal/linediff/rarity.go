package linediff

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

// frequencyLimit gives the number of occurrences in the other text that make a
// line a frequent one, in a text of that many lines.
func frequencyLimit(lines int) int32 { return int32(min(roughRoot(lines), frequencyCap)) }

// setAside leaves those lines out of the search that would not help it: lines
// that the other text does not hold at all, and lines that it holds so often
// that they say little about place, if they stand among lines of the first
// kind. weights are those of the classes.
func (s *side) setAside(lines []int32, weights []weight) {
	s.weight = grow(s.weight, len(lines))
	for i, class := range lines {
		s.weight[i] = weights[class]
	}
	s.changed = grow(s.changed, len(lines))
	s.kept, s.at = grow(s.kept, len(lines)), grow(s.at, len(lines))
	n := 0
	for i, weight := range s.weight {
		keep := weight == ordinary || weight == frequent && !s.drowned(i)
		s.changed[i] = !keep
		if keep {
			s.kept[n], s.at[n] = lines[i], int32(i)
			n++
		}
	}
	s.kept, s.at = s.kept[:n], s.at[:n]
}

// weigh gives a line its weight.
func weigh(occurrences, limit int32) weight {
	switch {
	case occurrences == 0:
		return absent
	case occurrences < limit:
		return ordinary
	default:
		return frequent
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
