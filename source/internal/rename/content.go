package rename

import "github.com/commitflow/commitflow/stage"

// maxEqual is how many sources of one content are looked at for a destination.
const maxEqual = 100

// matchContents finds, for every destination in turn, a source of the same
// content. Among several it prefers one that is not used yet, then one of the
// same base name, then the first. A source is used twice only if copies are
// looked for. Symlinks and submodules match their own kind only.
func (d *detector) matchContents() {
	first := make(map[stage.Hash]int, len(d.sources))
	next := make([]int, len(d.sources)) // the following source of the same content
	for i := len(d.sources) - 1; i >= 0; i-- {
		id := d.sources[i].id
		next[i] = none
		if later, ok := first[id]; ok {
			next[i] = later
		}
		first[id] = i
	}
	for i := range d.destinations {
		to := &d.destinations[i]
		at, ok := first[to.id]
		if !ok {
			continue
		}
		if best := d.bestEqual(to, at, next); best != none {
			d.match(to, &d.sources[best], maxScore)
		}
	}
}

// bestEqual chooses among the sources of the destination's content: at, and
// those that follow it.
func (d *detector) bestEqual(to *destination, at int, next []int) int {
	const unused, sameName = 1, 1
	best, bestRank := none, -1
	for looked := 0; at != none && looked < maxEqual; at = next[at] {
		from := &d.sources[at]
		if from.mode != to.mode && !(from.isRegular() && to.isRegular()) {
			continue
		}
		if from.uses > 0 && !d.opt.Copies {
			continue
		}
		looked++
		rank := 0
		if from.uses == 0 {
			rank += unused
		}
		if from.baseName() == to.baseName() {
			rank += sameName
		}
		if rank > bestRank {
			best, bestRank = at, rank
		}
		if rank == unused+sameName {
			break
		}
	}
	return best
}
