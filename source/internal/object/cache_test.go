package object

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// numbered gives the place and the id of an object of the tests. All lie in the
// same stripe.
func numbered(c *cache, n int) (place, *stage.Hash) {
	for offset := uint64(n) << 20; ; offset++ {
		if s, _ := c.find(packed(1, offset)); s == &c.stripes[0] {
			return packed(1, offset), &stage.Hash{byte(n), byte(n >> 8), 1}
		}
	}
}

func TestObjectsThatAreStoredWholeStayLonger(t *testing.T) {
	const size, room = 1000, 40
	c := newCache(stripes * room * (size + entryOverhead))
	whole, id := numbered(c, 0)
	c.put(whole, id, Blob, make([]byte, size), 0)
	c.release(id)
	others := 0 // that are put until it is gone
	for ; others <= 2*(wholeRounds+1)*room; others++ {
		s, bucket := c.find(whole)
		if _, o := s.lookUp(*bucket, whole, nil); o == nil {
			break
		}
		at, _ := numbered(c, others+1)
		c.put(at, nil, Blob, make([]byte, size), 1)
	}
	require.Equal(t, (wholeRounds+1)*room, others, "it is not spent, and passes the end of the queue %d times", wholeRounds)
}

func TestCommitsAreSpentThoughTheyAreStoredWhole(t *testing.T) {
	c := newCache(1 << 20)
	for _, typ := range []Type{Commit, Tree, Blob} {
		at, id := numbered(c, int(typ))
		c.put(at, id, typ, []byte("content"), 0)
		c.release(id)
		s, bucket := c.find(at)
		_, o := s.lookUp(*bucket, at, nil)
		require.Equal(t, typ == Commit, o.spent, "%s", typ)
		require.Equal(t, typ != Commit, o.rounds == wholeRounds, "%s", typ)
	}
}

// Where the ends of deltas are what somebody has asked for, what is made on the way is not
// kept, until it is met again.
func TestBasesAreKeptAsLongAsTheyAreMet(t *testing.T) {
	const size, room = 1000, 40
	c := newCache(stripes * room * (size + entryOverhead))
	s, n := &c.stripes[0], 0
	next := func() (place, *stage.Hash) {
		n++
		return numbered(c, n)
	}
	// deltas end at what was asked for, or at what was made on the way, if it is kept
	deltas := func(asked bool) (kept bool) {
		at, id := next()
		if !asked {
			if !c.keepsBase(at, false) {
				return false
			}
			id = nil
		}
		c.put(at, id, Blob, make([]byte, size), 1)
		c.get(at, nil)
		sizes := 0
		if asked {
			sizes = fewMade
		}
		for range sizes { // who wants to know the size makes nothing from it
			if typ, got, ok := c.stat(at); !ok || typ != Blob || got != size {
				t.Fatalf("a blob of %d bytes is said to be a %s of %d, %t", size, typ, got, ok)
			}
		}
		return true
	}
	for k := range 10 * basesForgotten { // as in git-repack's packs
		require.True(t, deltas(k%5 > 0))
		require.False(t, s.bases.onwards(), "a fifth is more than few")
	}
	for k := 0; !s.bases.onwards(); k++ {
		deltas(true)
		require.Less(t, k, 10*basesForgotten)
	}
	for range 10 * basesForgotten {
		deltas(true)
	}
	kept := 0
	for range 10 * triedEvery {
		if deltas(false) {
			kept++
		}
	}
	require.Equal(t, 10, kept)

	at, id := next()
	for range 2 * triedEvery {
		require.False(t, c.keepsBase(at, true), "nor is what is stored whole")
	}
	c.put(at, id, Blob, make([]byte, size), 0)
	c.release(id)
	_, bucket := c.find(at)
	_, o := s.lookUp(*bucket, at, nil)
	require.Zero(t, o.rounds, "what is stored whole and asked for stays no longer than others")
	require.True(t, o.spent, "and is spent like them")

	for k := 0; s.bases.onwards(); k++ {
		deltas(false)
		require.Less(t, k, 2*basesForgotten*triedEvery, "they are met again")
	}
	for range triedEvery {
		require.True(t, deltas(false))
		require.True(t, c.keepsBase(at, true))
	}
}

