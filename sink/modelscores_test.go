package sink_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/schema/clickhousetest"
	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/stage"
)

var _ score.Rows = (*sink.ModelScores)(nil)

func aJudgment(n int) *stage.Judgment {
	j := &stage.Judgment{
		Repo: "history", Commit: stage.Hash{1, byte(n >> 8), byte(n)},
		ModelScore: stage.ModelScore{
			Model: "judge", Rubric: "teaching/1@0", Overall: uint8(1 + n%5), Reason: fmt.Sprintf("it's 'so' %d\n\\", n),
			Criteria: []stage.CriterionScore{{Criterion: "message", Score: 3, Reason: "why"}, {Criterion: "focus", Score: 5, Reason: ""}},
		},
		PromptTokens: 1000 + n, AnswerTokens: n, Seconds: 1_700_000_000 + int64(n),
	}
	if n%10 == 9 {
		j.Overall, j.Reason, j.Criteria, j.Failure, j.Answer = 0, "", nil, "no JSON", "I say 5"
	}
	return j
}

// What models say is in the table when Add returns, and a later run, on another
// machine, has it.
func TestModelScoresComeBack(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db, err := schema.ParseDSN(engine.DSN("scores"))
		require.NoError(t, err)
		assert.ErrorIs(t, (&score.Table{Rows: &sink.ModelScores{Database: db}}).Open(t.Context()), schema.ErrNoDatabase)
		require.NoError(t, schema.Create(t.Context(), db))
		store := &score.Table{Rows: &sink.ModelScores{Database: db, Repo: "history"}}
		require.NoError(t, store.Open(t.Context()))
		require.NoError(t, store.Open(t.Context()), "two stages use it")
		var all sync.WaitGroup
		began := time.Now()
		for worker := range 10 {
			all.Go(func() {
				for n := range 10 {
					assert.NoError(t, store.Add(t.Context(), aJudgment(10*worker+n)))
				}
			})
		}
		all.Wait()
		t.Logf("100 judgments of 10 callers in %v", time.Since(began))
		newer := aJudgment(3)
		newer.Overall, newer.Seconds = 1, newer.Seconds+100
		require.NoError(t, store.Add(t.Context(), newer))
		other := aJudgment(4)
		other.Rubric = "teaching/2@0"
		require.NoError(t, store.Add(t.Context(), other))
		elsewhere := aJudgment(5)
		elsewhere.Repo, elsewhere.Commit = "other", stage.Hash{9}
		require.NoError(t, store.Add(t.Context(), elsewhere))
		require.NoError(t, store.Close())
		require.NoError(t, store.Close())
		require.NoError(t, store.Close(), "once more does no harm")

		again := &score.Table{Rows: &sink.ModelScores{Database: db, Repo: "history"}}
		require.NoError(t, again.Open(t.Context()))
		defer again.Close()
		for n := range 100 {
			want := aJudgment(n)
			if n == 3 {
				want = newer
			}
			got, err := again.Find(want.Commit, "judge", "teaching/1@0")
			require.NoError(t, err)
			assert.Equal(t, want, got)
		}
		both, err := again.Of(other.Commit)
		require.NoError(t, err)
		assert.ElementsMatch(t, []*stage.Judgment{aJudgment(4), other}, both)
		none, err := again.Of(elsewhere.Commit)
		require.NoError(t, err)
		assert.Empty(t, none, "of another repository")
	})
}

func TestModelScoresBeforeAndAfter(t *testing.T) {
	s := &sink.ModelScores{}
	assert.ErrorContains(t, s.Add(t.Context(), aJudgment(1)), "call Read first")
	require.NoError(t, s.Close())
	assert.ErrorContains(t, (&score.Table{}).Open(t.Context()), "Rows is nil")
}
