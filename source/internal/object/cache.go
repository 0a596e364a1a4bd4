package object

import (
	"encoding/binary"
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
	// spentAfter is how often an object is asked for until it is taken for
	// spent: a walk along the history meets each version of a file twice, when it
	// comes and when it goes.
	spentAfter = 2
	// spentShare is the part of the budget up to which spent objects are kept.
	spentShare = 8
)

// cache keeps inflated objects up to a number of bytes. It drops spent objects
// first, and then those that were not of use the longest: an object that was
// only made on the way to another is the next or the last version of the same
// file, and will be asked for; one that was asked for often enough will not. On
// u-boot that makes up for a third of the budget.
//
// Objects in a cache are shared and never change. It is safe for concurrent
// use: its objects are spread over stripes that are locked on their own.
type cache struct {
	stripes [stripes]stripe
	// names finds objects by the first bits of their ids, the last that was
	// asked for where several have the same, so that pack indexes are spared.
	names []atomic.Pointer[cached]
}

type stripe struct {
	mu      sync.Mutex
	buckets []*cached // by their places; each begins a list
	// The rings' heads: next is the latest used, previous the oldest.
	awaited, spent  cached
	size, spentSize int
	budget          int

	hits, misses uint64
	_            [64]byte // keeps the locks of two stripes off one cache line
}

// cached is an object in one of a stripe's rings. What does not change after it
// was published in names may be read without the stripe's lock.
type cached struct {
	next, previous *cached // both nil once it was dropped
	sameBucket     *cached
	at             place
	content        []byte
	id             stage.Hash // if it is named
	typ            Type
	named          bool
	asked          uint8
}

func newCache(budget int) *cache {
	c := new(cache)
	buckets := min(1<<bits.Len(uint(budget/stripes/bucketBytes/2)), mostBuckets)
	for i := range c.stripes {
		s := &c.stripes[i]
		s.buckets = make([]*cached, buckets)
		s.budget = budget / stripes
		s.awaited.next, s.awaited.previous = &s.awaited, &s.awaited
		s.spent.next, s.spent.previous = &s.spent, &s.spent
	}
	c.names = make([]atomic.Pointer[cached], stripes*buckets)
	return c
}

// find gives the stripe and the bucket of a place.
func (c *cache) find(at place) (*stripe, **cached) {
	spread := (at.offset + uint64(at.pack)) * 0x9e3779b97f4a7c15
	s := &c.stripes[spread>>(64-stripeBits)]
	return s, &s.buckets[spread>>32&uint64(len(s.buckets)-1)]
}

// name gives the place in names for an id.
func (c *cache) name(id *stage.Hash) *atomic.Pointer[cached] {
	return &c.names[binary.LittleEndian.Uint64(id[:])&uint64(len(c.names)-1)]
}

// asked gives an object that is asked for, if it was before and is still in the
// cache. It may miss objects that get finds.
func (c *cache) asked(id *stage.Hash) (Type, []byte, bool) {
	o := c.name(id).Load()
	if o == nil || o.id != *id {
		return 0, nil, false
	}
	s, _ := c.find(o.at)
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.next != nil {
		s.hits++
		s.use(o, true)
	}
	return o.typ, o.content, true
}

// get gives an object that is in the cache. id is nil if nobody asks for it but
// to make another.
func (c *cache) get(at place, id *stage.Hash) (Type, []byte, bool) {
	s, bucket := c.find(at)
	s.mu.Lock()
	defer s.mu.Unlock()
	o := lookUp(*bucket, at, id)
	if o == nil {
		s.misses++
		return 0, nil, false
	}
	s.hits++
	c.publish(o, id)
	s.use(o, id != nil)
	return o.typ, o.content, true
}

// put keeps an object; id is as for get. If another worker was first, the
// other's content is given back, so that only one copy lives on.
func (c *cache) put(at place, id *stage.Hash, typ Type, content []byte) []byte {
	cost := len(content) + entryOverhead
	s, bucket := c.find(at)
	if cost > s.budget/2 { // it would push out everything else
		return content
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := lookUp(*bucket, at, id); o != nil {
		c.publish(o, id)
		s.use(o, id != nil)
		return o.content
	}
	o := &cached{at: at, typ: typ, content: content, sameBucket: *bucket}
	*bucket = o
	s.size += cost
	o.linkAfter(&s.awaited)
	c.publish(o, id)
	s.use(o, id != nil)
	for s.size > s.budget {
		oldest := s.awaited.previous
		if s.spentSize > s.budget/spentShare || oldest == &s.awaited {
			oldest = s.spent.previous
		}
		c.drop(s, oldest)
	}
	return content
}

// lookUp searches a bucket.
func lookUp(o *cached, at place, id *stage.Hash) *cached {
	for o != nil && (o.at != at || at.pack == 0 && o.id != *id) {
		o = o.sameBucket
	}
	return o
}

// publish lets asked find an object by its id. A corrupt index may give it
// several, of which the first counts.
func (c *cache) publish(o *cached, id *stage.Hash) {
	if id == nil || o.named && o.id != *id {
		return
	}
	if !o.named {
		o.id, o.named = *id, true
	}
	c.name(id).Store(o)
}

// use puts an object that is of use again at the head of its ring.
func (s *stripe) use(o *cached, asked bool) {
	o.unlink()
	if asked && o.asked < spentAfter {
		if o.asked++; o.asked == spentAfter {
			s.spentSize += len(o.content) + entryOverhead
		}
	}
	if o.asked == spentAfter {
		o.linkAfter(&s.spent)
	} else {
		o.linkAfter(&s.awaited)
	}
}

// drop takes an object out of the cache.
func (c *cache) drop(s *stripe, o *cached) {
	o.unlink()
	o.next, o.previous = nil, nil
	cost := len(o.content) + entryOverhead
	s.size -= cost
	if o.asked == spentAfter {
		s.spentSize -= cost
	}
	_, at := c.find(o.at)
	for *at != o {
		at = &(*at).sameBucket
	}
	*at = o.sameBucket
	if o.named {
		c.name(&o.id).CompareAndSwap(o, nil)
	}
}

// clear drops everything. Nobody may use the cache any more.
func (c *cache) clear() {
	for i := range c.stripes {
		s := &c.stripes[i]
		s.mu.Lock()
		s.buckets = nil
		s.awaited, s.spent = cached{}, cached{}
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

func (o *cached) unlink() {
	o.previous.next, o.next.previous = o.next, o.previous
}

func (o *cached) linkAfter(head *cached) {
	o.previous, o.next = head, head.next
	head.next.previous, head.next = o, o
}
