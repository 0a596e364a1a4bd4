package object

import (
	"math"
	"math/bits"
)

// queue is a list of cached objects, from the one that was of use last to the one that
// was of use the longest ago. Each stripe of the cache has one for spent objects, one for
// trees and commits, and one for the blobs of each class of gains.
//
// The oldest object of all is the next to be dropped where deltas lead backwards, see
// [bases]. Where they lead onwards, an object that is not there has to be made from a
// whole one by way of all the deltas between, which may be two or fifty, and a good part of
// that takes the same time whatever the size: dropping by age alone would have a file of
// 100 KB take the room of fifty small ones. So there it is the one with the greatest product
// of its age, as what was not of use for long will not be for about as long, and of what is
// gained by dropping its like.
// Blankstein, Sen and Freedman, "Hyperbolic caching" (USENIX ATC 2017), rank in the same way
// by cost, size and age.
type queue struct {
	newest, oldest slot
	since          uint32 // the stripe's clock when the oldest was of use
	size           int    // of all objects
}

const (
	// gainClasses is the number of classes of blobs by what is gained by dropping one:
	// the first is below leastGain, and each goes up to the square root of two times as
	// much as the one before it, but for the last.
	gainClasses = 14

	others = gainClasses
	spent  = others + 1
	queues = spent + 1
)

// A gain is the bytes that dropping an object frees for each millisecond that it takes to
// make it again.
const (
	leastGainBits = 12
	leastGain     = 1 << leastGainBits
	// othersGain has trees and commits taken for alike: it is about that of a tree of
	// 2.5 KB and five deltas.
	othersGain = 45_000
)

const (
	// It takes about so many nanoseconds to make an object: to inflate the whole one
	// that it comes from, and for each delta on the way, in all and by KiB.
	inflatingObject = 15_000
	inflatingKiB    = 2_700
	applyingDelta   = 7_000
	applyingKiB     = 150

	// spentShare is the part of the budget up to which spent objects are kept, and
	// spentShareOnwards that where deltas lead onwards, see [bases]: what forks off an
	// older commit asks for its trees again.
	spentShare        = 8
	spentShareOnwards = 16
)

// gainsOnwards are the gains of the queues, for a class that in its middle.
var gainsOnwards = func() (gains [spent]uint64) {
	for class := range gainClasses {
		gains[class] = uint64(leastGain * math.Exp2((float64(class)-0.5)/2))
	}
	gains[others] = othersGain
	return gains
}()

// gainsAlike have the oldest of all dropped.
var gainsAlike = func() (gains [spent]uint64) {
	for kind := range gains {
		gains[kind] = 1
	}
	return gains
}()

// kindOf gives the number of the queue that an object belongs to until it is spent.
func kindOf(o *cached) uint8 {
	if o.typ != Blob {
		return others
	}
	size, depth := uint64(o.cost()), uint64(o.depth)
	making := inflatingObject + depth*applyingDelta + size*(inflatingKiB+depth*applyingKiB)/1024
	gain := size * 1e6 / making
	return uint8(min(bits.Len64(gain*gain>>(2*leastGainBits)), gainClasses-1))
}

func (o *cached) queue() uint8 {
	if o.spent {
		return spent
	}
	return o.kind
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
