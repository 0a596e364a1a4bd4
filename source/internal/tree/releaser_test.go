package tree_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source/internal/tree"
	"github.com/commitflow/commitflow/stage"
)

// noted notes which trees will not be asked for again.
type noted struct {
	memory
	released []stage.Hash
}

func (n *noted) Release(id stage.Hash) { n.released = append(n.released, id) }

func TestTreesThatAreReplacedAreReleased(t *testing.T) {
	trees := &noted{memory: memory{}}
	file := func(name string, version byte) stage.Hash {
		return trees.put(appendEntry(nil, "100644", name, stage.Hash{version}))
	}
	same, old, new, gone := file("same", 1), file("f", 1), file("f", 2), file("gone", 1)
	root := func(dir stage.Hash, last stage.Hash, name string) stage.Hash {
		data := appendEntry(nil, "40000", "a", same)
		return trees.put(appendEntry(appendEntry(data, "40000", "b", dir), "40000", name, last))
	}
	before, after := root(old, gone, "c"), root(new, gone, "d")
	files, err := tree.Diff(t.Context(), trees, before, after, tree.Options{})
	require.NoError(t, err)
	require.Len(t, files, 3)
	assert.ElementsMatch(t, []stage.Hash{before, old, gone}, trees.released)

	trees.released = nil
	_, err = tree.Diff(t.Context(), trees, stage.Hash{}, after, tree.Options{})
	require.NoError(t, err)
	_, err = tree.Diff(t.Context(), trees, after, after, tree.Options{Unchanged: true})
	require.NoError(t, err)
	assert.Empty(t, trees.released)
}
