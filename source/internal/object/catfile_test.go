package object

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// openWithoutPacks opens a store that has packs which only git can read.
func (r testRepo) openWithoutPacks(options Options) *Store {
	s := r.open(options)
	packs := *s.packs.Load()
	s.packs.Store(new([]*pack))
	for _, p := range packs {
		require.NoError(r, p.close())
	}
	unsupported := error(errUnsupported)
	s.broken.Store(&unsupported)
	return s
}

func TestGitReadsWhatWeCannot(t *testing.T) {
	r := newRepo(t).history(10)
	s := r.openWithoutPacks(Options{})
	requireAllEqual(t, s, r.dir+"/.git")
	_, _, err := s.Get(background, stage.Hash{1})
	require.ErrorIs(t, err, stage.ErrMissing)
	_, err = s.Commit(background, r.id("HEAD"))
	require.NoError(t, err, "the child goes on after a missing object")
}

func TestGitsAnswersAreBounded(t *testing.T) {
	r := newRepo(t).history(1)
	s := r.openWithoutPacks(Options{MaxObject: 10_000})
	long := r.id("HEAD:long.txt")
	_, err := s.Blob(background, long)
	require.ErrorIs(t, err, ErrTooLarge)
	typ, size, err := s.Stat(background, long)
	require.NoError(t, err)
	assert.Equal(t, Blob, typ)
	assert.Greater(t, size, int64(10_000))
	_, err = s.Commit(background, r.id("HEAD"))
	require.NoError(t, err)
}

func TestTheGitChildIsStartedAgainWhenItHasDied(t *testing.T) {
	r := newRepo(t).history(1)
	s := r.openWithoutPacks(Options{})
	head := r.id("HEAD")
	for range 3 {
		_, err := s.Commit(background, head)
		require.NoError(t, err)
		require.NoError(t, s.fallback.child.Close())
	}
	ctx, cancel := context.WithCancel(background)
	cancel()
	_, err := s.Commit(ctx, head)
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Commit(background, head)
	require.NoError(t, err)
}

func TestCloseEndsTheGitChild(t *testing.T) {
	r := newRepo(t).history(20)
	s := r.openWithoutPacks(Options{})
	head := r.id("HEAD")
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for {
				if _, err := s.Commit(background, head); err != nil {
					assert.ErrorIs(t, err, ErrClosed)
					return
				}
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	require.NoError(t, s.Close())
	workers.Wait()
	assert.Nil(t, s.fallback.child)
}

func FuzzAnswer(f *testing.F) {
	id := stage.Hash{0xab}
	for _, line := range []string{" blob 12\n", " missing\n", " blob -1\n", " commit 99999999999999999999\n", "\n"} {
		f.Add(id.String() + line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		o, err := parseAnswer([]byte(line), id)
		if err == nil {
			assert.GreaterOrEqual(t, o.size, int64(0))
		}
	})
}
