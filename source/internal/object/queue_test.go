package object

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Objects of two sizes come by turns. Where deltas lead backwards the oldest of them go,
// whatever their size; where they lead onwards, the small ones stay longer by as much as
// dropping them gains less.
func TestSmallFilesStayLongerWhereDeltasLeadOnwards(t *testing.T) {
	const small, large, room, many = 3000, 48_000, 100, 3000
	for name, onwards := range map[string]bool{"backwards": false, "onwards": true} {
		t.Run(name, func(t *testing.T) {
			c := newCache(stripes * room * (small + large))
			if onwards {
				c.stripes[0].bases.dropped = basesKnown
			}
			for n := range many {
				at, id := numbered(c, n)
				c.put(at, id, Blob, make([]byte, []int{small, large}[n%2]), false)
			}
			var ages [2]int // of the oldest that are left
			for n := many - 1; n >= 0; n-- {
				at, _ := numbered(c, n)
				if _, bucket := c.find(at); holds(c, *bucket, at) {
					ages[n%2] = many - n
				}
			}
			if !onwards {
				require.InDelta(t, ages[0], ages[1], 1)
				return
			}
			kinds := [2]int{(&cached{typ: Blob, content: make([]byte, small)}).queue(), (&cached{typ: Blob, content: make([]byte, large)}).queue()}
			want := float64(gainsOnwards[kinds[1]]) / float64(gainsOnwards[kinds[0]])
			require.Greater(t, want, 3.0)
			require.InEpsilon(t, want, float64(ages[0])/float64(ages[1]), 0.1)
		})
	}
}

func holds(c *cache, bucket slot, at place) bool {
	_, o := c.stripes[0].lookUp(bucket, at, nil)
	return o != nil
}

// Objects of all types and sizes keep to the budget, in whatever queue they are.
func TestQueuesOfManySizes(t *testing.T) {
	c := newCache(stripes << 20)
	s := &c.stripes[0]
	kinds := map[int]bool{}
	for n := range 2000 {
		at, id := numbered(c, n)
		size := 1 << (n % 18)
		typ := []Type{Blob, Blob, Tree, Commit}[n/18%4]
		c.put(at, id, typ, make([]byte, size), false)
		require.LessOrEqual(t, s.size, s.budget)
		for kind, q := range s.queues {
			kinds[kind] = kinds[kind] || q.newest != noSlot
		}
		if n%5 == 0 {
			c.release(id)
		}
	}
	require.Len(t, kinds, queues)
	for kind, used := range kinds {
		require.True(t, used, "queue %d", kind)
	}
}
