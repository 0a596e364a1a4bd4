package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/schema/clickhousetest"
	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// The commits come from a database, and what the model says goes there: another
// run has it, and the source selects by it.
func TestModelscoreOfADatabase(t *testing.T) {
	repo := history(t, 150)
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db, err := schema.ParseDSN(engine.DSN("commitflow"))
		require.NoError(t, err)
		require.NoError(t, schema.Create(t.Context(), db))
		p := stage.New("extract")
		parsed := stage.Through(stage.From(p, &source.Git{Repo: repo, Name: "history"}), stage.DiffParser{Contents: true})
		scored := stage.Through(stage.Through(parsed, score.Heuristic{}), stage.Classifier{})
		stage.To(scored, &sink.ClickHouse{Database: db})
		_, err = p.Run(t.Context())
		require.NoError(t, err)

		s := newModelServer(t, 0)
		args := func() []string {
			return []string{"-dsn", engine.DSN("commitflow"), "-endpoint", s.endpoint(), "-model", "judge", "-rubric", s.rubric, "-min-quality", "20", "-limit", "30"}
		}
		cmd, stdout, stderr := modelscore(t, args()...)
		require.NoError(t, cmd.Run(), stderr.String())
		n := len(s.questions())
		assert.Greater(t, n, 20)
		assert.Contains(t, stdout.String(), "scores: table model_scores of the database")

		s.begin(forAll)
		cmd, _, stderr = modelscore(t, args()...)
		require.NoError(t, cmd.Run(), stderr.String())
		assert.Empty(t, s.questions(), "nothing is paid for twice")

		good := &source.ClickHouse{Database: db, Selection: source.Selection{Model: "judge", MinModelScore: 4}}
		stored := &score.Table{Rows: &sink.ModelScores{Database: db}}
		p = stage.New("export")
		selected := 0
		joined := stage.Through(stage.From(p, good), score.Stored{Store: stored})
		stage.To(joined, stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
			verdict := it.Value.ModelScore("judge")
			assert.True(t, verdict != nil && verdict.Overall >= 4 && verdict.Reason == "seen")
			selected++
			return nil
		}))
		_, err = p.Run(t.Context())
		require.NoError(t, err)
		assert.Positive(t, selected)
		assert.Less(t, selected, n)
	})
}
