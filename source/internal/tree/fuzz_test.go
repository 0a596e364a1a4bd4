package tree_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source/internal/gitoracle"
	"github.com/commitflow/commitflow/source/internal/tree"
	"github.com/commitflow/commitflow/stage"
)

// few answers every id with one of a few trees, so that made-up entries lead
// somewhere, and often in a circle.
type few [][]byte

func (f few) Tree(_ context.Context, id stage.Hash) ([]byte, error) {
	return f[int(id[0])%len(f)], nil
}

// fewHeld has them at hand, until they are released.
type fewHeld struct {
	few
	released map[stage.Hash]bool
}

func (f fewHeld) Release(id stage.Hash) { f.released[id] = true }

func (f fewHeld) Held(id stage.Hash) ([]byte, bool) {
	data, _ := f.Tree(context.Background(), id)
	return data, !f.released[id]
}

// FuzzDiff compares trees of any bytes. What passes over equal parts must give
// the same as what looks at every entry, and the other direction the opposite.
func FuzzDiff(f *testing.F) {
	id := stage.Hash{2}
	small := appendEntry(appendEntry(nil, "100644", "a", id), "40000", "d", id)
	other := appendEntry(appendEntry(nil, "100755", "a", id), "40000", "d", stage.Hash{3})
	f.Add(small, other, appendEntry(nil, "120000", "link", id), []byte{})
	f.Add(small, appendEntry(nil, "160000", "a", id), other, small[:len(small)-1])
	f.Add(appendEntry(nil, "100644", "d", id), appendEntry(nil, "40000", "d", id), small, other)
	f.Add([]byte("100644 "), []byte("\x00"), []byte("777777777777 x\x00"), []byte{})
	f.Fuzz(func(t *testing.T, before, after, third, fourth []byte) {
		objects := few{before, after, third, fourth}
		oldID, newID := stage.Hash{0, 1}, stage.Hash{1, 1}
		held := fewHeld{objects, map[stage.Hash]bool{}}
		tree.Retire(t.Context(), held, oldID, newID)
		require.True(t, held.released[oldID])

		small := tree.Options{MaxFiles: 50}
		files, err := tree.Diff(t.Context(), objects, oldID, newID, small)
		if err != nil {
			var malformed *tree.MalformedError
			require.True(t, errors.Is(err, tree.ErrTooLarge) || errors.As(err, &malformed), "%v", err)
			return
		}
		for _, c := range files {
			requireSound(t, c)
		}

		back, err := tree.Diff(t.Context(), objects, newID, oldID, small)
		require.NoError(t, err)
		require.Len(t, back, len(files))
		for i := range back {
			reverse(&back[i])
		}
		assert.Equal(t, gitoracle.Lines(files), gitoracle.Lines(back))

		all, err := tree.Diff(t.Context(), objects, oldID, newID, tree.Options{MaxFiles: 500, Unchanged: true})
		if err == nil {
			all = slices.DeleteFunc(all, func(c stage.FileChange) bool { return c.Kind == tree.Unchanged })
			assert.Equal(t, gitoracle.Lines(files), gitoracle.Lines(all))
		}
	})
}

// requireSound checks that the fields of a change fit together.
func requireSound(t *testing.T, c stage.FileChange) {
	t.Helper()
	require.Equal(t, c.Kind == stage.Added, c.OldPath == "")
	require.Equal(t, c.Kind == stage.Deleted, c.NewPath == "")
	require.Equal(t, c.Kind == stage.Added, c.OldMode == stage.ModeNone)
	require.Equal(t, c.Kind == stage.Deleted, c.NewMode == stage.ModeNone)
	switch c.Kind {
	case stage.Added, stage.Deleted:
	case stage.Modified:
		require.Equal(t, c.OldMode.Type(), c.NewMode.Type())
		require.False(t, c.OldMode == c.NewMode && c.OldID == c.NewID)
	case stage.TypeChanged:
		require.NotEqual(t, c.OldMode.Type(), c.NewMode.Type())
	default:
		require.Fail(t, "unexpected kind", "%q", c.Kind)
	}
}

// reverse turns a change into that of the other direction.
func reverse(c *stage.FileChange) {
	c.OldPath, c.NewPath = c.NewPath, c.OldPath
	c.OldMode, c.NewMode = c.NewMode, c.OldMode
	c.OldID, c.NewID = c.NewID, c.OldID
	switch c.Kind {
	case stage.Added:
		c.Kind = stage.Deleted
	case stage.Deleted:
		c.Kind = stage.Added
	}
}
