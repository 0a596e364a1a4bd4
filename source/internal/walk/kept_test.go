package walk

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// The oldest commits are kept, as they are stored, and no more than there is room
// for.
func TestOldestCommitsAreKept(t *testing.T) {
	dir := longHistory(t, 4000)
	git(t, dir, "", "repack", "-adq")
	store := open(t, dir)
	tip := hashes(t, git(t, dir, "", "rev-parse", "c4000"))
	for _, most := range []int{0, 250_000, 1 << 20} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			list, kept, err := List(t.Context(), store, tip, 2, most)
			require.NoError(t, err)
			bytes := 0
			for position := range list {
				raw := kept.Get(stage.Position(position))
				if raw == nil {
					continue
				}
				_, content, err := store.Get(t.Context(), list[position])
				require.NoError(t, err)
				require.Equal(t, string(content), string(raw))
				bytes += len(raw)
				if most == 250_000 {
					require.Less(t, position, len(list)/2, "a young commit")
				}
			}
			assert.LessOrEqual(t, bytes, most)
			assert.GreaterOrEqual(t, bytes, min(most, 500_000)/2)
			assert.Nil(t, kept.Get(stage.Position(len(list))))

			first := 0
			for kept.Get(stage.Position(first)) == nil && first < len(list) {
				first++
			}
			kept.Shrink(bytes / 2)
			for position := range list {
				raw := kept.Get(stage.Position(position))
				bytes -= 2 * len(raw)
				assert.True(t, raw != nil || position != first || most < 1<<20, "the oldest went first")
			}
			assert.GreaterOrEqual(t, bytes, 0)
			kept.Shrink(0)
			assert.Nil(t, kept.Get(stage.Position(first)))
		})
	}
}

func TestBlocksAreGivenUpWhenAllIsTaken(t *testing.T) {
	g := graph{keeper: keeper{most: 10}, commits: []commit{
		{at: keptPlace{0, 1}}, {at: keptPlace{1, 1}}, {at: keptPlace{1, 2}}, {at: keptPlace{1, 3}}, {},
	}}
	block := func(commits ...string) (raw [][]byte) {
		for _, c := range commits {
			raw = append(raw, []byte(c))
		}
		return raw
	}
	g.keeper.add(block("dropped"))
	g.keeper.add(block("one", "two", "not"))
	k := g.kept([]int32{2, 4, 1, 0})
	assert.Equal(t, "two", string(k.Take(0)))
	assert.Nil(t, k.Take(1), "read by itself")
	assert.Equal(t, 1, k.Len())
	assert.Nil(t, k.Take(3), "no room")
	assert.Equal(t, "two", string(k.Get(0)), "as long as another of its block waits")
	assert.Equal(t, "one", string(k.Take(2)))
	assert.Nil(t, k.Get(0))
	assert.Nil(t, k.Take(2))

	var none *Kept
	assert.Nil(t, none.Take(0))
	assert.Zero(t, none.Len())
	none.Shrink(0)
}
