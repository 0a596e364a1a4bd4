package object

import "math/bits"

// queue is a list of cached objects, from the one that was of use last to the one that
// was of use the longest ago. Each stripe of the cache has one for spent objects, one for
// trees and commits, and one for the blobs of each class of sizes.
//
// The oldest object of all is the next to be dropped where deltas lead backwards, see
// [bases]. Where they lead onwards, an object that is not there has to be made from a
// whole one by way of several deltas, and a good part of that takes the same time whatever
// the size: dropping by age alone would have a file of 100 KB take the room of fifty small
// ones. So there it is the one with the greatest product of its age, as what was not of use
// for long will not be for about as long, and of what is gained by dropping its like.
// Blankstein, Sen and Freedman, "Hyperbolic caching" (USENIX ATC 2017), rank in the same way
// by cost, size and age.
type queue struct {
	newest, oldest slot
	since          uint32 // the stripe's clock when the oldest was of use
	size           int    // of all objects
}

const (
	// sizeClasses is the number of classes of blobs: below 1 KiB, below 2, 4 and so on,
	// and the last one for all that are larger.
	sizeClasses = 8

	others = sizeClasses
	spent  = others + 1
	queues = spent + 1
)

const (
	// makingObject and makingKiB are about how many nanoseconds it takes to make an
	// object that is not there, by way of a few deltas: whatever its size, and for each
	// KiB.
	makingObject = 50_000
	makingKiB    = 3_700

	// spentShare is the part of the budget up to which spent objects are kept, and
	// spentShareOnwards that where deltas lead onwards, see [bases].
	spentShare        = 8
	spentShareOnwards = 64
)

// gainsOnwards are the bytes that dropping an object of a queue frees for each
// millisecond that it takes to make it again. Trees and commits are taken for large, as
// many of them will not be asked for any more: a merge leaves two tips behind.
var gainsOnwards = func() (gains [spent]uint64) {
	for class := range sizeClasses {
		kib := 0.75 * float64(int(1)<<class)
		gains[class] = uint64(kib * 1024 / (makingObject + kib*makingKiB) * 1e6)
	}
	gains[others] = gains[sizeClasses-1]
	return gains
}()

// gainsAlike have the oldest of all dropped.
var gainsAlike = func() (gains [spent]uint64) {
	for kind := range gains {
		gains[kind] = 1
	}
	return gains
}()

// queue is the number of the queue that an object belongs to.
func (o *cached) queue() int {
	switch {
	case o.asked == spentAfter:
		return spent
	case o.typ != Blob:
		return others
	}
	return min(bits.Len(uint(len(o.content))>>10), sizeClasses-1)
}

// link makes an object that is in no queue the newest of its own.
func (s *stripe) link(i slot, o *cached) {
	s.clock++
	o.since = s.clock
	q := &s.queues[o.queue()]
	q.size += o.cost()
	o.newer, o.older = noSlot, q.newest
	if q.newest == noSlot {
		q.oldest, q.since = i, o.since
	} else {
		s.slot(q.newest).newer = i
	}
	q.newest = i
}

// unlink takes an object out of its queue.
func (s *stripe) unlink(o *cached) {
	q := &s.queues[o.queue()]
	q.size -= o.cost()
	if o.newer == noSlot {
		q.newest = o.older
	} else {
		s.slot(o.newer).older = o.older
	}
	if o.older != noSlot {
		s.slot(o.older).newer = o.newer
	} else if q.oldest = o.newer; o.newer != noSlot {
		q.since = s.slot(o.newer).since
	}
}

// leastWorth gives the object to be dropped next, if there is any.
func (s *stripe) leastWorth() slot {
	share, gains := spentShare, &gainsAlike
	if s.bases.onwards() {
		share, gains = spentShareOnwards, &gainsOnwards
	}
	least := s.queues[spent].oldest
	if s.queues[spent].size > s.budget/share {
		return least
	}
	most := uint64(0)
	for kind := range spent {
		q := &s.queues[kind]
		if q.oldest == noSlot {
			continue
		}
		if gain := (uint64(s.clock-q.since) + 1) * gains[kind]; gain > most {
			most, least = gain, q.oldest
		}
	}
	return least
}
