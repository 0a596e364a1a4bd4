package stage_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/commitflow/commitflow/stage"
)

func TestModelScoreOfACommit(t *testing.T) {
	c := &stage.Commit{ModelScores: []stage.ModelScore{
		{Model: "large", Rubric: "a", Overall: 5},
		{Model: "small", Rubric: "a", Overall: 4},
		{Model: "small", Rubric: "b", Overall: 3},
		{Model: "broken", Rubric: "a", Failure: "no answer"},
	}}
	assert.Equal(t, &c.ModelScores[0], c.ModelScore("large"))
	assert.Equal(t, &c.ModelScores[2], c.ModelScore("small"), "the lowest of several rubrics")
	assert.Equal(t, &c.ModelScores[2], c.ModelScore(""), "the lowest of all models")
	assert.Nil(t, c.ModelScore("broken"), "a failure is no verdict")
	assert.Nil(t, c.ModelScore("other"))
	assert.Nil(t, new(stage.Commit).ModelScore(""))
}

func TestSetModelScoreKeepsOneForEachModelAndRubric(t *testing.T) {
	c := &stage.Commit{}
	for _, s := range []stage.ModelScore{
		{Model: "large", Rubric: "a", Overall: 5},
		{Model: "small", Rubric: "a", Failure: "no answer"},
		{Model: "small", Rubric: "b", Overall: 3},
		{Model: "small", Rubric: "a", Overall: 4},
	} {
		c.SetModelScore(s)
	}
	assert.Equal(t, []stage.ModelScore{
		{Model: "large", Rubric: "a", Overall: 5},
		{Model: "small", Rubric: "a", Overall: 4},
		{Model: "small", Rubric: "b", Overall: 3},
	}, c.ModelScores)
}
