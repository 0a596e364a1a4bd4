package linediff

// plain marks the changed lines of both sides and reports true if the diff is
// plain to see: those lines between the common ends that occur on both sides
// are the same sequence there, so that all of them are partners and all others
// changed. Whether the common ends hold some of the changed lines, which
// decides what the search would see, makes no difference then: the shortest
// edit script is the only one. What it takes is that no shared line is set
// aside as frequent, and that the search would not be given up.
func (d *Differ) plain(unsharedOld, unsharedNew int) bool {
	// The two paths of the search need at most half as many steps as there
	// are changed lines.
	if unsharedOld+unsharedNew >= 2*min(minStepLimit, patience)-1 {
		return false
	}
	old, new := &d.old, &d.new
	old.changed = grow(old.changed, d.before.lines)
	new.changed = grow(new.changed, d.after.lines)
	counts := d.classes.counts
	j := 0
	for i, class := range d.before.class {
		old.changed[i] = counts[class].new == 0
		if old.changed[i] {
			continue
		}
		for j < len(new.changed) && d.after.class[j] == unshared {
			new.changed[j] = true
			j++
		}
		if j == len(new.changed) || d.after.class[j] != class {
			return false
		}
		new.changed[j] = false
		j++
	}
	for ; j < len(new.changed); j++ {
		if d.after.class[j] != unshared {
			return false
		}
		new.changed[j] = true
	}
	return (unsharedOld <= mostHarmless || !old.mayDrown()) && (unsharedNew <= mostHarmless || !new.mayDrown())
}

// mayDrown reports whether it might make a difference how often lines occur outside
// that both middles hold. A changed line, too, is set aside as frequent only if a run of
// lines around it has more than three times as many absent lines as others, see
// [side.drowned]; if such a run has an unchanged line in it or next to it, this one has
// a run of that kind around it as well. So it is enough to look at unchanged lines.
func (d *Differ) mayDrown(unsharedOld, unsharedNew int) bool {
	counts := d.classes.counts
	if old := &d.old; unsharedOld > mostHarmless {
		old.changed = grow(old.changed, d.before.lines)
		for i, class := range d.before.class {
			old.changed[i] = counts[class].new == 0
		}
		if old.mayDrown() {
			return true
		}
	}
	if new := &d.new; unsharedNew > mostHarmless {
		new.changed = grow(new.changed, d.after.lines)
		for i, class := range d.after.class {
			new.changed[i] = counts[class].old == 0
		}
		if new.mayDrown() {
			return true
		}
	}
	return false
}

// mostHarmless is the number of changed lines that cannot drown another line,
// see [side.drowned].
const mostHarmless = 6

// mayDrown reports whether an unchanged line might be set aside as frequent,
// whatever the number of its occurrences: whether there is a run of lines around
// it with more than three times as many changed lines as others.
func (s *side) mayDrown() bool {
	// If a changed line weighs 1 and another one -3, after[i] is the most that
	// a run of lines from i on can weigh. (s.at is free until the search.)
	s.at = grow(s.at, len(s.changed)+1)
	after := s.at
	after[len(s.changed)] = 0
	for i := len(s.changed) - 1; i >= 0; i-- {
		after[i] = max(0, after[i+1]+runWeight(s.changed[i]))
	}
	before := int32(0)
	for i, changed := range s.changed {
		if !changed && before+after[i+1] > mostHarmless {
			return true
		}
		before = max(0, before+runWeight(changed))
	}
	return false
}

func runWeight(changed bool) int32 {
	if changed {
		return 1
	}
	return -3
}
