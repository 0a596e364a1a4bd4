package stage

import (
	"hash/maphash"
	"math"
)

// Group is commits that belong together: whoever learns from one of them knows
// something of the others.
type Group struct {
	// First is the first of its commits in the history. It names the group.
	First Hash
	// Commits is how many there are.
	Commits int
	// Newest is the latest of their committers' times, in seconds since 1970.
	Newest int64
	// NewestLinked is the latest of the committers' times of all commits that are linked
	// to any of them, as by [ChainLinker.Linked].
	NewestLinked int64
}

// Linked gives the commits that links of any kind lead to from a commit, and from those
// in turn: a fix, its bug, other fixes of that, reverts, backports. The linker has to
// have Groups; ok is false where the history does not hold the commit, and before Open.
// Safe for concurrent use.
func (l *ChainLinker) Linked(commit Hash) (group Group, ok bool) {
	return l.group(commit, func(x *groupIndex) *forest { return &x.linked })
}

// Series gives the series of patches that a commit was one of, as Linked does. Two
// commits count as neighbours in a series
//
//   - if one is the only parent of the other, neither is a merge, author and committer
//     are the same, and the committers' times are at most two minutes apart. That is
//     what `git am` and `git rebase` leave;
//   - if their Link: or Message-ID: trailers name two messages of one thread, as git
//     send-email, git format-patch --thread and b4 number them:
//     20240105101112.3456-2-me@example.org, 20240105-topic-v2-2-0123abcd@example.org,
//     0123…cdef.1704450000.git.me@example.org.
//
// Links and series together are no group: most patches of most series fix something or
// are fixed, and that would tie most of a history to one. (In U-Boot the largest group
// by links has 33 commits, the largest series 213, and both together make one of 1,217.)
func (l *ChainLinker) Series(commit Hash) (group Group, ok bool) {
	return l.group(commit, func(x *groupIndex) *forest { return &x.series })
}

func (l *ChainLinker) group(commit Hash, kind func(*groupIndex) *forest) (group Group, ok bool) {
	if l.index == nil || l.index.groups == nil {
		return Group{}, false
	}
	ordinal, ok := l.index.find(commit, math.MaxUint64)
	if !ok {
		return Group{}, false
	}
	f := kind(l.index.groups)
	first := f.parent[ordinal]
	return Group{l.index.hashes[first], int(f.commits[first]), int64(f.newest[first]), int64(f.newestLinked[first])}, true
}

// seriesSeconds is how far apart the committers' times of neighbours in a series are
// at most.
const seriesSeconds = 120

// groupIndex knows the groups of every commit. It takes 32 bytes per commit.
type groupIndex struct {
	linked, series forest
}

// forest holds groups of one kind, each as a tree whose root is its first commit, by
// ordinals.
type forest struct {
	parent []uint32
	// What Group tells, where the commit is the first of its group; once the forest is
	// settled, when the parent of each commit is its root.
	newest, newestLinked, commits []uint32
}

// add takes the next commit, as a group of its own.
func (f *forest) add() { f.parent = append(f.parent, uint32(len(f.parent))) }

func (f *forest) root(ordinal uint32) uint32 {
	for f.parent[ordinal] != ordinal {
		f.parent[ordinal] = f.parent[f.parent[ordinal]]
		ordinal = f.parent[ordinal]
	}
	return ordinal
}

func (f *forest) join(a, b uint32) {
	a, b = f.root(a), f.root(b)
	f.parent[max(a, b)] = min(a, b)
}

// settle ends the joining; seconds are the committers' times, and linked is the forest of
// links, which may be this one.
func (f *forest) settle(seconds []uint32, linked *forest) {
	f.newest, f.commits = make([]uint32, len(f.parent)), make([]uint32, len(f.parent))
	for i := range f.parent {
		first := f.root(uint32(i))
		f.parent[i] = first
		f.newest[first] = max(f.newest[first], seconds[i])
		f.commits[first]++
	}
	if f == linked {
		f.newestLinked = f.newest
		return
	}
	f.newestLinked = make([]uint32, len(f.parent))
	for i, first := range f.parent {
		f.newestLinked[first] = max(f.newestLinked[first], linked.newest[linked.parent[i]])
	}
}

func (f *forest) size() int {
	return 4 * (cap(f.parent) + cap(f.newest) + cap(f.newestLinked) + cap(f.commits))
}

// groupBuilder joins the commits of a series while they come.
type groupBuilder struct {
	groupIndex
	people  []uint64 // hashes of author and committer; 0 where they are not told
	threads map[uint64]uint32
}

// addToGroups takes the commit that was just added to the lineage, and joins it with
// its neighbours in a series.
func (b *historyBuilder) addToGroups(m *Message) {
	g := b.groups
	ordinal := uint32(len(g.people))
	g.linked.add()
	g.series.add()
	people := uint64(0)
	if len(m.Author)+len(m.Committer) > 0 {
		var h maphash.Hash
		h.SetSeed(b.seed)
		_, _ = h.Write(m.Author)
		_ = h.WriteByte(0)
		_, _ = h.Write(m.Committer)
		people = max(h.Sum64(), 1)
	}
	g.people = append(g.people, people)
	if known := b.lineage.of(ordinal); people != 0 && len(m.Parents) == 1 && len(known) == 1 {
		parent := known[0]
		apart := int64(b.index.seconds[ordinal]) - int64(b.index.seconds[parent])
		if g.people[parent] == people && len(b.lineage.of(parent)) < 2 && -seriesSeconds <= apart && apart <= seriesSeconds {
			g.series.join(parent, ordinal)
		}
	}
	eachThread(m.Text, func(before, behind []byte) {
		var h maphash.Hash
		h.SetSeed(b.seed)
		_, _ = h.Write(before)
		_ = h.WriteByte(0)
		_, _ = h.Write(behind)
		if other, seen := g.threads[h.Sum64()]; seen {
			g.series.join(other, ordinal)
		} else {
			g.threads[h.Sum64()] = ordinal
		}
	})
}

// settleGroups joins what links lead to, and gives the groups.
func (b *historyBuilder) settleGroups() *groupIndex {
	g := b.groups
	for _, list := range []*edgeList{&b.index.out, &b.index.same} {
		for from := range uint32(max(0, len(list.start)-1)) {
			for _, e := range list.of(from) {
				if e.reason == edgeResolved {
					g.linked.join(from, e.commit)
				}
			}
		}
	}
	g.linked.settle(b.index.seconds, &g.linked)
	g.series.settle(b.index.seconds, &g.linked)
	return &g.groupIndex
}
