package stage

// settleStates finds the state of every commit at the end of the history. What
// happens to a commit happens after it: so, from the youngest to the oldest, it
// is known of each revert whether it is itself in effect.
//
// A history may have several tips, such as a main branch and a stable one, and
// a revert counts on those that hold it. A commit is [Reverted] where every tip
// that holds it has reverted it.
func (b *historyBuilder) settleStates() {
	x := &b.index
	x.states = make([]State, len(x.hashes))
	if !b.anyReverts() {
		return
	}
	reached := b.lineage.reached()
	holds := func(ordinal uint32) tipSet {
		if reached == nil {
			return 1
		}
		return reached[ordinal]
	}
	undone := map[uint32]tipSet{} // the tips at which a commit is reverted
	for i := len(x.hashes) - 1; i >= 0; i-- {
		ordinal := uint32(i)
		var once, now tipSet
		for _, e := range x.later(ordinal) {
			if e.marks&markPartial != 0 || e.commit <= ordinal {
				continue
			}
			where := holds(e.commit)
			inEffect := where &^ undone[e.commit]
			switch e.kind {
			case edgeReverts + 1:
				once |= where
				now |= inEffect
			case edgeReapplies + 1:
				now &^= inEffect
			}
		}
		held := holds(ordinal)
		switch {
		case once&held == 0:
		case held&^now == 0:
			x.states[i] = Reverted
		case held&once&^now != 0:
			x.states[i] = Reapplied
		}
		if now != 0 {
			undone[ordinal] = now
		}
	}
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
