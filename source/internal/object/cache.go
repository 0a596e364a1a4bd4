package object

import (
	"encoding/binary"
	"math"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/commitflow/commitflow/stage"
)

// place is where an object lies: at an offset of a pack, or on its own.
type place struct {
	pack uint32 // 0 for objects outside of packs
	// offset is the first bytes of the id for objects outside of packs, whose id
	// has to be compared as well.
	offset uint64
}

// packed is the place of an object in a pack.
func packed(pack uint32, offset uint64) place { return place{pack, offset} }

// loose is the place of an object outside of packs.
func loose(id *stage.Hash) place { return place{offset: binary.LittleEndian.Uint64(id[:])} }

// stripes is the number of locks of a cache.
const (
	stripeBits = 4
	stripes    = 1 << stripeBits
)

const (
	// entryOverhead is about what an object costs in the cache beside its bytes.
	entryOverhead = 192
	// bucketBytes is how much of the budget there is for each bucket of the
	// table of places: about the size of a commit.
	bucketBytes = 1024
	mostBuckets = 1 << 16 // of a stripe
	// wholeRounds is how often more than others an object that was not made from a
	// delta passes through its queue.
	wholeRounds = 3
	// recentShare is the part of the time that the oldest object of a queue has been
	// there which is not long ago.
	recentShare = 8
)

// cache keeps inflated objects up to a number of bytes. It drops spent objects
// first, which are those that somebody has released: a walk along the history meets
// each version of a file twice, when it comes and when it goes. The next to be
// dropped are those that are worth the least, see [queue]. How often an object was
// asked for does not matter, as one worker may ask for it ahead of another.
//
// An object that is stored whole, and not as a delta, stays longer and, unless it
// is a commit, is never spent: others are made from it, and to inflate it again
// takes some ten times as long as to apply a delta.
//
// Where deltas lead onwards, see [bases], objects made on the way to others are not
// kept, and what is stored whole is like the others.
//
// What it knows of the objects lies in slots, which are numbered, and lists are
// lists of numbers: so there is one pointer an object for the garbage collector
// to follow, and a change in the lists is nothing to it.
//
// Objects in a cache are shared and never change. It is safe for concurrent
// use: its objects are spread over stripes that are locked on their own.
type cache struct {
	stripes [stripes]stripe
	// names finds objects by the first bits of their ids, the last that was
	// asked for where several have the same, so that pack indexes are spared. An
	// entry is a slot's number, and below it that of the stripe.
	names []atomic.Uint64
}

type stripe struct {
	mu      sync.Mutex
	number  uint64
	buckets []slot // by the objects' places; each begins a list
	pages   []*[pageSlots]cached
	unused  slot // begins the list of slots without an object
	queues  [queues]queue
	clock   uint32 // how often an object was of use
	size    int    // of all objects
	budget  int

	bases bases

	hits, misses uint64
	_            [64]byte // keeps the locks of two stripes off one cache line
}

// slot is the number of a place for an object in a stripe. noSlot belongs to none: it
// is the end of lists.
type slot uint32

const (
	noSlot slot = iota
	firstSlot
)

// pageSlots is the number of slots that are allocated at once.
const (
	pageBits  = 8
	pageSlots = 1 << pageBits
)

// cached is an object in one of a stripe's queues.
type cached struct {
	content      []byte
	offset       uint64     // of its place
	pack         uint32     // of its place; by itself, so that no bytes are lost between
	id           stage.Hash // if it is named
	newer, older slot       // in its queue
	sameBucket   slot
	since        uint32 // the stripe's clock when it was of use
	typ          Type
	named        bool  // false in slots without an object
	spent        bool  // will hardly be asked for again
	depth        uint8 // the deltas between it and the whole object it comes from, or the most that fit
	kind         uint8 // its queue's number, unless it is spent
	rounds       uint8 // through the queue that are ahead of it after this one
}

func (o *cached) at() place { return place{o.pack, o.offset} }

// whole tells that no delta made it.
func (o *cached) whole() bool { return o.depth == 0 }

// cost is what an object takes of the budget.
func (o *cached) cost() int { return len(o.content) + entryOverhead }

