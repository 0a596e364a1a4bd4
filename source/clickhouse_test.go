package source_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/bench/synthetic"
	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/schema/clickhousetest"
	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// emptyDatabase makes the tables on an engine.
func emptyDatabase(t testing.TB, engine *clickhousetest.Engine) schema.Database {
	t.Helper()
	db, err := schema.ParseDSN(engine.DSN("commitflow"))
	require.NoError(t, err)
	require.NoError(t, schema.Create(t.Context(), db))
	return db
}

// syntheticRepo makes a history with all that is rare.
func syntheticRepo(t testing.TB, commits int) string {
	t.Helper()
	repo := filepath.Join(t.TempDir(), "synthetic.git")
	require.NoError(t, synthetic.Generate(t.Context(), synthetic.Options{Dir: repo, Commits: commits, Files: 200, Seed: 5, MaxFileBytes: 100_000}))
	return repo
}

// everything runs all stages over a repository and hands the commits to a sink.
func everything(t testing.TB, repo string, to stage.Sink[*stage.Commit]) *stage.Report {
	t.Helper()
	git := &source.Git{Repo: repo, Name: "history"}
	p := stage.New("everything")
	commits := stage.From(p, git, stage.Workers(0))
	parsed := stage.Through(commits, stage.DiffParser{Contents: true}, stage.Workers(0))
	scored := stage.Through(parsed, score.Heuristic{})
	placed := stage.Through(scored, stage.Subsystems{})
	tagged := stage.Through(placed, stage.Classifier{})
	linked := stage.Through(tagged, &stage.ChainLinker{Messages: git})
	stage.To(linked, to)
	report, err := p.Run(t.Context())
	require.NoError(t, err)
	return report
}

// collector keeps the commits.
type collector []*stage.Commit

func (k *collector) Write(_ context.Context, it stage.Item[*stage.Commit]) error {
	*k = append(*k, it.Value)
	return nil
}

func (k *collector) Finish(context.Context) error { return nil }

func readBack(t testing.TB, from *source.ClickHouse) []*stage.Commit {
	t.Helper()
	var read collector
	p := stage.New("read back")
	stage.To(stage.From(p, from), &read)
	_, err := p.Run(t.Context())
	require.NoError(t, err)
	return read
}

func TestCommitsComeBackAsTheyWere(t *testing.T) {
	repo := syntheticRepo(t, 600)
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := emptyDatabase(t, engine)
		var want collector
		everything(t, repo, &want)
		everything(t, repo, &sink.ClickHouse{Database: db, BatchBytes: 1 << 20})
		got := readBack(t, &source.ClickHouse{Database: db, Contents: true})
		require.Len(t, got, len(want))
		for i := range want {
			c := *want[i]
			c.Blobs = nil
			require.Equal(t, normal(c), normal(*got[i]), "commit %s", c.Hash)
		}
		assert.Positive(t, len(got))
	})
}

// normal makes empty slices nil.
func normal(c stage.Commit) stage.Commit {
	c.Parents, c.Trailers, c.Repaired, c.Headers = orNil(c.Parents), orNil(c.Trailers), orNil(c.Repaired), orNil(c.Headers)
	c.Files, c.Subsystems, c.Tags = orNil(c.Files), orNil(c.Subsystems), orNil(c.Tags)
	c.Links, c.Unresolved, c.Quality.Parts = orNil(c.Links), orNil(c.Unresolved), orNil(c.Quality.Parts)
	return c
}

func orNil[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return s
}
