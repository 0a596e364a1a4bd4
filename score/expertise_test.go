package score_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/stage"
)

func TestExpertise(t *testing.T) {
	part := func(rule string, points float32) stage.ScorePart {
		return stage.ScorePart{Rule: rule, Points: points}
	}
	for _, c := range []struct {
		name   string
		commit stage.Commit
		score  float32
		parts  []stage.ScorePart
	}{
		{"a first commit", stage.Commit{}, 0, nil},
		{"nine commits", stage.Commit{Experience: stage.Experience{Commits: 9}}, 20, []stage.ScorePart{part(score.RuleCommits, 20)}},
		{"99 commits and five years", stage.Commit{Experience: stage.Experience{Commits: 99, Years: 5}}, 55,
			[]stage.ScorePart{part(score.RuleCommits, 40), part(score.RuleYears, 15)}},
		{"a new maintainer", stage.Commit{Maintains: []string{"SLAB"}}, 20, []stage.ScorePart{part(score.RuleMaintainer, 20)}},
		{"all of it", stage.Commit{Experience: stage.Experience{Commits: 1e6, Years: 30}, Maintains: []string{"A", "B"}}, 100,
			[]stage.ScorePart{part(score.RuleCommits, 50), part(score.RuleYears, 30), part(score.RuleMaintainer, 20)}},
		{"a program", stage.Commit{Bot: "[bot]", Experience: stage.Experience{Commits: 9}}, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			commit, emitted := c.commit, 0
			require.NoError(t, score.Expertise{}.Process(t.Context(), &commit, func(*stage.Commit) { emitted++ }))
			assert.Equal(t, 1, emitted)
			assert.Equal(t, stage.Quality{Score: c.score, Parts: c.parts}, commit.Expertise)
		})
	}
}
