package rename

import (
	"cmp"
	"slices"
)

// matchSimilar compares every destination that is left with every source, and
// matches the most similar pairs first.
//
// The digests of the sources are held while all destinations pass by. If they
// are too many to be held, that is done for a part of the sources after the
// other.
func (d *detector) matchSimilar(skipUnchanged bool) error {
	var open []int
	for i := range d.destinations {
		if d.destinations[i].origin == none {
			open = append(open, i)
			if err := d.measure(&d.destinations[i].file); err != nil {
				return err
			}
		}
	}
	if len(open) == 0 {
		return nil
	}
	for i := range d.sources {
		if err := d.measure(&d.sources[i].file); err != nil {
			return err
		}
	}
	lists := newShortlists(len(open), len(d.sources))
	for start := 0; start < len(d.sources); {
		end, err := d.holdDigests(start, open, skipUnchanged)
		if err != nil {
			return err
		}
		for row, i := range open {
			if err := d.compareAll(i, start, end, skipUnchanged, &lists[row]); err != nil {
				return err
			}
		}
		d.dropDigests(start, end)
		start = end
	}
	d.assign(lists)
	return nil
}

// holdDigests makes the digests of the sources from start on that are near
// enough in size to any open destination, and gives the source to go on with
// once these are done.
func (d *detector) holdDigests(start int, open []int, skipUnchanged bool) (end int, err error) {
	for end = start; end < len(d.sources) && (end == start || d.held < d.opt.MaxHeld); end++ {
		from := &d.sources[end]
		if skipUnchanged && from.unchanged {
			continue
		}
		needed := slices.ContainsFunc(open, func(i int) bool {
			return nearInSize(&from.file, &d.destinations[i].file, minScore)
		})
		if !needed {
			continue
		}
		if _, err := d.digestOf(&from.file); err != nil {
			return 0, err
		}
	}
	return end, nil
}

// dropDigests lets go of the digests of some sources.
func (d *detector) dropDigests(start, end int) {
	for i := start; i < end; i++ {
		d.dropDigest(&d.sources[i].file)
	}
}

// compareAll compares one destination with the sources from start to end.
func (d *detector) compareAll(destination, start, end int, skipUnchanged bool, list *shortlist) error {
	if err := d.ctx.Err(); err != nil {
		return err
	}
	to := &d.destinations[destination].file
	var loaded *digest
	for i := start; i < end; i++ {
		from := &d.sources[i]
		if skipUnchanged && from.unchanged {
			continue
		}
		c := candidate{source: int32(i), destination: int32(destination), sameName: from.baseName() == to.baseName()}
		if nearInSize(&from.file, to, minScore) {
			if loaded == nil {
				var err error
				if loaded, err = d.digestOf(to); err != nil {
					return err
				}
				d.weights.load(loaded)
			}
			if scoreOf(min(from.digest.total, loaded.total), &from.file, to) < list.floor() {
				continue
			}
			c.score = int32(scoreOf(d.weights.shared(from.digest), &from.file, to))
		}
		list.offer(c)
	}
	if loaded != nil {
		d.weights.unload(loaded)
		d.dropDigest(to)
	}
	return nil
}

// assign matches the pairs in the lists, from the most to the least similar.
// With copies, the sources that are used already have their turn after those
// that are not.
func (d *detector) assign(lists []shortlist) {
	var pairs []candidate
	for i := range lists {
		for _, c := range lists[i].entries {
			if c.score >= minScore {
				pairs = append(pairs, c)
			}
		}
	}
	slices.SortStableFunc(pairs, byRank)
	rounds := 1
	if d.opt.Copies {
		rounds = 2
	}
	for round := range rounds {
		for _, c := range pairs {
			to, from := &d.destinations[c.destination], &d.sources[c.source]
			if to.origin != none || (round == 0 && from.uses > 0) {
				continue
			}
			d.match(to, from, int(c.score))
		}
	}
}

// candidate is a source for a destination, by their places in the detector's
// lists.
type candidate struct {
	source, destination int32
	score               int32
	sameName            bool
}

// byRank puts higher scores first, and then those of the same base name.
func byRank(a, b candidate) int {
	if c := cmp.Compare(b.score, a.score); c != 0 || a.sameName == b.sameName {
		return c
	}
	if a.sameName {
		return -1
	}
	return 1
}

// maxCandidates is how many sources are remembered for each destination.
const maxCandidates = 4

// shortlist is the best sources of one destination. They are not in order of
// rank: a later one stands in the place of the worst that it is better than.
// Where ranks are equal, git chooses by that place.
type shortlist struct {
	entries []candidate
	worst   int // the place of the worst entry, once the list is full
}

// newShortlists makes the lists of several destinations in one piece.
func newShortlists(destinations, sources int) []shortlist {
	size := min(sources, maxCandidates)
	entries := make([]candidate, destinations*size)
	lists := make([]shortlist, destinations)
	for i := range lists {
		lists[i].entries = entries[:0:size]
		entries = entries[size:]
	}
	return lists
}

func (l *shortlist) full() bool { return len(l.entries) == cap(l.entries) }

// floor gives the score below which an offer is in vain.
func (l *shortlist) floor() int {
	if !l.full() {
		return 0
	}
	return int(l.entries[l.worst].score)
}

// offer puts a candidate on the list if there is room, or if it is better than
// the worst entry.
func (l *shortlist) offer(c candidate) {
	switch {
	case !l.full():
		l.entries = append(l.entries, c)
	case byRank(c, l.entries[l.worst]) < 0:
		l.entries[l.worst] = c
	default:
		return
	}
	l.worst = 0
	for i := range l.entries {
		if byRank(l.entries[i], l.entries[l.worst]) > 0 {
			l.worst = i
		}
	}
}
