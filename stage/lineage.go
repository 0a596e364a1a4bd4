package stage

// lineage knows the parents of every commit of a history, by ordinals. It lives
// for the time of a build.
type lineage struct {
	start   []uint32 // parents of commit i: parents[start[i]:start[i+1]]
	parents []uint32
}

// of gives the parents of a commit, as far as the history holds them.
func (l *lineage) of(ordinal uint32) []uint32 {
	return l.parents[l.start[ordinal]:l.start[ordinal+1]]
}

// known tells whether the source has named any parents.
func (l *lineage) known() bool { return len(l.parents) > 0 }

// tips gives the commits that are nobody's parent, in the order of the history.
func (l *lineage) tips() []uint32 {
	parent := make([]bool, len(l.start)-1)
	for _, ordinal := range l.parents {
		parent[ordinal] = true
	}
	var tips []uint32
	for i := range parent {
		if !parent[i] {
			tips = append(tips, uint32(i))
		}
	}
	return tips
}

// tipSet is a set of tips, one bit each. Of more than 64 tips the oldest share
// the last bit.
type tipSet uint64

// reached tells for every commit which tips hold it. A history with one tip, or
// of unknown parents, is that of one: the result is nil, which stands for the
// same set everywhere.
func (l *lineage) reached() []tipSet {
	if !l.known() {
		return nil
	}
	tips := l.tips()
	if len(tips) < 2 {
		return nil
	}
	sets := make([]tipSet, len(l.start)-1)
	for i, tip := range tips {
		sets[tip] = 1 << min(len(tips)-1-i, 63)
	}
	// Children come after their parents.
	for i := len(sets) - 1; i >= 0; i-- {
		for _, parent := range l.of(uint32(i)) {
			sets[parent] |= sets[i]
		}
	}
	return sets
}
