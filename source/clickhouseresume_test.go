package source_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/schema/clickhousetest"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// numbered makes commits that say nothing but their number.
func numbered(from, to int) (made []*stage.Commit) {
	for i := from; i < to; i++ {
		c := &stage.Commit{Repo: "made", Position: stage.Position(i)}
		c.Hash[0], c.Hash[1] = byte(i), byte(i>>8)
		c.SetMessage(fmt.Sprintf("commit %d\n", i))
		c.Quality.Score = float32(i % 100)
		made = append(made, c)
	}
	return made
}

// Reading goes on with the commit that comes next in the selection, also when
// commits have been added; and not when those before have been written anew.
func TestReadingFromClickHouseGoesOn(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := emptyDatabase(t, engine)
		store := func(made []*stage.Commit) {
			s := &sink.ClickHouse{Database: db}
			require.NoError(t, s.Open(t.Context()))
			for _, c := range made {
				require.NoError(t, s.Write(t.Context(), stage.Item[*stage.Commit]{Position: c.Position, Value: c}))
			}
			require.NoError(t, s.Finish(t.Context()))
			require.NoError(t, s.Close())
		}
		from := func(state []byte, next int) *source.ClickHouse {
			s := &source.ClickHouse{Database: db, Selection: source.Selection{MinQuality: 40}}
			require.NoError(t, s.Resume(state, stage.Position(next)))
			return s
		}
		rest := func(state []byte, next int) (read []*stage.Commit) {
			s := from(state, next)
			require.NoError(t, s.Open(t.Context()))
			defer s.Close()
			require.NoError(t, s.Read(t.Context(), func(c *stage.Commit) error {
				read = append(read, c)
				return nil
			}))
			return read
		}
		store(numbered(0, 1500))
		first := from(nil, 0)
		_, err := first.State()
		assert.ErrorContains(t, err, "not open")
		require.NoError(t, first.Open(t.Context()))
		state, err := first.State()
		require.NoError(t, err)
		require.NoError(t, first.Close())

		all := rest(nil, 0)
		require.Len(t, all, 900)
		for _, next := range []int{0, 1, 450, 899, 900} {
			assert.Equal(t, all[next:], append([]*stage.Commit{}, rest(state, next)...), "from %d", next)
		}

		store(numbered(1500, 1600))
		grown := rest(state, 450)
		require.Len(t, grown, 450+60)
		assert.Equal(t, all[450:], grown[:450])

		store(numbered(700, 720))
		err = from(state, 450).Open(t.Context())
		assert.ErrorIs(t, err, source.ErrRewritten)
		assert.ErrorContains(t, err, "begin again, with another checkpoint and another output")
		assert.Len(t, rest(nil, 0), 960)
		assert.ErrorContains(t, (&source.ClickHouse{}).Resume([]byte("x"), 1), "the state of the database")
	})
}
