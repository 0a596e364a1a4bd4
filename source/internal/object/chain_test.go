package object

import (
	"bytes"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// Where deltas lead onwards, what is made on the way to an object is made in memory
// that is used again: the object itself must not be in it, and nothing else be
// allocated.
func TestObjectsOnTheWayAreMadeInMemoryThatIsUsedAgain(t *testing.T) {
	r := newRepo(t).history(30)
	r.git("repack", "-adfq", "--depth=250", "--window=250")
	s := r.open(Options{CacheBytes: 1})
	for i := range s.cache.stripes {
		s.cache.stripes[i].bases.asked = basesForgotten / 2
	}
	want := map[stage.Hash][]byte{}
	eachObject(t, filepath.Join(r.dir, ".git"), func(id stage.Hash, _ Type, content []byte) { want[id] = bytes.Clone(content) })
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			got := map[stage.Hash][]byte{}
			for range 2 {
				for id := range want {
					_, content, err := s.Get(background, id)
					assert.NoError(t, err)
					got[id] = content
				}
			}
			for id, content := range want { // none was written over later
				assert.True(t, bytes.Equal(got[id], content), id)
			}
		})
	}
	workers.Wait()

	depth := func(id stage.Hash) (n int) {
		p := (*s.packs.Load())[0]
		offset, found, err := p.index.find(&id)
		require.True(t, found)
		for require.NoError(t, err); ; n++ {
			e, err := p.entry(offset)
			require.NoError(t, err)
			if !e.isDelta() {
				return n
			}
			offset = e.base
		}
	}
	deepest, id := 0, stage.Hash{}
	for other := range want {
		if n := depth(other); n > deepest {
			deepest, id = n, other
		}
	}
	require.Greater(t, deepest, 20)
	size := uint64(len(want[id]))
	require.Greater(t, size, uint64(50_000))
	var before, after runtime.MemStats
	const times = 5
	runtime.ReadMemStats(&before)
	for range times {
		_, _, err := s.Get(background, id)
		require.NoError(t, err)
	}
	runtime.ReadMemStats(&after)
	perGet := (after.TotalAlloc - before.TotalAlloc) / times
	assert.Less(t, perGet, 6*size, // the race detector makes a pool forget what it is given
		"%d bytes are allocated for %d", perGet, size)
}