func newCache(budget int) *cache {
	c := new(cache)
	buckets := min(1<<bits.Len(uint(budget/stripes/bucketBytes/2)), mostBuckets)
	for i := range c.stripes {
		s := &c.stripes[i]
		s.number = uint64(i)
		s.buckets = make([]slot, buckets)
		s.budget = min(budget/stripes, math.MaxUint32*entryOverhead)
		s.addPage()
	}
	c.names = make([]atomic.Uint64, stripes*buckets)
	return c
}

// slot gives what a slot holds.
func (s *stripe) slot(i slot) *cached { return &s.pages[i>>pageBits][i%pageSlots] }

// addPage makes unused slots.
func (s *stripe) addPage() {
	first := slot(len(s.pages)) << pageBits
	s.pages = append(s.pages, new([pageSlots]cached))
	end := first + pageSlots
	for i := end - 1; i >= max(first, firstSlot); i-- {
		s.slot(i).older, s.unused = s.unused, i
	}
}

// take gives a slot without an object.
func (s *stripe) take() slot {
	if s.unused == noSlot {
		s.addPage()
	}
	i := s.unused
	s.unused = s.slot(i).older
	return i
}

// find gives the stripe and the bucket of a place.
func (c *cache) find(at place) (*stripe, *slot) {
	spread := (at.offset + uint64(at.pack)) * 0x9e3779b97f4a7c15
	s := &c.stripes[spread>>(64-stripeBits)]
	return s, &s.buckets[spread>>32&uint64(len(s.buckets)-1)]
}

// name gives the place in names for an id.
func (c *cache) name(id *stage.Hash) *atomic.Uint64 {
	return &c.names[binary.LittleEndian.Uint64(id[:])&uint64(len(c.names)-1)]
}

// entry gives what stands in names for an object of the stripe.
func (s *stripe) entry(i slot) uint64 { return uint64(i)<<stripeBits | s.number }

// asked gives an object that is asked for, if it was before and is still in the
// cache. It may miss objects that get finds.
func (c *cache) asked(id *stage.Hash) (Type, []byte, bool) {
	s, i, o := c.lockNamed(id)
	if o == nil {
		return 0, nil, false
	}
	defer s.mu.Unlock()
	s.hits++
	s.use(i, o)
	return o.typ, o.content, true
}

// held gives an object that was asked for before, is still in the cache and is not
// spent. It counts for nothing.
func (c *cache) held(id *stage.Hash) (content []byte, ok bool) {
	s, _, o := c.lockNamed(id)
	if o == nil {
		return nil, false
	}
	defer s.mu.Unlock()
	if o.spent {
		return nil, false
	}
	return o.content, true
}

// lockNamed finds an object that was asked for before, and locks its stripe if it is
// still in the cache; otherwise o is nil.
func (c *cache) lockNamed(id *stage.Hash) (s *stripe, i slot, o *cached) {
	entry := c.name(id).Load()
	if entry == 0 {
		return nil, 0, nil
	}
	s, i = &c.stripes[entry%stripes], slot(entry>>stripeBits)
	s.mu.Lock()
	o = s.slot(i)
	if !o.named || o.id != *id { // another's, perhaps of an object that came since
		s.mu.Unlock()
		return nil, 0, nil
	}
	return s, i, o
}

// stat gives the type and size of an object that is in the cache. It counts for
// nothing.
func (c *cache) stat(at place) (typ Type, size int64, ok bool) {
	s, bucket := c.find(at)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, o := s.lookUp(*bucket, at, nil)
	if o == nil {
		return 0, 0, false
	}
	return o.typ, int64(len(o.content)), true
}

// get gives an object that is in the cache, and its depth. id is nil if nobody asks
// for it but to make another.
func (c *cache) get(at place, id *stage.Hash) (typ Type, content []byte, depth int, ok bool) {
	s, bucket := c.find(at)
	s.mu.Lock()
	defer s.mu.Unlock()
	i, o := s.lookUp(*bucket, at, id)
	if o == nil {
		s.misses++
		return 0, nil, 0, false
	}
	s.hits++
	if id == nil {
		s.bases.met(o.named)
	}
	c.publish(o, id, s.entry(i))
	s.use(i, o)
	return o.typ, o.content, int(o.depth), true
}

