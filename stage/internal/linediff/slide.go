package linediff

// group is a run of changed lines of one text. gap is the number of unchanged
// lines of the middle before it; it is negative after sliding into the common
// start. Unchanged lines are the same on both sides, so groups of both sides
// with the same gap belong to one change.
type group struct {
	gap, size int
}

// wholeGroup appends the group of all lines of a middle that has the given
// number of lines.
func wholeGroup(dst []group, lines int) []group {
	if lines == 0 {
		return dst
	}
	return append(dst, group{gap: 0, size: lines})
}

// slide moves the groups of one text to where they read best, given the groups
// of the other one, and gives the groups that remain. A group can move down by
// a line if its first line equals the line after it, and up likewise. A group
// that meets another one merges with it. Of the places that are left, the last
// one next to a group of the other text is taken, or else the one that
// indentation makes the best.
func slide(t *text, groups, other []group) []group {
	s := slider{t: t, done: groups[:0], ahead: groups, other: other}
	for len(s.ahead) > 0 {
		s.group, s.ahead = s.ahead[0], s.ahead[1:]
		s.settle()
		s.done = append(s.done, s.group)
		s.shift += s.group.size
	}
	return s.done
}

// slider is a group on its way, between those that have found their place and
// those whose turn is yet to come.
type slider struct {
	t     *text
	group group
	shift int // the number of lines in done
	done  []group
	ahead []group
	other []group
	next  int // an index into other, near the group
}

// settle finds the group's place.
func (s *slider) settle() {
	const nowhere = -1 << 62
	var top, aligned int
	for {
		size := s.group.size
		for s.up() {
		}
		top, aligned = s.group.gap, nowhere
		for {
			if s.besideOther() {
				aligned = s.group.gap
			}
			if !s.down() {
				break
			}
		}
		if s.group.size == size {
			break
		}
	}
	switch {
	case s.group.gap == top:
	case aligned != nowhere:
		s.group.gap = aligned
	default:
		s.group.gap = bestGap(s.t, s.group, s.shift, top)
	}
}

// up moves the group up by a line if it can.
func (s *slider) up() bool {
	first := s.group.gap + s.shift
	if !s.t.exists(first-1) || !s.t.equal(first-1, first+s.group.size-1) {
		return false
	}
	s.group.gap--
	if n := len(s.done); n > 0 && s.done[n-1].gap == s.group.gap {
		s.group.size += s.done[n-1].size
		s.shift -= s.done[n-1].size
		s.done = s.done[:n-1]
	}
	return true
}

// down moves the group down by a line if it can.
func (s *slider) down() bool {
	first := s.group.gap + s.shift
	if !s.t.exists(first+s.group.size) || !s.t.equal(first, first+s.group.size) {
		return false
	}
	s.group.gap++
	if len(s.ahead) > 0 && s.ahead[0].gap == s.group.gap {
		s.group.size += s.ahead[0].size
		s.ahead = s.ahead[1:]
	}
	return true
}

// besideOther reports whether the other text has a group at this place.
func (s *slider) besideOther() bool {
	for s.next < len(s.other) && s.other[s.next].gap < s.group.gap {
		s.next++
	}
	for s.next > 0 && s.other[s.next-1].gap >= s.group.gap {
		s.next--
	}
	return s.next < len(s.other) && s.other[s.next].gap == s.group.gap
}
