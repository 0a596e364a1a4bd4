package score_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/stage"
)

func ignore(*stage.Commit) {}

// The expected values are scikit-learn's and SciPy's, see the file's "made".
func TestAgreementIsThatOfScikitLearnAndSciPy(t *testing.T) {
	text, err := os.ReadFile("testdata/agreement.json")
	require.NoError(t, err)
	var reference struct {
		Made  string
		Cases []struct {
			Name            string
			A, B            []uint8
			Quality         []float32
			Kappa, Spearman float64 // of A and B
			QualityKappa    float64 // of A and the quality by fifths
			QualitySpearman float64
		}
	}
	require.NoError(t, json.Unmarshal(text, &reference))
	require.NotEmpty(t, reference.Cases)
	for _, c := range reference.Cases {
		t.Run(c.Name, func(t *testing.T) {
			agreement := &score.Agreement{}
			for i := range c.A {
				commit := &stage.Commit{
					Quality: stage.Quality{Score: c.Quality[i], Parts: []stage.ScorePart{{Rule: "base"}}},
					ModelScores: []stage.ModelScore{
						{Model: "b", Rubric: "r", Overall: c.B[i]}, {Model: "a", Rubric: "r", Overall: c.A[i]},
					},
				}
				require.NoError(t, agreement.Process(context.Background(), commit, ignore))
			}
			pairs := agreement.Pairs()
			require.Len(t, pairs, 3)
			assert.Equal(t, [2]string{"a by r", "b by r"}, [2]string{pairs[0].A, pairs[0].B})
			assert.Equal(t, [2]string{"a by r", "heuristic"}, [2]string{pairs[1].A, pairs[1].B})
			assert.Equal(t, [2]string{"b by r", "heuristic"}, [2]string{pairs[2].A, pairs[2].B})
			assert.Equal(t, len(c.A), pairs[0].Commits)
			assert.InDelta(t, c.Kappa, pairs[0].Kappa, 1e-12)
			assert.InDelta(t, c.Spearman, pairs[0].Spearman, 1e-12)
			assert.InDelta(t, c.QualityKappa, pairs[1].Kappa, 1e-12)
			assert.InDelta(t, c.QualitySpearman, pairs[1].Spearman, 1e-12)
		})
	}
}

func TestAgreementLeavesOutWhatIsNoScore(t *testing.T) {
	agreement := &score.Agreement{}
	for _, c := range []*stage.Commit{
		{}, // nobody has judged it
		{ModelScores: []stage.ModelScore{{Model: "a", Rubric: "r", Failure: "none"}, {Model: "b", Rubric: "r", Overall: 3}}},
		{ModelScores: []stage.ModelScore{{Model: "a", Rubric: "r", Overall: 3}}}, // no heuristic score
		{ModelScores: []stage.ModelScore{{Model: "a", Rubric: "r", Overall: 99}, {Model: "b", Rubric: "r", Overall: 3}}},
	} {
		require.NoError(t, agreement.Process(context.Background(), c, ignore))
	}
	assert.Empty(t, agreement.Pairs())
	assert.Empty(t, agreement.String())

	equal := &stage.Commit{ModelScores: []stage.ModelScore{{Model: "a", Rubric: "r", Overall: 3}, {Model: "b", Rubric: "r", Overall: 3}}}
	require.NoError(t, agreement.Process(context.Background(), equal, ignore))
	pairs := agreement.Pairs()
	assert.True(t, math.IsNaN(pairs[0].Kappa) && math.IsNaN(pairs[0].Spearman), "not defined where all are equal")
	assert.Equal(t, "agreement of a by r and b by r on 1 commits: weighted kappa not defined (the scores are all equal), rank correlation not defined (the scores are all equal)", agreement.String())
}
