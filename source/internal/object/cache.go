package object

import (
	"encoding/binary"
	"sync"

	"github.com/commitflow/commitflow/stage"
)

// place is where an object lies: at an offset of a pack, or on its own.
type place struct {
	pack uint32 // 0 for objects outside of packs
	name stage.Hash
}

// packed is the place of an object in a pack.
func packed(pack uint32, offset uint64) (p place) {
	p.pack = pack
	binary.LittleEndian.PutUint64(p.name[:], offset)
	return p
}

// stripes is the number of locks of a cache.
const (
	stripeBits = 4
	stripes    = 1 << stripeBits
)

// entryOverhead is about what an object costs in the cache beside its bytes.
const entryOverhead = 192

// cache keeps inflated objects up to a number of bytes and drops those first
// that were not asked for the longest. Objects in it are shared and never
// change. It is safe for concurrent use: its objects are spread over stripes
// that are locked on their own.
type cache struct {
	stripes [stripes]stripe
}

type stripe struct {
	mu      sync.Mutex
	objects map[place]*cached
	recent  cached // the ring's head: next is the latest used, previous the oldest
	size    int
	budget  int

	hits, misses uint64
	_            [64]byte // keeps the locks of two stripes off one cache line
}

// cached is an object in a stripe's ring.
type cached struct {
	next, previous *cached
	at             place
	typ            Type
	content        []byte
}

func newCache(budget int) *cache {
	c := new(cache)
	for i := range c.stripes {
		s := &c.stripes[i]
		s.objects = make(map[place]*cached)
		s.recent.next, s.recent.previous = &s.recent, &s.recent
		s.budget = budget / stripes
	}
	return c
}

// stripe spreads places by the low bytes of an offset or id.
func (c *cache) stripe(at *place) *stripe {
	spread := (binary.LittleEndian.Uint64(at.name[:]) + uint64(at.pack)) * 0x9e3779b97f4a7c15
	return &c.stripes[spread>>(64-stripeBits)]
}

// get gives an object that is in the cache.
func (c *cache) get(at place) (Type, []byte, bool) {
	s := c.stripe(&at)
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.objects[at]
	if o == nil {
		s.misses++
		return 0, nil, false
	}
	s.hits++
	o.unlink()
	o.linkAfter(&s.recent)
	return o.typ, o.content, true
}

// put keeps an object. If another worker was first, the other's content is
// given back, so that only one copy lives on.
func (c *cache) put(at place, typ Type, content []byte) []byte {
	cost := len(content) + entryOverhead
	s := c.stripe(&at)
	if cost > s.budget/2 { // it would push out everything else
		return content
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.objects[at]; o != nil {
		return o.content
	}
	o := &cached{at: at, typ: typ, content: content}
	s.objects[at] = o
	o.linkAfter(&s.recent)
	s.size += cost
	for s.size > s.budget {
		oldest := s.recent.previous
		oldest.unlink()
		delete(s.objects, oldest.at)
		s.size -= len(oldest.content) + entryOverhead
	}
	return content
}

// clear drops everything.
func (c *cache) clear() {
	for i := range c.stripes {
		s := &c.stripes[i]
		s.mu.Lock()
		clear(s.objects)
		s.recent.next, s.recent.previous = &s.recent, &s.recent
		s.size = 0
		s.mu.Unlock()
	}
}

// counts gives how often get found an object and how often not.
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
