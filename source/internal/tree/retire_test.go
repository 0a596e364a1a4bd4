package tree_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source/internal/tree"
	"github.com/commitflow/commitflow/stage"
)

// cache has trees at hand until they are released.
type cache struct {
	noted
	away map[stage.Hash]bool // not at hand
	read []stage.Hash
}

func (c *cache) Tree(ctx context.Context, id stage.Hash) ([]byte, error) {
	c.read = append(c.read, id)
	return c.memory.Tree(ctx, id)
}

func (c *cache) Held(id stage.Hash) ([]byte, bool) {
	data, ok := c.memory[id]
	return data, ok && !c.away[id] && !slices.Contains(c.released, id)
}

// A merge of two sides: one has changed "ours" and "both", the other "theirs" and "both",
// "new" came with the other, and "file" was a directory on the first side.
func TestWhatAMergeReplacesIsRetired(t *testing.T) {
	trees := &cache{noted: noted{memory: memory{}}, away: map[stage.Hash]bool{}}
	file := func(version byte) stage.Hash {
		return trees.put(appendEntry(nil, "100644", "f", stage.Hash{version}))
	}
	type entries struct{ below, ours, theirs, added, file stage.Hash }
	root := func(e entries) (root, both stage.Hash) {
		both = trees.put(appendEntry(appendEntry(nil, "40000", "below", e.below), "40000", "same", file(1)))
		data := appendEntry(nil, "40000", "both", both)
		if e.file.IsZero() {
			data = appendEntry(data, "100644", "file", stage.Hash{5})
		} else {
			data = appendEntry(data, "40000", "file", e.file)
		}
		if !e.added.IsZero() {
			data = appendEntry(data, "40000", "new", e.added)
		}
		return trees.put(appendEntry(appendEntry(data, "40000", "ours", e.ours), "40000", "theirs", e.theirs)), both
	}
	first, firstBoth := root(entries{below: file(10), ours: file(11), theirs: file(12), file: file(13)})
	second, secondBoth := root(entries{below: file(20), ours: file(21), theirs: file(22), added: file(23)})
	merge, mergeBoth := root(entries{below: file(30), ours: file(11), theirs: file(22), added: file(23)})

	for name, c := range map[string]struct {
		before         stage.Hash
		away           []stage.Hash
		released, read []stage.Hash
	}{
		"first parent":           {first, nil, []stage.Hash{first, firstBoth, file(10), file(12)}, []stage.Hash{merge, mergeBoth, file(30), file(22)}},
		"second parent":          {second, nil, []stage.Hash{second, secondBoth, file(20), file(21)}, []stage.Hash{merge, mergeBoth, file(30), file(11)}},
		"some are not at hand":   {second, []stage.Hash{secondBoth}, []stage.Hash{second, file(21)}, []stage.Hash{merge, file(11)}},
		"nothing is at hand":     {second, []stage.Hash{second}, nil, nil},
		"the merge changes none": {merge, nil, nil, nil},
		"no parent":              {stage.Hash{}, nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			trees.released, trees.read = nil, nil
			clear(trees.away)
			for _, id := range c.away {
				trees.away[id] = true
			}
			tree.Retire(t.Context(), trees, c.before, merge)
			assert.Equal(t, c.released, trees.released)
			assert.Equal(t, c.read, trees.read)
		})
	}

	t.Run("what cannot be read", func(t *testing.T) {
		trees.released = nil
		delete(trees.memory, mergeBoth)
		tree.Retire(t.Context(), trees, first, merge)
		assert.Equal(t, []stage.Hash{first, firstBoth}, trees.released, "the rest is left alone")
		tree.Retire(t.Context(), trees, second, stage.Hash{1})
		malformed := trees.put([]byte("no tree"))
		tree.Retire(t.Context(), trees, malformed, first)
		require.Contains(t, trees.released, malformed)
	})
}
