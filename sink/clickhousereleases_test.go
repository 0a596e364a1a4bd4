package sink_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/schema/clickhousetest"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// tagged is a history whose tags can be moved.
type tagged []stage.Release

func (tagged) Messages(context.Context, func(stage.Message) error) error { return nil }

func (r tagged) Releases(context.Context) ([]stage.Release, error) { return r, nil }

// What is stored of releases is what the tags said last, also where a run that is
// resumed says again what it has said before.
func TestReleasesFollowTheTags(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := emptyDatabase(t, engine)
		made := commits(3)
		at := func(n int) tagged {
			return tagged{{Name: "v1.0", Commit: made[0].Hash}, {Name: "v2.0", Commit: made[n].Hash}}
		}
		for _, n := range []int{1, 2, 1} {
			s := &sink.ClickHouse{Database: db, Releases: at(n)}
			require.NoError(t, s.Resume(stage.Resumption{Run: "the run"}))
			write(t, s, made, 0, true)
			from := &source.ClickHouse{Database: db}
			found, err := from.Releases(t.Context())
			require.NoError(t, err)
			require.NoError(t, from.Close())
			assert.Equal(t, []stage.Release(at(n)), found)
		}
	})
}

// A value without a word is refused before anything of its commit is stored.
func TestUnknownWordsAreRefused(t *testing.T) {
	server := clickhousetest.StartServer(t)
	db := emptyDatabase(t, &server.Engine)
	for want, change := range map[string]func(*stage.Commit){
		"State(9): no such state":                  func(c *stage.Commit) { c.State = 9 },
		`tag "fix": Strength(9): no such strength`: func(c *stage.Commit) { c.Tags = []stage.Tag{{Name: "fix", Strength: 9}} },
	} {
		c := commits(1)[0]
		change(c)
		s := &sink.ClickHouse{Database: db}
		require.NoError(t, s.Open(t.Context()))
		err := s.Write(t.Context(), stage.Item[*stage.Commit]{Value: c})
		assert.ErrorContains(t, err, c.Hash.String()+": "+want)
		assert.Equal(t, err, s.Finish(t.Context()))
		require.NoError(t, s.Close())
	}
	assert.Zero(t, counts(t, db, "")["commits"])
}
