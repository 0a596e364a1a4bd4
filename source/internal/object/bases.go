package object

// bases learns in which direction deltas lead, from what becomes of the objects
// that were made only on the way to others. That is up to who made the pack:
// git-repack(1) makes older versions of a file from newer ones, so that a walk
// onwards asks for what was made on the way before long. In packs of
// git-fast-import(1) it is what the walk has left behind. There it must not be kept:
// it would push out what is of use, which would have to be made again, by way of
// still more of its kind.
type bases struct {
	asked, dropped uint32 // of late: how many were asked for, and how many never
	refused        uint32 // how many were not kept since the last that was
}

const (
	// basesKnown is from how many on, in one stripe of the cache, something is known
	// about them, and basesForgotten when it is half forgotten.
	basesKnown     = 1 << 7
	basesForgotten = 1 << 12
	// fewAsked says that a sixteenth as many asked for as dropped is too few to keep
	// them; it is three times as many with u-boot as its servers pack it, and 3 % with
	// fast-import's packs.
	fewAsked = 16
	// triedEvery is how many come by until one is kept, to see what becomes of it.
	triedEvery = 64
)

// onwards tells whether deltas lead from what was asked for to what will be, so
// that hardly any object made on the way is asked for.
func (b *bases) onwards() bool {
	return b.dropped >= basesKnown && b.asked < b.dropped/fewAsked
}

// tryAgain tells whether the next one is kept though it does not look promising.
func (b *bases) tryAgain() bool {
	b.refused = (b.refused + 1) % triedEvery
	return b.refused == 0
}

func (b *bases) wasAsked() {
	b.asked++
	b.forget()
}

func (b *bases) wasDropped() {
	b.dropped++
	b.forget()
}

func (b *bases) forget() {
	if b.asked+b.dropped > basesForgotten {
		b.asked, b.dropped = b.asked/2, b.dropped/2
	}
}
