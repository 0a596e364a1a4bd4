package stage

import (
	"bytes"
	"slices"
	"sort"
	"unsafe"
)

// historyIndex knows every commit of a history and every reference between
// two of them, in both directions. It is built once and read by many
// goroutines after that. Commits are named by their ordinal, their place in
// the quick pass. Per commit it takes 40 bytes, and 8 for each end of a
// reference.
type historyIndex struct {
	hashes []Hash   // by ordinal
	byHash []uint32 // the ordinals in the order of their hashes

	// out holds, commit after commit, one edge for each reference that the
	// commit's message makes, resolved or not, in the order of [References].
	out edgeList
	// in holds, commit after commit, the resolved references to it, in the
	// order of the commits that make them.
	in edgeList
	// same holds, commit after commit, the links that equal patches make, to
	// both sides. It is empty where no patches were read.
	same edgeList

	seconds  []uint32 // committers' times by ordinal, cut to what fits
	states   []State
	depths   []uint8 // of fixes that fix fixes
	releases *releaseIndex
	groups   *groupIndex // nil where nobody wants to know of groups
}

// edgeList keeps the edges of all commits in one array: those of commit i are
// edges[start[i]:start[i+1]].
type edgeList struct {
	start []uint32
	edges []edge
}

func (l *edgeList) of(ordinal uint32) []edge {
	return l.edges[l.start[ordinal]:l.start[ordinal+1]]
}

// edge is one end of a reference: what the commit whose list it is in has to
// do with the other one.
type edge struct {
	commit uint32 // the other commit's ordinal; meaningless where reason is set
	kind   edgeKind
	basis  edgeBasis
	reason edgeReason // 0: resolved
	marks  edgeMark
}

type (
	edgeKind   uint8
	edgeBasis  uint8
	edgeReason uint8
	edgeMark   uint8
)

const (
	markSubjectDiffers edgeMark = 1 << iota
	markPartial
	markSubjectAgrees
	markDoubtful // one of several commits, or too few digits to be sure
)

// The texts behind the numbers of an edge; the reverse of a kind follows it.
var (
	edgeKinds   = [...]LinkKind{Fixes, FixedBy, Reverts, RevertedBy, Reapplies, ReappliedBy, BackportOf, BackportedTo, Requires, RequiredBy}
	edgeBases   = [...]LinkBasis{ByHash, ByPrefix, BySubject, ByPatchID}
	edgeReasons = [...]string{"", UnresolvedUnknown, UnresolvedAmbiguous, UnresolvedNewer, UnresolvedMalformed}
)

const (
	edgeFixes edgeKind = 2 * iota
	edgeReverts
	edgeReapplies
	edgeBackportOf
	edgeRequires
)

const (
	edgeByHash edgeBasis = iota
	edgeByPrefix
	edgeBySubject
	edgeByPatchID
)

const (
	edgeResolved edgeReason = iota
	edgeUnknown
	edgeAmbiguous
	edgeNewer
	edgeMalformed
)

// size is the memory that the index holds, in bytes.
func (x *historyIndex) size() int {
	size := cap(x.hashes)*int(unsafe.Sizeof(Hash{})) + 4*cap(x.byHash) + 4*cap(x.seconds) + cap(x.states) + cap(x.depths)
	if x.releases != nil {
		size += x.releases.size()
	}
	if x.groups != nil {
		size += x.groups.linked.size() + x.groups.series.size()
	}
	for _, list := range []*edgeList{&x.out, &x.in, &x.same} {
		size += 4*cap(list.start) + cap(list.edges)*int(unsafe.Sizeof(edge{}))
	}
	return size
}

func edgeKindOf(kind LinkKind) edgeKind {
	return edgeKind(slices.Index(edgeKinds[:], kind))
}

// link is what an edge of the commit is to the outside.
func (x *historyIndex) link(ordinal uint32, e edge) Link {
	link := Link{
		Kind:           edgeKinds[e.kind],
		Commit:         x.hashes[e.commit],
		Basis:          edgeBases[e.basis],
		Confidence:     e.confidence(),
		SubjectDiffers: e.marks&markSubjectDiffers != 0,
		Partial:        e.marks&markPartial != 0,
	}
	if e.kind/2 == edgeFixes/2 {
		bug, fix := e.commit, ordinal
		if e.kind != edgeFixes {
			bug, fix = fix, bug
		}
		link.Days = max(0, int(int64(x.seconds[fix])-int64(x.seconds[bug]))/secondsPerDay)
		link.Releases = x.releases.between(bug, fix)
	}
	return link
}

const secondsPerDay = 24 * 60 * 60

// confidence classes a resolved edge, see [LinkConfidence].
func (e edge) confidence() LinkConfidence {
	switch {
	case e.marks&(markSubjectDiffers|markDoubtful) != 0:
		return ConfidenceLow
	case e.basis == edgeByHash || e.marks&markSubjectAgrees != 0:
		return ConfidenceHigh
	}
	return ConfidenceMedium
}

// find gives the ordinal of a commit. A commit's position is usually its
// ordinal, which saves the search.
func (x *historyIndex) find(hash Hash, position Position) (ordinal uint32, ok bool) {
	if position < Position(len(x.hashes)) && x.hashes[position] == hash {
		return uint32(position), true
	}
	at := x.lowerBound(hash)
	if at < len(x.byHash) && x.hashes[x.byHash[at]] == hash {
		return x.byHash[at], true
	}
	return 0, false
}

// lowerBound gives the place in byHash of the first hash that is not less.
func (x *historyIndex) lowerBound(hash Hash) int {
	return sort.Search(len(x.byHash), func(i int) bool {
		return bytes.Compare(x.hashes[x.byHash[i]][:], hash[:]) >= 0
	})
}

// abbreviated gives the ordinals of the commits whose hash begins with the
// prefix, in the order of their hashes.
func (x *historyIndex) abbreviated(p hashPrefix) []uint32 {
	first := x.lowerBound(p.low)
	n := sort.Search(len(x.byHash)-first, func(i int) bool {
		return !p.matches(&x.hashes[x.byHash[first+i]])
	})
	return x.byHash[first : first+n]
}

// hashPrefix is an abbreviated object name: the first digits of low, followed
// by zeroes.
type hashPrefix struct {
	low    Hash
	digits uint8
}

// parsePrefix reads up to 40 hexadecimal digits in lower case.
func parsePrefix(hex string) hashPrefix {
	var p hashPrefix
	for i := range len(hex) {
		digit := hex[i] - '0'
		if digit > 9 {
			digit = hex[i] - 'a' + 10
		}
		p.low[i/2] |= digit << (4 * (1 - i%2))
	}
	p.digits = uint8(len(hex))
	return p
}

func (p *hashPrefix) matches(h *Hash) bool {
	whole := int(p.digits / 2)
	if !bytes.Equal(h[:whole], p.low[:whole]) {
		return false
	}
	return p.digits%2 == 0 || h[whole]>>4 == p.low[whole]>>4
}
