package stage

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"slices"
	"sort"

	"github.com/sourcegraph/conc"
)

// historyBuilder collects what the quick pass gives and resolves it. What it
// holds beyond the index lives for the time of the build only.
type historyBuilder struct {
	index historyIndex
	seed  maphash.Seed
	read  int // messages, of which several may be of one commit
	// subjects holds the hash of each commit's subject, by ordinal; bySubject
	// the ordinals in the order of those hashes, and of their own within one.
	subjects  []uint64
	bySubject []uint32
	stated    []pendingReference

	table    ordinalTable
	lineage  lineage
	releases []Release
	patches  []patchKey    // by ordinal; empty where no patches are read
	groups   *groupBuilder // nil where nobody wants to know of groups
}

// pendingReference is a reference between the pass that finds it and its
// resolution, when all commits are known.
type pendingReference struct {
	from    uint32
	kind    edgeKind
	partial bool
	// malformed, or a prefix without digits and a subject.
	malformed bool
	// quoted tells that subject is that of the commit referred to.
	quoted  bool
	prefix  hashPrefix
	subject uint64
}

// buildHistory reads all messages once and resolves their references. Where
// patches is set it also reads all patches, and where groups is set it knows which
// commits belong together.
func buildHistory(ctx context.Context, histories []MessageSource, patches, groups bool) (*historyIndex, error) {
	b := newHistoryBuilder()
	if groups {
		b.groups = &groupBuilder{threads: map[uint64]uint32{}}
	}
	for _, history := range histories {
		first := len(b.index.hashes)
		if err := b.readMessages(ctx, history); err != nil {
			return nil, fmt.Errorf("read the messages of the history: %w", err)
		}
		if known, ok := history.(ReleaseSource); ok {
			releases, err := known.Releases(ctx)
			if err != nil {
				return nil, err
			}
			b.releases = append(b.releases, releases...)
		}
		if patches {
			if err := b.readPatches(ctx, history, first); err != nil {
				return nil, err
			}
		}
	}
	b.sort()
	b.resolve()
	return &b.index, nil
}

func newHistoryBuilder() *historyBuilder {
	b := &historyBuilder{seed: maphash.MakeSeed()}
	b.table.slots = make([]uint32, 1<<10)
	b.lineage.start = []uint32{0}
	return b
}

// ordinalTable finds the ordinal of a hash while commits are still coming.
type ordinalTable struct {
	slots []uint32 // ordinals + 1, or 0; the length is a power of two
}

// enter gives the hash the next ordinal, unless it has one.
func (b *historyBuilder) enter(hash Hash) bool {
	if slots := b.table.slots; 2*len(b.index.hashes) >= len(slots) {
		b.table.slots = make([]uint32, 2*len(slots))
		for i := range b.index.hashes {
			*b.slot(&b.index.hashes[i]) = uint32(i + 1)
		}
	}
	slot := b.slot(&hash)
	if *slot != 0 {
		return false
	}
	b.index.hashes = append(b.index.hashes, hash)
	*slot = uint32(len(b.index.hashes))
	return true
}

// ordinalOf finds a commit that has been added. Most parents are the commit
// before, or the one before that: a commit and its merge.
func (b *historyBuilder) ordinalOf(hash Hash) (ordinal uint32, ok bool) {
	for back := 2; back <= min(3, len(b.index.hashes)); back++ {
		if at := len(b.index.hashes) - back; b.index.hashes[at] == hash {
			return uint32(at), true
		}
	}
	slot := *b.slot(&hash)
	return slot - 1, slot != 0
}

// slot gives the place of the hash in the table, or the free one for it. Half
// of the slots are free. The seed keeps hashes that were made up to collide from
// doing so.
func (b *historyBuilder) slot(hash *Hash) *uint32 {
	mask := uint64(len(b.table.slots) - 1)
	for i := maphash.Bytes(b.seed, hash[:]); ; i++ {
		slot := &b.table.slots[i&mask]
		if *slot == 0 || b.index.hashes[*slot-1] == *hash {
			return slot
		}
	}
}

