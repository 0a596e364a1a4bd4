package linediff

import "math"

// search finds a shortest edit script between the kept lines of both sides, in
// linear space: it looks for a point in the middle of a shortest path through
// the edit graph, from both ends at once, and then does the same for the two
// halves (Myers 1986, section 4b). Diagonal d holds the points whose old index
// is d more than the new one.
//
// Texts with little in common would cost too much. So two limits end the search
// for a middle before it is known to lie on a shortest path: a long run of
// equal lines after many steps, and a number of steps that grows with the root
// of the text's length.
type search struct {
	old, new *side
	a, b     []int32 // the classes of the kept lines

	// forward[zero+d] is the old index of the furthest point that was reached
	// on diagonal d from the start; backward the same from the end.
	forward, backward []int32
	zero              int
	stepLimit         int
}

const (
	// minStepLimit is the least number of steps after which the search for a
	// middle gives up.
	minStepLimit = 256
	// patience is the number of steps after which a long run of equal lines is
	// good enough.
	patience = 256
	// longRun is the number of equal lines that make a run a long one.
	longRun = 20
	// progress is how many lines per step a path must have come forward to be
	// good enough.
	progress = 4
)

// box is a part of the edit graph: old[aLo:aHi] against new[bLo:bHi].
type box struct {
	aLo, aHi, bLo, bHi int
}

// cut is a point that divides a box. The path on the side for which exact is
// set is known to be a shortest one, so that the limits need not end the search
// there.
type cut struct {
	a, b                    int
	exactBefore, exactAfter bool
}

// run marks the changed ones among the kept lines of both sides.
func (s *search) run(old, new *side) {
	s.old, s.new = old, new
	s.a, s.b = old.kept, new.kept
	diagonals := len(s.a) + len(s.b) + 3
	s.forward = grow(s.forward, diagonals)
	s.backward = grow(s.backward, diagonals)
	s.zero = len(s.b) + 1
	s.stepLimit = max(roughRoot(diagonals), minStepLimit)
	s.compare(box{0, len(s.a), 0, len(s.b)}, false)
}

// compare marks the changed lines of a box.
func (s *search) compare(r box, exact bool) {
	for {
		for r.aLo < r.aHi && r.bLo < r.bHi && s.a[r.aLo] == s.b[r.bLo] {
			r.aLo++
			r.bLo++
		}
		for r.aLo < r.aHi && r.bLo < r.bHi && s.a[r.aHi-1] == s.b[r.bHi-1] {
			r.aHi--
			r.bHi--
		}
		if r.aLo == r.aHi || r.bLo == r.bHi {
			s.old.mark(r.aLo, r.aHi)
			s.new.mark(r.bLo, r.bHi)
			return
		}
		c := s.divide(r, exact)
		s.compare(box{r.aLo, c.a, r.bLo, c.b}, c.exactBefore)
		r.aLo, r.bLo, exact = c.a, c.b, c.exactAfter
	}
}

// mark marks kept lines as changed.
func (s *side) mark(lo, hi int) {
	for _, line := range s.at[lo:hi] {
		s.changed[line] = true
	}
}

// divide finds the point at which to divide a box that has lines on both sides
// and no equal ones at its corners.
func (s *search) divide(r box, exact bool) cut {
	const unreached = math.MaxInt32
	a, b := s.a, s.b
	forward, backward, zero := s.forward, s.backward, s.zero
	// The diagonals of the box, and those of its corners.
	lowest, highest := r.aLo-r.bHi, r.aHi-r.bLo
	first, last := r.aLo-r.bLo, r.aHi-r.bHi
	odd := (first-last)&1 != 0
	forwardLo, forwardHi := first, first
	backwardLo, backwardHi := last, last
	forward[zero+first] = int32(r.aLo)
	backward[zero+last] = int32(r.aHi)

	for step := 1; ; step++ {
		sawLongRun := false

		if forwardLo > lowest {
			forwardLo--
			forward[zero+forwardLo-1] = -1
		} else {
			forwardLo++
		}
		if forwardHi < highest {
			forwardHi++
			forward[zero+forwardHi+1] = -1
		} else {
			forwardHi--
		}
		above := forward[zero+forwardHi+1]
		for d := forwardHi; d >= forwardLo; d -= 2 {
			below := forward[zero+d-1]
			i := int(max(below+1, above))
			above = below
			if limit := min(r.aHi, r.bHi+d); i < limit && a[i] == b[i-d] {
				run := runForward(a[i:limit], b[i-d:limit-d])
				sawLongRun = sawLongRun || run > longRun
				i += run
			}
			forward[zero+d] = int32(i)
			if odd && backwardLo <= d && d <= backwardHi && int(backward[zero+d]) <= i {
				return cut{a: i, b: i - d, exactBefore: true, exactAfter: true}
			}
		}

		if backwardLo > lowest {
			backwardLo--
			backward[zero+backwardLo-1] = unreached
		} else {
			backwardLo++
		}
		if backwardHi < highest {
			backwardHi++
			backward[zero+backwardHi+1] = unreached
		} else {
			backwardHi--
		}
		above = backward[zero+backwardHi+1]
		for d := backwardHi; d >= backwardLo; d -= 2 {
			below := backward[zero+d-1]
			i := int(min(below, above-1))
			above = below
			if limit := max(r.aLo, r.bLo+d); i > limit && a[i-1] == b[i-d-1] {
				run := runBackward(a[limit:i], b[limit-d:i-d])
				sawLongRun = sawLongRun || run > longRun
				i -= run
			}
			backward[zero+d] = int32(i)
			if !odd && forwardLo <= d && d <= forwardHi && i <= int(forward[zero+d]) {
				return cut{a: i, b: i - d, exactBefore: true, exactAfter: true}
			}
		}

		if exact {
			continue
		}
		if sawLongRun && step > patience {
			if c, ok := s.goodStart(r, step, forwardLo, forwardHi); ok {
				return c
			}
			if c, ok := s.goodEnd(r, step, backwardLo, backwardHi); ok {
				return c
			}
		}
		if step >= s.stepLimit {
			return s.furthest(r, forwardLo, forwardHi, backwardLo, backwardHi)
		}
	}
}

