package object

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Objects of two kinds come by turns. Where deltas lead backwards the oldest of them go,
// whatever they are; where they lead onwards, those that are dropped for little gain stay
// longer by as much: small ones, and those that are made by many deltas.
func TestWhatGainsLittleStaysLongerWhereDeltasLeadOnwards(t *testing.T) {
	const room, many = 100, 3000
	type kind struct{ size, depth int }
	for name, c := range map[string]struct {
		onwards bool
		kinds   [2]kind
		ratio   float64 // of the gains, about
	}{
		"backwards":                {false, [2]kind{{3000, 1}, {48_000, 20}}, 1},
		"onwards, of two sizes":    {true, [2]kind{{3000, 1}, {48_000, 1}}, 3},
		"onwards, of two depths":   {true, [2]kind{{20_000, 20}, {20_000, 1}}, 3},
		"onwards, that gain alike": {true, [2]kind{{20_000, 2}, {20_500, 2}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			cache := newCache(stripes * room * (c.kinds[0].size + c.kinds[1].size))
			if c.onwards {
				cache.stripes[0].bases.asked = basesKnown
			}
			for n := range many {
				at, id := numbered(cache, n)
				kind := c.kinds[n%2]
				cache.put(at, id, Blob, make([]byte, kind.size), kind.depth)
			}
			var ages [2]float64 // of the oldest that are left
			for n := many - 1; n >= 0; n-- {
				at, _ := numbered(cache, n)
				if _, bucket := cache.find(at); holds(cache, *bucket, at) {
					ages[n%2] = float64(many - n)
				}
			}
			want := 1.0
			if c.onwards {
				gain := func(k kind) float64 {
					return float64(gainsOnwards[kindOf(&cached{typ: Blob, content: make([]byte, k.size), depth: uint8(k.depth)})])
				}
				want = gain(c.kinds[1]) / gain(c.kinds[0])
			}
			require.InEpsilon(t, c.ratio, want, 0.5)
			require.InEpsilon(t, want, ages[0]/ages[1], 0.1)
		})
	}
}

// Classes lie half a power of two apart, and have every gain in them or next to them.
func TestClassesOfGains(t *testing.T) {
	seen := map[uint8]bool{}
	for size := 0; size < 1<<20; size += 1 + size/7 {
		for depth := range 60 {
			o := &cached{typ: Blob, content: make([]byte, size), depth: uint8(depth)}
			kib := float64(o.cost()) / 1024
			milliseconds := (inflatingObject + kib*inflatingKiB + float64(depth)*(applyingDelta+kib*applyingKiB)) / 1e6
			gain, class := float64(o.cost())/milliseconds, kindOf(o)
			seen[class] = true
			if class == 0 {
				require.Less(t, gain, leastGain*1.01)
			} else {
				require.InEpsilon(t, 1, float64(gainsOnwards[class])/gain, 0.21, "%d bytes, %d deltas, class %d", size, depth, class)
			}
		}
	}
	require.Len(t, seen, gainClasses)
	require.EqualValues(t, gainClasses-1, kindOf(&cached{typ: Blob, content: make([]byte, 1<<30)}))
}

func holds(c *cache, bucket slot, at place) bool {
	_, o := c.stripes[0].lookUp(bucket, at, nil)
	return o != nil
}

// Objects of all types, sizes and depths keep to the budget, in whatever queue they are.
func TestQueuesOfManySizes(t *testing.T) {
	c := newCache(stripes << 20)
	s := &c.stripes[0]
	kinds := map[int]bool{}
	for n := range 2000 {
		at, id := numbered(c, n)
		size := 1 << (n % 18)
		typ := []Type{Blob, Blob, Tree, Commit}[n/18%4]
		c.put(at, id, typ, make([]byte, size), 1+n/7%90)
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
