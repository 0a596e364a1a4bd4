package object

// bases learns in which direction deltas lead, from what stands in the cache where
// the deltas of an object end: the way to it is cut short there. That is up to who made
// the pack: git-repack(1) makes older versions of a file from newer ones, so that a walk
// onwards asks for what was made on the way before long, and what it meets there was
// most often made on the way to others, too, and not yet asked for. In packs of
// git-fast-import(1) deltas lead to what the walk has left behind, all of which somebody
// has asked for. There what is made on the way must not be kept: it would push out what
// is of use, which would have to be made again, by way of still more of its kind.
type bases struct {
	asked, made uint32 // of those met of late: how many were asked for, and how many were only made
	refused     uint32 // how many were not kept since the last that was
}

const (
	// basesKnown is from how many on, in one stripe of the cache, something is known
	// about them, and basesForgotten when it is half forgotten.
	basesKnown     = 1 << 7
	basesForgotten = 1 << 12
	// fewMade says that a sixteenth as many made as asked for is too few to keep them.
	// It is between a quarter and one and a half times as many in four histories as their
	// servers pack them and one that was packed anew, and a thousandth in fast-import's packs.
	fewMade = 16
	// triedEvery is how many come by until one is kept, to see what becomes of it.
	triedEvery = 256
)

// onwards tells whether deltas lead from what was asked for to what will be, so
// that hardly any object made on the way is met again.
func (b *bases) onwards() bool {
	return b.asked >= basesKnown && b.made < b.asked/fewMade
}

// tryAgain tells whether the next one is kept though it does not look promising.
func (b *bases) tryAgain() bool {
	b.refused = (b.refused + 1) % triedEvery
	return b.refused == 0
}

// met notes an object in the cache that another is made from, and whether somebody had
// asked for it.
func (b *bases) met(asked bool) {
	if asked {
		b.asked++
	} else {
		b.made++
	}
	if b.asked+b.made > basesForgotten {
		b.asked, b.made = b.asked/2, b.made/2
	}
}
