package dataset_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// tierOf makes a row of a commit and gives its tier, or why it has none.
func tierOf(t *testing.T, tiers dataset.Tiers, c *stage.Commit) (tier string, row *dataset.Row) {
	t.Helper()
	c.Message, c.Subject = "change it", "change it"
	c.Files = []stage.FileChange{fileChange(t, "a.c", "int a;\n", "long a;\n")}
	examples, err := made(t, &dataset.Standard{}, c)
	require.NoError(t, err)
	require.Len(t, examples, 1)
	require.NoError(t, tiers.Open(t.Context()))
	err = tiers.Process(t.Context(), examples[0], func(e *dataset.Example) {
		require.NoError(t, dataset.Formatter{}.Process(t.Context(), e, func(r *dataset.Row) { row = r }))
	})
	if reason, dropped := stage.DropReason(err); dropped {
		return reason, nil
	}
	require.NoError(t, err)
	tier, split := row.Partition()
	assert.Equal(t, "train", split)
	return tier, row
}

func TestEachScoreHasOneTier(t *testing.T) {
	for score, want := range map[float32]string{
		100: "premium", 90: "premium", 89.9: "high", 70: "high", 69.9: "standard", 50: "standard", 49.9: "below all tiers", 0: "below all tiers",
	} {
		tier, _ := tierOf(t, dataset.Tiers{}, &stage.Commit{Quality: stage.Quality{Score: score}})
		assert.Equal(t, want, tier, "%v", score)
	}
}

func TestAVerdictTakesThePlaceOfTheHeuristic(t *testing.T) {
	judged := func(scores ...stage.ModelScore) *stage.Commit {
		return &stage.Commit{Quality: stage.Quality{Score: 75, Parts: []stage.ScorePart{{Rule: "base", Points: 80}, {Rule: "no body", Points: -5}}}, ModelScores: scores}
	}
	five := stage.ModelScore{Model: "a", Overall: 5, Reason: "it teaches"}
	two := stage.ModelScore{Model: "b", Overall: 2, Reason: "it does not"}
	for _, test := range []struct {
		name   string
		tiers  dataset.Tiers
		commit *stage.Commit
		want   string
	}{
		{"nobody has judged", dataset.Tiers{Score: dataset.ByModel}, judged(), "high"},
		{"one has", dataset.Tiers{Score: dataset.ByModel}, judged(five), "premium"},
		{"the lowest counts", dataset.Tiers{Score: dataset.ByModel}, judged(five, two), "below all tiers"},
		{"a certain one counts", dataset.Tiers{Score: dataset.ByModel, Model: "a"}, judged(two, five), "premium"},
		{"that one has not judged", dataset.Tiers{Score: dataset.ByModel, Model: "c"}, judged(two), "high"},
		{"a failure", dataset.Tiers{Score: dataset.ByModel}, judged(stage.ModelScore{Model: "a", Failure: "no answer"}), "high"},
		{"by quality all the same", dataset.Tiers{Score: dataset.ByQuality}, judged(five), "high"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tier, row := tierOf(t, test.tiers, test.commit)
			assert.Equal(t, test.want, tier)
			if row != nil {
				assert.Nil(t, row.Tier, "not asked for")
			}
		})
	}

	_, row := tierOf(t, dataset.Tiers{Score: dataset.ByModel, Columns: true}, judged(five))
	assert.Equal(t, &dataset.TierDetails{Tier: "premium", TierScore: 100, TierModel: "a", TierReason: "it teaches"}, row.Tier)
	columns := row.Columns()
	told, err := json.Marshal(columns[len(columns)-1])
	require.NoError(t, err)
	assert.JSONEq(t, `{"tier": "premium", "tier_score": 100, "tier_model": "a", "tier_reason": "it teaches"}`, string(told))
	_, row = tierOf(t, dataset.Tiers{Columns: true}, judged(five))
	assert.Equal(t, &dataset.TierDetails{Tier: "high", TierScore: 75, TierReason: "base +80, no body -5"}, row.Tier)

	assert.ErrorContains(t, dataset.Tiers{Score: "luck"}.Open(t.Context()), "choose from quality, model")
}

func TestFilterByModelScore(t *testing.T) {
	c := &stage.Commit{ModelScores: []stage.ModelScore{{Model: "a", Overall: 4}, {Model: "b", Overall: 3}}}
	for _, test := range []struct {
		filter dataset.Filter
		keeps  bool
	}{
		{dataset.Filter{MinModelScore: 3}, true},
		{dataset.Filter{MinModelScore: 3.5}, false},
		{dataset.Filter{MinModelScore: 4, Model: "a"}, true},
		{dataset.Filter{MinModelScore: 1, Model: "c"}, false},
		{dataset.Filter{Model: "c"}, true},
	} {
		require.NoError(t, test.filter.Open(t.Context()))
		kept := false
		err := test.filter.Process(t.Context(), c, func(*stage.Commit) { kept = true })
		assert.Equal(t, test.keeps, kept, "%+v", test.filter)
		if !kept {
			reason, _ := stage.DropReason(err)
			assert.Equal(t, "model score", reason)
		}
	}
	assert.ErrorContains(t, (&dataset.Filter{MinModelScore: 6}).Open(t.Context()), "up to 5")
}
