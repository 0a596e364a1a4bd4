package command

import (
	"flag"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/examples/internal/commandtest"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// A run whose rows leak between splits fails and leaves no dataset, whatever has
// divided them.
func TestALeakLeavesNoDataset(t *testing.T) {
	out := filepath.Join(t.TempDir(), "set")
	var rows Rows
	flags := flag.NewFlagSet("test", flag.ContinueOnError)
	rows.Flags(flags)
	require.NoError(t, flags.Parse([]string{"-out", out, "-test", "0.5", "-gap", "0"}))
	require.NoError(t, rows.Check())
	git := &source.Git{Repo: commandtest.History(t, 60)}
	defer git.Close()
	require.NoError(t, rows.Open(t.Context(), git, nil))
	rows.History = &stage.ChainLinker{Messages: git, Groups: true}

	// A row of another origin, in the split that the second commit is not in.
	stray := &dataset.Example{Split: dataset.TestSplit}
	require.NoError(t, git.Messages(t.Context(), func(m stage.Message) error {
		if m.Position == 1 {
			stray.Commit = m.Hash
		}
		return nil
	}))
	format := dataset.Formatter{Format: dataset.Alpaca}
	require.NoError(t, format.Process(t.Context(), stray, func(r *dataset.Row) {
		require.NoError(t, rows.leaks.Process(t.Context(), r, func(*dataset.Row) {}))
	}))

	p := stage.New("test", stage.OnError(stage.Skip))
	w := stage.Workers(0)
	rows.Store(stage.Through(stage.From(p, git, w), stage.DiffParser{Contents: true}, w), "here", w)
	_, err := p.Run(t.Context())
	require.ErrorIs(t, err, dataset.ErrLeak)
	assert.ErrorContains(t, err, "of test and row standard/")
	assert.NoDirExists(t, filepath.Join(out, "data"))
	assert.NoFileExists(t, filepath.Join(out, "manifest.json"))
	assert.NoFileExists(t, filepath.Join(out, "README.md"))
}