// sort orders the commits by hash and by subject, both at a time: nothing else can
// be done meanwhile.
func (b *historyBuilder) sort() {
	x := &b.index
	x.hashes = slices.Clip(x.hashes)
	var sorting conc.WaitGroup
	sorting.Go(func() {
		x.byHash = ordinalsByKey(len(x.hashes), func(i uint32) uint64 { return binary.BigEndian.Uint64(x.hashes[i][:]) },
			func(i, j uint32) int { return bytes.Compare(x.hashes[i][:], x.hashes[j][:]) })
	})
	b.bySubject = ordinalsByKey(len(b.subjects), func(i uint32) uint64 { return b.subjects[i] },
		func(uint32, uint32) int { return 0 })
	sorting.Wait()
}

// ordinalsByKey gives the ordinals below n in the order of their keys, among those with the
// same key in that of compare, and then in their own. Keys lie next to each other while
// they are sorted, so that two need not be looked up for each comparison.
func ordinalsByKey(n int, key func(uint32) uint64, compare func(i, j uint32) int) []uint32 {
	type keyed struct {
		key     uint64
		ordinal uint32
	}
	all := make([]keyed, n)
	for i := range all {
		all[i] = keyed{key(uint32(i)), uint32(i)}
	}
	slices.SortFunc(all, func(a, b keyed) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return cmp.Or(compare(a.ordinal, b.ordinal), cmp.Compare(a.ordinal, b.ordinal))
	})
	ordered := make([]uint32, n)
	for i := range all {
		ordered[i] = all[i].ordinal
	}
	return ordered
}

// resolve turns every pending reference into an edge and adds the reverse of
// those that found their commit.
func (b *historyBuilder) resolve() {
	x := &b.index
	n := len(x.hashes)
	x.out = edgeList{start: make([]uint32, n+1), edges: make([]edge, len(b.stated))}
	for i := range b.stated {
		x.out.start[b.stated[i].from+1]++
	}
	accumulate(x.out.start)
	for i := range b.stated {
		if b.stated[i].kind != edgeReapplies {
			x.out.edges[i] = b.resolveOne(&b.stated[i])
		}
	}
	// A reapply follows the revert that it undoes, so it comes after those.
	for i := range b.stated {
		if b.stated[i].kind == edgeReapplies {
			x.out.edges[i] = b.resolveReapply(&b.stated[i])
		}
	}
	x.in = reversed(&x.out, n)
	b.matchPatches()
	b.settleStates()
	b.measureDepths()
	if b.groups != nil {
		b.index.groups = b.settleGroups()
	}
	x.releases = b.countReleases()
}

// resolveOne finds the commit that a reference names. A prefix counts where
// exactly one commit before the referring one has it; the subject decides
// where none or several have.
//
// Whole hashes, and prefixes that no other commit shares by chance, count
// wherever the commit is: parallel branches have no true order, and nobody can
// write down the hash of a commit that does not exist yet.
func (b *historyBuilder) resolveOne(p *pendingReference) edge {
	e := edge{kind: p.kind, reason: edgeUnknown}
	if p.partial {
		e.marks |= markPartial
	}
	if p.malformed {
		e.reason = edgeMalformed
		return e
	}
	if p.prefix.digits > 0 {
		if b.resolvePrefix(p, &e); e.reason == edgeResolved {
			return e
		}
	}
	b.resolveSubject(p, &e)
	return e
}

// Abbreviations below reliableDigits may fit a commit by chance in a long
// history (a million commits share 5 digits), so the subject has to agree
// where there is one. From certainDigits on chance is out of the question.
const (
	reliableDigits = 7
	certainDigits  = 12
)

