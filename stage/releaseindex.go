package stage

import (
	"math/bits"
	"slices"
	"unsafe"
)

// releaseIndex counts the releases that have a bug without its fix. It takes 2
// bytes per commit, and for each release two bits for every other one.
//
// The tips of the history count as releases to come, so that commits which no
// release holds yet have a place too.
type releaseIndex struct {
	// first is, by ordinal, the first release that holds the commit, from 1; 0
	// where none does.
	first []uint16
	// past holds, by release, the set of releases that it is built on, itself
	// included.
	past []releaseSet
	// future holds, by release, the set of releases that are built on it, itself
	// included.
	future []releaseSet
	// made tells which are releases rather than tips.
	made releaseSet
}

// releaseSet is a set of releases, a bit for each.
type releaseSet []uint64

func (s releaseSet) has(release uint16) bool { return s[release/64]&(1<<(release%64)) != 0 }

func (s releaseSet) add(release int) { s[release/64] |= 1 << (release % 64) }

// What an index of releases may cost; a history beyond that has none.
const (
	maxReleases     = 8192
	maxReleaseBytes = 64 << 20
)

func (x *releaseIndex) size() int {
	size := 2 * cap(x.first)
	for _, sets := range [][]releaseSet{x.past, x.future} {
		size += cap(sets) * int(unsafe.Sizeof(releaseSet{}))
		for _, set := range sets {
			size += 8 * cap(set)
		}
	}
	return size
}

// between counts the releases that hold the bug and not the fix: those on the
// way to the first one that holds the fix. It gives 0 for a nil index.
func (x *releaseIndex) between(bug, fix uint32) int {
	if x == nil || x.first[bug] == 0 || x.first[fix] == 0 {
		return 0
	}
	introduced, fixed := x.first[bug]-1, x.first[fix]-1
	count := 0
	for i, made := range x.made {
		count += bits.OnesCount64(x.past[fixed][i] & x.future[introduced][i] & made)
	}
	if x.made.has(fixed) && x.future[introduced].has(fixed) {
		count--
	}
	return count
}

// countReleases makes the index of the releases that the history holds, or nil
// where it holds none, too many, or its parents are not known.
func (b *historyBuilder) countReleases() *releaseIndex {
	if !b.lineage.known() {
		return nil
	}
	made := make(map[uint32]bool, len(b.releases))
	for _, release := range b.releases {
		if slot := *b.slot(&release.Commit); slot != 0 {
			made[slot-1] = true
		}
	}
	tips := b.lineage.tips()
	if len(made) == 0 || len(made)+len(tips) > maxReleases {
		return nil
	}
	ordinals := tips
	for ordinal := range made {
		ordinals = append(ordinals, ordinal)
	}
	slices.Sort(ordinals)
	ordinals = slices.Compact(ordinals)

	x := &releaseIndex{made: make(releaseSet, (len(ordinals)+63)/64)}
	for i, ordinal := range ordinals {
		if made[ordinal] {
			x.made.add(i)
		}
	}
	if x.past = b.lineage.releasePasts(ordinals); x.past == nil {
		return nil
	}
	x.future = futures(x.past)
	x.first = b.lineage.firstReleases(ordinals)
	return x
}

// futures finds which releases are built on each, from which each is built on.
func futures(pasts []releaseSet) []releaseSet {
	words := (len(pasts) + 63) / 64
	future := make([]releaseSet, len(pasts))
	for i := range future {
		future[i] = make(releaseSet, words)
	}
	for later, past := range pasts {
		for i, word := range past {
			for ; word != 0; word &= word - 1 {
				future[64*i+bits.TrailingZeros64(word)].add(later)
			}
		}
	}
	return future
}

// firstReleases finds the first release that holds each commit: what it reaches
// and no release before it did. Releases are in the order of the history, so
// what a release is built on comes before it.
func (l *lineage) firstReleases(releases []uint32) []uint16 {
	first := make([]uint16, len(l.start)-1)
	var pending []uint32
	for i, ordinal := range releases {
		pending = append(pending, ordinal)
		for len(pending) > 0 {
			at := pending[len(pending)-1]
			pending = pending[:len(pending)-1]
			if first[at] == 0 {
				first[at] = uint16(i + 1)
				pending = append(pending, l.of(at)...)
			}
		}
	}
	return first
}

// releasePasts finds which releases each release is built on. All commits
// between two releases have the same past, so equal sets are kept once, and only
// merges and releases make new ones. It gives nil where that takes too much.
func (l *lineage) releasePasts(releases []uint32) []releaseSet {
	words := (len(releases) + 63) / 64
	sets := []releaseSet{make(releaseSet, words)}
	known := map[string]uint32{string(make([]byte, 8*words)): 0}
	intern := func(set releaseSet) uint32 {
		key := unsafe.String((*byte)(unsafe.Pointer(unsafe.SliceData(set))), 8*words)
		number, ok := known[key]
		if !ok {
			number = uint32(len(sets))
			sets = append(sets, set)
			known[key] = number
		}
		return number
	}
	past := make([]uint32, len(l.start)-1) // by commit, its set
	joined := map[[2]uint32]uint32{}
	pasts := make([]releaseSet, 0, len(releases))
	for i := range past {
		number := uint32(0)
		for _, parent := range l.of(uint32(i)) {
			other := past[parent]
			if number == other || number == 0 {
				number = other
				continue
			}
			if other == 0 {
				continue
			}
			pair := [2]uint32{min(number, other), max(number, other)}
			union, ok := joined[pair]
			if !ok {
				set := slices.Clone(sets[number])
				for w := range set {
					set[w] |= sets[other][w]
				}
				union = intern(set)
				joined[pair] = union
			}
			number = union
		}
		if n := len(pasts); n < len(releases) && releases[n] == uint32(i) {
			set := slices.Clone(sets[number])
			set.add(n)
			number = intern(set)
			pasts = append(pasts, set)
		}
		if (len(sets)+len(joined))*(8*words+64) > maxReleaseBytes {
			return nil
		}
		past[i] = number
	}
	return pasts
}
