package stage

// settleStates finds the state of every commit at the end of the history. What
// happens to a commit happens after it: so, from the youngest to the oldest, it
// is known of each revert whether it is itself in effect.
//
// A history may have several tips, such as a main branch and a stable one, and
// a revert counts on those that hold it. A commit is [Reverted] where every tip
// that holds it has reverted it. What happens to a merge happens to the commits
// that it brought in.
func (b *historyBuilder) settleStates() {
	x := &b.index
	x.states = make([]State, len(x.hashes))
	if !b.anyReverts() {
		return
	}
	settling := settling{index: x, reached: b.lineage.reached(), fates: map[uint32]fate{}, merges: map[uint32][]uint32{}}
	for i := len(x.hashes) - 1; i >= 0; i-- {
		ordinal := uint32(i)
		f := settling.fate(ordinal)
		if f.once == 0 {
			continue
		}
		settling.fates[ordinal] = f
		held := settling.holds(ordinal)
		switch {
		case held&^f.undone == 0:
			x.states[i] = Reverted
		case held&f.once&^f.undone != 0:
			x.states[i] = Reapplied
		}
		for _, brought := range b.lineage.brought(ordinal) {
			settling.merges[brought] = append(settling.merges[brought], ordinal)
		}
	}
}

// settling is the work on the states, from the youngest commit to the oldest.
type settling struct {
	index   *historyIndex
	reached []tipSet
	fates   map[uint32]fate     // of the commits that were ever reverted
	merges  map[uint32][]uint32 // by commit, the merges with a fate that brought it
}

// fate is what happened to a commit: the tips at which it was reverted once,
// those at which it is at the end, and the commit that had the last word.
type fate struct {
	once, undone tipSet
	last         uint32
}

// holds gives the tips that hold the commit.
func (s *settling) holds(ordinal uint32) tipSet {
	if s.reached == nil {
		return 1
	}
	return s.reached[ordinal]
}

// fate finds what happened to a commit, by what is known of those after it.
func (s *settling) fate(ordinal uint32) fate {
	var f fate
	for _, merge := range s.merges[ordinal] {
		other := s.fates[merge]
		f.once, f.undone, f.last = f.once|other.once, f.undone|other.undone, max(f.last, other.last)
	}
	shared := f.last // what befell the commit alone after that counts more
	for _, e := range s.index.later(ordinal) {
		if e.marks&markPartial != 0 || e.commit <= ordinal {
			continue
		}
		where := s.holds(e.commit)
		inEffect := where &^ s.fates[e.commit].undone
		switch {
		case e.kind == edgeReverts+1:
			f.once |= where
			f.undone |= inEffect
		case e.kind == edgeReapplies+1 && e.commit > shared:
			f.undone &^= inEffect
		default:
			continue
		}
		f.last = max(f.last, e.commit)
	}
	return f
}

// later gives what other commits say of this one, in the order of the history.
func (x *historyIndex) later(ordinal uint32) []edge {
	in := x.in.of(ordinal)
	if x.same.start == nil {
		return in
	}
	same := x.same.of(ordinal)
	if len(same) == 0 {
		return in
	}
	events := append(append(make([]edge, 0, len(in)+len(same)), in...), same...)
	sortByCommit(events)
	return events
}

func (b *historyBuilder) anyReverts() bool {
	for _, e := range b.index.out.edges {
		if e.kind == edgeReverts && e.reason == edgeResolved {
			return true
		}
	}
	return false
}

// measureDepths finds how long the chains of fixes are that end in each commit.
func (b *historyBuilder) measureDepths() {
	x := &b.index
	x.depths = make([]uint8, len(x.hashes))
	for i := range x.depths {
		for _, e := range x.out.of(uint32(i)) {
			// What a fix mends comes before it; where parallel branches are
			// listed the other way round, the chain ends.
			if e.kind == edgeFixes && e.reason == edgeResolved {
				depth := uint8(1)
				if e.commit < uint32(i) && x.depths[e.commit] < maxFixDepth {
					depth = x.depths[e.commit] + 1
				} else if e.commit < uint32(i) {
					depth = maxFixDepth
				}
				x.depths[i] = max(x.depths[i], depth)
			}
		}
	}
}

// maxFixDepth is the longest chain that is told from a longer one.
const maxFixDepth = 255
