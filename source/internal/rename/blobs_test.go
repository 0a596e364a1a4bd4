package rename_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source/internal/rename"
	"github.com/commitflow/commitflow/stage"
)

// pairs makes changes that delete "old/…" and add "new/…", whose blobs have
// the ids {1, i} and {2, i}.
func pairs(names ...string) []stage.FileChange {
	var changes []stage.FileChange
	for i, name := range names {
		changes = append(changes, stage.FileChange{
			Kind: stage.Added, NewPath: "new/" + name, NewMode: stage.ModeRegular, NewID: stage.Hash{2, byte(i)},
		})
	}
	for i, name := range names {
		changes = append(changes, stage.FileChange{
			Kind: stage.Deleted, OldPath: "old/" + name, OldMode: stage.ModeRegular, OldID: stage.Hash{1, byte(i)},
		})
	}
	return changes
}

func TestMissingBlobsStayAsTheyAre(t *testing.T) {
	blobs := memory{
		{1, 1}: []byte(lines(0, 10)), {2, 1}: []byte(lines(0, 9)),
		{1, 2}: []byte(lines(20, 30)),
	}
	for _, opt := range []rename.Options{{}, {Copies: true}} {
		files, _, err := rename.Detect(t.Context(), blobs, pairs("a", "b", "c"), opt)
		require.NoError(t, err)
		assert.Equal(t, "A new/a, R090 old/b new/b, A new/c, D old/a, D old/c", brief(files))
	}
}

// lost knows the sizes of blobs that it cannot give.
type lost struct{ memory }

func (lost) Blob(context.Context, stage.Hash) ([]byte, error) { return nil, stage.ErrMissing }

func TestBlobsThatTurnOutToBeMissing(t *testing.T) {
	blobs := lost{memory{{1, 0}: []byte(lines(0, 10)), {2, 0}: []byte(lines(0, 9))}}
	for _, opt := range []rename.Options{{}, {Copies: true}} {
		files, _, err := rename.Detect(t.Context(), blobs, pairs("a"), opt)
		require.NoError(t, err)
		assert.Equal(t, "A new/a, D old/a", brief(files))
	}
}

func TestLargeBlobsAreNotCompared(t *testing.T) {
	blobs := memory{
		{1, 0}: []byte(lines(0, 100)), {2, 0}: []byte(lines(0, 99)),
		{1, 1}: []byte(lines(0, 10)), {2, 1}: []byte(lines(0, 9)),
	}
	files, _, err := rename.Detect(t.Context(), blobs, pairs("a", "b"), rename.Options{MaxBlob: 100})
	require.NoError(t, err)
	assert.Equal(t, "A new/a, R090 old/b new/b, D old/a", brief(files))
}

var errBroken = errors.New("broken")

// broken fails to give contents, and sizes too if they are asked to fail.
type broken struct {
	memory
	sizes bool
}

func (broken) Blob(context.Context, stage.Hash) ([]byte, error) { return nil, errBroken }

func (b broken) Size(ctx context.Context, id stage.Hash) (int64, error) {
	if b.sizes {
		return 0, errBroken
	}
	return b.memory.Size(ctx, id)
}

func TestOtherErrorsEndTheSearch(t *testing.T) {
	blobs := memory{{1, 0}: []byte(lines(0, 10)), {2, 0}: []byte(lines(0, 9))}
	for _, opt := range []rename.Options{{}, {Copies: true}} {
		for _, sizes := range []bool{false, true} {
			_, _, err := rename.Detect(t.Context(), broken{blobs, sizes}, pairs("a"), opt)
			assert.ErrorIs(t, err, errBroken)
		}
	}
}

func TestCancelledContextEndsTheSearch(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	blobs := memory{{1, 0}: []byte(lines(0, 10)), {2, 0}: []byte(lines(0, 9))}
	_, _, err := rename.Detect(ctx, blobs, pairs("a"), rename.Options{Copies: true})
	assert.ErrorIs(t, err, context.Canceled)
}

// TestEachBlobIsReadOnce counts what a search of many candidates reads.
func TestEachBlobIsReadOnce(t *testing.T) {
	blobs := &counting{memory: memory{}, read: map[stage.Hash]int{}}
	names := []string{"a", "b", "c", "d", "e", "f"}
	for i := range names {
		blobs.memory[stage.Hash{1, byte(i)}] = []byte(lines(0, 20+i))
		blobs.memory[stage.Hash{2, byte(i)}] = []byte(lines(5, 20+i))
	}
	files, _, err := rename.Detect(t.Context(), blobs, pairs(names...), rename.Options{})
	require.NoError(t, err)
	assert.Len(t, files, len(names))
	assert.Len(t, blobs.read, 2*len(names))
	for id, times := range blobs.read {
		assert.Equal(t, 1, times, "%s", id)
	}
}

// counting counts what is read.
type counting struct {
	memory
	read map[stage.Hash]int
}

func (c *counting) Blob(ctx context.Context, id stage.Hash) ([]byte, error) {
	c.read[id]++
	return c.memory.Blob(ctx, id)
}
