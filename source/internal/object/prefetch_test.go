package object

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// Prefetch changes nothing that anybody can see, whatever it is told.
func TestPrefetchedObjectsAreReadAsOthers(t *testing.T) {
	r := newRepo(t).history(40)
	r.git("repack", "-adq")
	var ids []stage.Hash
	eachObject(t, filepath.Join(r.dir, ".git"), func(id stage.Hash, _ Type, _ []byte) { ids = append(ids, id) })
	require.Greater(t, len(ids), 2*prefetched)
	absent := make([]stage.Hash, 1000)
	random := rand.NewChaCha8([32]byte{3})
	for i := range absent {
		_, _ = random.Read(absent[i][:])
	}

	s := r.open(Options{})
	s.Prefetch(ids) // no pack was of use yet
	_, _, err := s.Get(background, ids[0])
	require.NoError(t, err)
	hits, misses := s.cache.counts()
	for _, told := range [][]stage.Hash{nil, ids[:1], ids[:prefetched], ids[:prefetched+1], ids, absent, {{}, ids[3], emptyTree}} {
		s.Prefetch(told)
	}
	hitsThen, missesThen := s.cache.counts()
	assert.Equal(t, [2]uint64{hits, misses}, [2]uint64{hitsThen, missesThen}, "no object is read")

	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for range 20 {
				s.Prefetch(ids)
				s.Prefetch(absent)
			}
		})
	}
	requireAllEqual(t, s, filepath.Join(r.dir, ".git"))
	workers.Wait()
	for _, id := range absent[:10] {
		_, _, err := s.Get(background, id)
		require.ErrorIs(t, err, stage.ErrMissing)
	}
	require.NoError(t, s.Close())
	s.Prefetch(ids)
}

// What is wrong with a pack is told by who reads an object, not by Prefetch.
func TestPrefetchingFromAPackThatIsTruncatedUnderUs(t *testing.T) {
	r := newRepo(t).history(300)
	r.git("repack", "-adq")
	var ids []stage.Hash
	eachObject(t, filepath.Join(r.dir, ".git"), func(id stage.Hash, _ Type, _ []byte) { ids = append(ids, id) })
	s := r.open(Options{})
	_, _, err := s.Get(background, ids[0])
	require.NoError(t, err)
	for _, suffix := range []string{".pack", ".idx"} {
		name := r.packFiles(suffix)[0]
		require.NoError(t, os.Chmod(name, 0o600))
		require.NoError(t, os.Truncate(name, 100))
		s.Prefetch(ids)
	}
}