// However often an object is asked for, it is spent when it was released, and not before:
// workers that are ahead of others ask for the same.
func TestReleasedObjectsAreDroppedFirst(t *testing.T) {
	const size, room = 1000, 40
	c := newCache(stripes * room * (size + entryOverhead))
	for n := range room {
		at, id := numbered(c, n)
		c.put(at, id, Blob, make([]byte, size), 1)
		for range n % 4 {
			_, _, ok := c.asked(id)
			require.True(t, ok)
		}
		content, held := c.held(id)
		require.True(t, held)
		require.Len(t, content, size)
		if n >= room/2 {
			c.release(id)
			c.release(id)
			_, held = c.held(id)
			require.False(t, held)
		}
	}
	_, absent := numbered(c, room)
	c.release(absent)
	_, held := c.held(absent)
	require.False(t, held)
	for n := range room / 4 {
		at, _ := numbered(c, room+n)
		c.put(at, nil, Blob, make([]byte, size), 1)
	}
	for n := range room {
		_, id := numbered(c, n)
		_, _, ok := c.asked(id)
		require.Equal(t, n < room/2 || n >= room/2+room/4, ok, "object %d", n)
	}
}

func TestObjectsOutsideOfPacksAreToldApart(t *testing.T) {
	c := newCache(1 << 20)
	one := stage.Hash{1, 2, 3, 4, 5, 6, 7, 8, 9}
	other := stage.Hash{1, 2, 3, 4, 5, 6, 7, 8, 10}
	c.put(loose(&one), &one, Blob, []byte("one"), 0)
	_, _, _, ok := c.get(loose(&other), &other)
	require.False(t, ok)
	c.put(loose(&other), &other, Tree, []byte("other"), 0)
	for id, want := range map[stage.Hash]string{one: "one", other: "other"} {
		_, content, _, ok := c.get(loose(&id), &id)
		require.True(t, ok)
		require.Equal(t, want, string(content))
	}
}

func TestCacheUnderManyWorkers(t *testing.T) {
	const budget = 1 << 20
	c := newCache(budget)
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(worker)))
			for range 20_000 {
				n := random.IntN(3000)
				at, id := packed(1, uint64(n)), &stage.Hash{byte(n), byte(n >> 8)}
				content, ok := []byte(nil), false
				if random.IntN(2) == 0 {
					_, content, ok = c.asked(id)
				}
				if random.IntN(4) == 0 {
					id = nil // on the way to another
				}
				if !ok {
					_, content, _, ok = c.get(at, id)
				}
				if n%5 == 0 {
					c.release(&stage.Hash{byte(n), byte(n >> 8)})
				}
				if !ok {
					content = c.put(at, id, Blob, fmt.Appendf(make([]byte, 0, 900), "%d%*s", n, n%800, "."), n%3)
				}
				var got int
				if _, err := fmt.Sscanf(string(content), "%d", &got); err != nil || got != n {
					t.Errorf("asked for %d, got %d: %v", n, got, err)
					return
				}
			}
		})
	}
	all.Wait()
	kept := map[uint64]bool{}
	for i := range c.stripes {
		s := &c.stripes[i]
		size, objects := 0, 0
		for kind, q := range s.queues {
			inQueue, newer, since := 0, noSlot, s.clock+1
			for i := q.newest; i != noSlot; newer, i = i, s.slot(i).older {
				o := s.slot(i)
				require.EqualValues(t, kind, o.queue())
				require.Equal(t, newer, o.newer)
				require.Less(t, o.since, since)
				since = o.since
				kept[s.entry(i)] = true
				inQueue += o.cost()
				objects++
			}
			require.Equal(t, newer, q.oldest)
			if q.oldest != noSlot {
				require.Equal(t, since, q.since)
			}
			require.Equal(t, inQueue, q.size)
			size += inQueue
		}
		for i := s.unused; i != noSlot; i = s.slot(i).older {
			require.Equal(t, cached{older: s.slot(i).older}, *s.slot(i), "unused slots hold nothing")
			objects++
		}
		require.Equal(t, len(s.pages)*pageSlots-int(firstSlot), objects, "every slot is in use or to be used")
		require.Equal(t, size, s.size)
		require.LessOrEqual(t, s.size, budget/stripes)
	}
	require.NotEmpty(t, kept)
	for i := range c.names {
		if entry := c.names[i].Load(); entry != 0 {
			require.True(t, kept[entry], "what was dropped must not be held any longer")
		}
	}
}