// runForward gives the number of lines that are equal at the start of two runs
// of the same length.
func runForward(a, b []int32) int {
	b = b[:len(a)]
	n := 0
	for n < len(a) && a[n] == b[n] {
		n++
	}
	return n
}

// runBackward gives the number of lines that are equal at the end of two runs
// of the same length.
func runBackward(a, b []int32) int {
	b = b[:len(a)]
	n := len(a)
	for n > 0 && a[n-1] == b[n-1] {
		n--
	}
	return len(a) - n
}

// goodStart looks among the forward paths for the one that has come furthest,
// if it has come far for its steps and ends in a long run of equal lines.
func (s *search) goodStart(r box, step, lo, hi int) (cut, bool) {
	var found cut
	best := 0
	for d := hi; d >= lo; d -= 2 {
		i := int(s.forward[s.zero+d])
		j := i - d
		gain := (i - r.aLo) + (j - r.bLo) - distance(d, r.aLo-r.bLo)
		if gain <= progress*step || gain <= best ||
			i < r.aLo+longRun || i >= r.aHi || j < r.bLo+longRun || j >= r.bHi {
			continue
		}
		if runForward(s.a[i-longRun:i], s.b[j-longRun:j]) == longRun {
			best = gain
			found = cut{a: i, b: j, exactBefore: true}
		}
	}
	return found, best > 0
}

// goodEnd is goodStart for the backward paths.
func (s *search) goodEnd(r box, step, lo, hi int) (cut, bool) {
	var found cut
	best := 0
	for d := hi; d >= lo; d -= 2 {
		i := int(s.backward[s.zero+d])
		j := i - d
		gain := (r.aHi - i) + (r.bHi - j) - distance(d, r.aHi-r.bHi)
		if gain <= progress*step || gain <= best ||
			i <= r.aLo || i > r.aHi-longRun || j <= r.bLo || j > r.bHi-longRun {
			continue
		}
		if runForward(s.a[i:i+longRun], s.b[j:j+longRun]) == longRun {
			best = gain
			found = cut{a: i, b: j, exactAfter: true}
		}
	}
	return found, best > 0
}

// furthest gives up on a shortest path and takes the end of the path that has
// come furthest, forward or backward.
func (s *search) furthest(r box, forwardLo, forwardHi, backwardLo, backwardHi int) cut {
	forwardSum, forwardAt := -1, -1
	for d := forwardHi; d >= forwardLo; d -= 2 {
		i := min(int(s.forward[s.zero+d]), r.aHi)
		i = min(i, r.bHi+d)
		if sum := i + i - d; sum > forwardSum {
			forwardSum, forwardAt = sum, i
		}
	}
	backwardSum, backwardAt := math.MaxInt, 0
	for d := backwardHi; d >= backwardLo; d -= 2 {
		i := max(int(s.backward[s.zero+d]), r.aLo)
		i = max(i, r.bLo+d)
		if sum := i + i - d; sum < backwardSum {
			backwardSum, backwardAt = sum, i
		}
	}
	if r.aHi+r.bHi-backwardSum < forwardSum-(r.aLo+r.bLo) {
		return cut{a: forwardAt, b: forwardSum - forwardAt, exactBefore: true}
	}
	return cut{a: backwardAt, b: backwardSum - backwardAt, exactAfter: true}
}

// distance gives how far apart two diagonals are.
func distance(d, e int) int {
	if d > e {
		return d - e
	}
	return e - d
}