func (b *historyBuilder) resolvePrefix(p *pendingReference, e *edge) {
	older, olderNamed, newer := 0, 0, 0
	var one, named, later uint32
	for _, ordinal := range b.index.abbreviated(p.prefix) {
		switch {
		case ordinal < p.from:
			older, one = older+1, ordinal
			if p.quoted && b.subjects[ordinal] == p.subject {
				olderNamed, named = olderNamed+1, ordinal
			}
		case ordinal > p.from:
			newer, later = newer+1, ordinal
		}
	}
	if older == 0 && newer == 1 && p.prefix.digits >= certainDigits {
		older, one = 1, later
	}
	switch {
	case older == 1:
		differs := p.quoted && b.subjects[one] != p.subject
		if differs && p.prefix.digits < reliableDigits {
			return
		}
		e.commit, e.basis, e.reason = one, edgeByPrefix, edgeResolved
		if p.prefix.digits == 2*uint8(len(p.prefix.low)) {
			e.basis = edgeByHash
		}
		switch {
		case differs:
			e.marks |= markSubjectDiffers
		case p.quoted:
			e.marks |= markSubjectAgrees
		case p.prefix.digits < reliableDigits:
			e.marks |= markDoubtful
		}
	case olderNamed == 1:
		e.commit, e.basis, e.reason = named, edgeBySubject, edgeResolved
		e.marks |= markSubjectAgrees
	case older > 1:
		e.reason = edgeAmbiguous
	case newer > 0:
		e.reason = edgeNewer
	}
}

// resolveSubject finds the commit by its quoted subject, among those before
// the referring one. Where several have it, a revert means the last of them:
// the earlier ones were reverted or superseded before it.
func (b *historyBuilder) resolveSubject(p *pendingReference, e *edge) {
	if !p.quoted {
		return
	}
	older, newer := b.withSubject(p.subject, p.from)
	switch {
	case len(older) == 1 || len(older) > 1 && p.kind != edgeFixes:
		e.commit, e.basis, e.reason = older[len(older)-1], edgeBySubject, edgeResolved
		if len(older) > 1 {
			e.marks |= markDoubtful
		}
	case len(older) > 1:
		e.reason = edgeAmbiguous
	case len(newer) > 0 && e.reason == edgeUnknown:
		e.reason = edgeNewer
	}
}

// withSubject gives the commits with the subject before and after a commit, in
// the order of the history.
func (b *historyBuilder) withSubject(subject uint64, from uint32) (older, newer []uint32) {
	first := sort.Search(len(b.bySubject), func(i int) bool { return b.subjects[b.bySubject[i]] >= subject })
	same := b.bySubject[first:]
	same = same[:sort.Search(len(same), func(i int) bool { return b.subjects[same[i]] > subject })]
	split := sort.Search(len(same), func(i int) bool { return same[i] >= from })
	older, newer = same[:split], same[split:]
	if len(newer) > 0 && newer[0] == from {
		newer = newer[1:]
	}
	return older, newer
}

// resolveReapply finds the commit that a reapply brings back: the one that the
// revert it undoes had reverted, or else the last with the subject.
func (b *historyBuilder) resolveReapply(p *pendingReference) edge {
	e := edge{kind: p.kind, reason: edgeUnknown}
	for _, undone := range b.index.out.of(p.from) {
		if undone.kind != edgeReverts || undone.reason != edgeResolved {
			continue
		}
		for _, original := range b.index.out.of(undone.commit) {
			if original.kind == edgeReverts && original.reason == edgeResolved &&
				(!p.quoted || b.subjects[original.commit] == p.subject) {
				e.commit, e.basis, e.reason = original.commit, max(undone.basis, original.basis), edgeResolved
				if undone.confidence() == ConfidenceHigh && original.confidence() == ConfidenceHigh {
					e.marks |= markSubjectAgrees
				}
				return e
			}
		}
	}
	b.resolveSubject(p, &e)
	return e
}

// reversed gives the resolved edges as the commits at their other ends see
// them.
func reversed(out *edgeList, n int) edgeList {
	in := edgeList{start: make([]uint32, n+1)}
	for _, e := range out.edges {
		if e.reason == edgeResolved {
			in.start[e.commit+1]++
		}
	}
	accumulate(in.start)
	in.edges = make([]edge, in.start[n])
	next := slices.Clone(in.start)
	for from := range uint32(n) {
		for _, e := range out.of(from) {
			if e.reason == edgeResolved {
				to := e.commit
				e.commit, e.kind = from, e.kind+1
				in.edges[next[to]] = e
				next[to]++
			}
		}
	}
	return in
}

// accumulate turns counts at i+1 into the places where the lists begin.
func accumulate(start []uint32) {
	for i := 1; i < len(start); i++ {
		start[i] += start[i-1]
	}
}