// keepsBase tells whether to keep an object that is made on the way to another, from a
// delta or whole.
func (c *cache) keepsBase(at place, whole bool) bool {
	s, _ := c.find(at)
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.bases.onwards() || !whole && s.bases.tryAgain()
}

// put keeps an object; id is as for get, and depth is how many deltas made it. If
// another worker was first, the other's content is given back, so that only one
// copy lives on.
func (c *cache) put(at place, id *stage.Hash, typ Type, content []byte, depth int) []byte {
	cost := len(content) + entryOverhead
	s, bucket := c.find(at)
	if cost > s.budget/2 { // it would push out everything else
		return content
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, o := s.lookUp(*bucket, at, id); o != nil {
		c.publish(o, id, s.entry(i))
		s.use(i, o)
		return o.content
	}
	i := s.take()
	o := s.slot(i)
	*o = cached{pack: at.pack, offset: at.offset, typ: typ, content: content, sameBucket: *bucket, depth: uint8(min(depth, math.MaxUint8))}
	o.kind = kindOf(o)
	if o.whole() && !s.bases.onwards() {
		o.rounds = wholeRounds
	}
	*bucket = i
	s.size += cost
	s.link(i, o)
	c.publish(o, id, s.entry(i))
	for s.size > s.budget {
		least := s.leastWorth()
		if o := s.slot(least); o.rounds > 0 {
			o.rounds--
			s.renew(least, o)
		} else {
			c.drop(s, least)
		}
	}
	return content
}

// lookUp searches a bucket. The object is nil if it is not there.
func (s *stripe) lookUp(i slot, at place, id *stage.Hash) (slot, *cached) {
	for i != noSlot {
		o := s.slot(i)
		if o.at() == at && (at.pack != 0 || o.id == *id) {
			return i, o
		}
		i = o.sameBucket
	}
	return noSlot, nil
}

// publish lets asked find an object by its id. A corrupt index may give it
// several, of which the first counts.
func (c *cache) publish(o *cached, id *stage.Hash, entry uint64) {
	if id == nil || o.named && o.id != *id {
		return
	}
	o.id, o.named = *id, true
	c.name(id).Store(entry)
}

// use is told that an object is of use again. One that became the newest of its queue
// not long ago, as most are, stays where it is, since it is far from being dropped: to
// move it is to write to three others, which as a rule are in no processor's cache, or in
// the other one's.
func (s *stripe) use(i slot, o *cached) {
	q := &s.queues[o.queue()]
	if s.clock-o.since >= (s.clock-q.since)/recentShare {
		s.renew(i, o)
	}
}

// renew makes an object the newest of its queue.
func (s *stripe) renew(i slot, o *cached) {
	s.unlink(o)
	s.link(i, o)
}

// release takes an object for spent.
func (c *cache) release(id *stage.Hash) {
	s, i, o := c.lockNamed(id)
	if o == nil {
		return
	}
	defer s.mu.Unlock()
	if o.spent || o.whole() && o.typ != Commit && !s.bases.onwards() {
		return
	}
	s.unlink(o)
	o.spent, o.rounds = true, 0
	s.link(i, o)
}

// drop takes an object out of the cache.
func (c *cache) drop(s *stripe, i slot) {
	o := s.slot(i)
	s.unlink(o)
	s.size -= o.cost()
	_, at := c.find(o.at())
	for *at != i {
		at = &s.slot(*at).sameBucket
	}
	*at = o.sameBucket
	if o.named {
		c.name(&o.id).CompareAndSwap(s.entry(i), 0)
	}
	*o = cached{older: s.unused}
	s.unused = i
}

// clear drops everything. Nobody may use the cache any more.
func (c *cache) clear() {
	for i := range c.stripes {
		s := &c.stripes[i]
		s.mu.Lock()
		s.buckets, s.pages = nil, nil
		s.mu.Unlock()
	}
	c.names = nil
}

// counts gives how often an object was found and how often not.
func (c *cache) counts() (hits, misses uint64) {
	for i := range c.stripes {
		s := &c.stripes[i]
		s.mu.Lock()
		hits, misses = hits+s.hits, misses+s.misses
		s.mu.Unlock()
	}
	return hits, misses
}
