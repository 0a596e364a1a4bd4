package tree_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source/internal/tree"
	"github.com/commitflow/commitflow/stage"
)

func TestMalformedTreesAreNamed(t *testing.T) {
	good := string(appendEntry(nil, "100644", "a", stage.Hash{1}))
	tests := []struct{ name, data, want string }{
		{"no NUL", "100644 a", "cut off"},
		{"no id", "100644 a\x00", "cut off"},
		{"half an id", good[:len(good)-1], "cut off"},
		{"half an entry after a good one", good + "100644", "cut off"},
		{"no mode", " a\x00" + strings.Repeat("x", 20), "octal"},
		{"no space", "100644\x00" + strings.Repeat("x", 20), "octal"},
		{"not octal", "100688 a\x00" + strings.Repeat("x", 20), "octal"},
		{"negative", "-100644 a\x00" + strings.Repeat("x", 20), "octal"},
		{"huge mode", strings.Repeat("7", 30) + " a\x00" + strings.Repeat("x", 20), "octal"},
		{"no name", "100644 \x00" + strings.Repeat("x", 20), "no name"},
		{"text", "this is a blob\n", "cut off"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			objects := memory{}
			bad := objects.put([]byte(tt.data))
			below := objects.put(appendEntry(nil, "40000", "dir", bad))
			for _, sides := range [][2]stage.Hash{{{}, below}, {below, {}}} {
				_, err := tree.Diff(t.Context(), objects, sides[0], sides[1], tree.Options{})
				var malformed *tree.MalformedError
				require.ErrorAs(t, err, &malformed)
				assert.Equal(t, bad, malformed.ID)
				assert.Equal(t, "dir", malformed.Path)
				assert.ErrorContains(t, err, tt.want)
				assert.ErrorContains(t, err, bad.String())
			}
		})
	}
}

func TestMissingSubtreeIsNamed(t *testing.T) {
	objects := memory{}
	absent := stage.Hash{7}
	root := objects.put(appendEntry(nil, "40000", "dir", absent))
	_, err := tree.Diff(t.Context(), objects, stage.Hash{}, root, tree.Options{})
	require.ErrorIs(t, err, stage.ErrMissing)
	assert.ErrorContains(t, err, absent.String())
	assert.ErrorContains(t, err, `"dir"`)

	_, err = tree.Diff(t.Context(), objects, root, absent, tree.Options{})
	assert.ErrorIs(t, err, stage.ErrMissing)

	files, err := tree.Diff(t.Context(), objects, root, root, tree.Options{})
	require.NoError(t, err, "what is equal on both sides is not read")
	assert.Empty(t, files)
}

func TestTreeThatHoldsItself(t *testing.T) {
	self := stage.Hash{1}
	objects := memory{self: appendEntry(appendEntry(nil, "100644", "f", stage.Hash{2}), "40000", "self", self)}
	_, err := tree.Diff(t.Context(), objects, stage.Hash{}, self, tree.Options{})
	require.ErrorIs(t, err, tree.ErrTooLarge)
	assert.ErrorContains(t, err, "more than 2048 directories deep")
}

// bomb makes trees that each hold the next one ten times: 10 to the power of
// levels files, or empty directories, in a few hundred bytes.
func bomb(levels int, leaf []byte) (objects memory, root stage.Hash) {
	objects = memory{}
	root = objects.put(leaf)
	for range levels {
		var data []byte
		for i := range 10 {
			data = appendEntry(data, "40000", fmt.Sprintf("d%d", i), root)
		}
		root = objects.put(data)
	}
	return objects, root
}

func TestTreesThatMultiply(t *testing.T) {
	t.Run("files", func(t *testing.T) {
		objects, root := bomb(20, appendEntry(nil, "100644", "f", stage.Hash{1}))
		_, err := tree.Diff(t.Context(), objects, stage.Hash{}, root, tree.Options{MaxFiles: 1000})
		require.ErrorIs(t, err, tree.ErrTooLarge)
		assert.ErrorContains(t, err, "more than 1000 files")
	})
	t.Run("empty directories", func(t *testing.T) {
		objects, root := bomb(20, nil)
		_, err := tree.Diff(t.Context(), objects, stage.Hash{}, root, tree.Options{MaxFiles: 1000})
		require.ErrorIs(t, err, tree.ErrTooLarge)
		assert.ErrorContains(t, err, "kB of trees")
	})
	t.Run("long paths", func(t *testing.T) {
		objects, root := bomb(3, appendEntry(nil, "100644", strings.Repeat("n", 10_000), stage.Hash{1}))
		_, err := tree.Diff(t.Context(), objects, stage.Hash{}, root, tree.Options{MaxFiles: 1000})
		require.ErrorIs(t, err, tree.ErrTooLarge)
		assert.ErrorContains(t, err, "kB of paths")
	})
	t.Run("long names of directories", func(t *testing.T) {
		self := stage.Hash{1}
		objects := memory{self: appendEntry(nil, "40000", strings.Repeat("n", 1<<16), self)}
		_, err := tree.Diff(t.Context(), objects, stage.Hash{}, self, tree.Options{})
		require.ErrorIs(t, err, tree.ErrTooLarge)
		assert.ErrorContains(t, err, "directory's path")
	})
	t.Run("the limit itself is allowed", func(t *testing.T) {
		objects, root := bomb(2, appendEntry(nil, "100644", "f", stage.Hash{1}))
		files, err := tree.Diff(t.Context(), objects, stage.Hash{}, root, tree.Options{MaxFiles: 100})
		require.NoError(t, err)
		assert.Len(t, files, 100)
	})
}

func TestCancelledContextEndsTheWalk(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	objects, root := bomb(3, nil)
	_, err := tree.Diff(ctx, objects, stage.Hash{}, root, tree.Options{})
	assert.ErrorIs(t, err, context.Canceled)
}
