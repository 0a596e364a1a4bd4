package walk

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
	"github.com/commitflow/commitflow/source/internal/object"
	"github.com/commitflow/commitflow/stage"
)

// Blocks are read for histories only, and for those that make up a good part of
// their packs.
func TestReadingAheadIsBounded(t *testing.T) {
	dir := longHistory(t, 2000)
	git(t, dir, "", "repack", "-adq")
	repo, err := gitcmd.Open(t.Context(), dir)
	require.NoError(t, err)
	store, err := object.Open(t.Context(), repo, object.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	id, err := stage.ParseHash(git(t, dir, "", "rev-parse", "c1900"))
	require.NoError(t, err)

	a := newAhead(t.Context(), store, 2)
	defer a.close()
	assert.Nil(t, a.take(id, aheadFrom-1), "a short history")
	assert.Empty(t, a.known)

	b := a.take(id, aheadFrom)
	require.NotNil(t, b)
	assert.Greater(t, len(b.commits), 100)
	assert.Equal(t, len(b.commits), a.read)

	a.read = aheadFree + aheadShare*aheadFrom + 1
	assert.Nil(t, a.take(id, aheadFrom), "many commits for nothing")
	assert.NotNil(t, a.take(id, 2*aheadFrom), "until more of them are visited")
}

func TestClosingWhileBlocksAreRead(t *testing.T) {
	a := newAhead(t.Context(), nil, 2)
	a.close() // before anything has begun
}
