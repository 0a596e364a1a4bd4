package source_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// diary is a sink that survives its pipeline.
type diary struct {
	mu      sync.Mutex
	commits []*stage.Commit
	failAt  int // the number of commits at which it fails; 0 for never
}

var errFull = errors.New("the diary is full")

func (d *diary) Resume(stage.Resumption) error { return nil }

func (d *diary) Durable() (stage.Position, []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return stage.Position(len(d.commits)), nil
}

func (d *diary) Write(_ context.Context, it stage.Item[*stage.Commit]) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failAt > 0 && len(d.commits) == d.failAt {
		return errFull
	}
	d.commits = append(d.commits, it.Value)
	return nil
}

func (d *diary) Finish(context.Context) error { return nil }

func (d *diary) run(t *testing.T, checkpoint string, g *source.Git) error {
	p := stage.New("diary", stage.WithCheckpoint(checkpoint, nil))
	stage.To(stage.From(p, g, stage.Workers(2)), d)
	_, err := p.Run(t.Context())
	return err
}

func (d *diary) subjects() (subjects []string) {
	for _, c := range d.commits {
		subjects = append(subjects, c.Subject)
	}
	return subjects
}

func commitFile(t *testing.T, dir, name string) {
	write(t, dir, name, name)
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", name)
}

func TestAHistoryThatGrowsKeepsItsOrder(t *testing.T) {
	dir := smallHistory(t)
	checkpoint := filepath.Join(t.TempDir(), "checkpoint")
	d := &diary{}
	require.NoError(t, d.run(t, checkpoint, &source.Git{Repo: dir}))
	first := d.subjects()
	require.Len(t, first, 4)

	// A branch from the very beginning, which by itself would sort before what
	// has been read.
	git(t, dir, "checkout", "-qb", "late", "main~2")
	commitFile(t, dir, "late one")
	commitFile(t, dir, "late two")
	git(t, dir, "checkout", "-q", "main")
	git(t, dir, "merge", "-q", "--no-ff", "-m", "Merge branch 'late'", "late")
	require.NoError(t, d.run(t, checkpoint, &source.Git{Repo: dir}))
	assert.Equal(t, append(first, "late one", "late two", "Merge branch 'late'"), d.subjects())

	require.NoError(t, d.run(t, checkpoint, &source.Git{Repo: dir}), "nothing new")
	assert.Len(t, d.commits, 7)

	seen := map[stage.Hash]bool{}
	for i, c := range d.commits {
		assert.EqualValues(t, i, c.Position)
		for _, parent := range c.Parents {
			assert.True(t, seen[parent], "parents come before children")
		}
		seen[c.Hash] = true
	}
}

func TestAnInterruptedRunOfAGrownHistoryMissesNothing(t *testing.T) {
	dir := smallHistory(t)
	checkpoint := filepath.Join(t.TempDir(), "checkpoint")
	d := &diary{failAt: 2}
	require.ErrorIs(t, d.run(t, checkpoint, &source.Git{Repo: dir}), errFull)
	commitFile(t, dir, "new")
	d.failAt = 5
	require.NoError(t, d.run(t, checkpoint, &source.Git{Repo: dir}))
	var all []string
	for _, c := range d.commits {
		all = append(all, c.Hash.String())
	}
	assert.ElementsMatch(t, strings.Fields(git(t, dir, "rev-list", "HEAD")), all)
}

func TestRangesAndOptionsGrowToo(t *testing.T) {
	dir := smallHistory(t)
	checkpoint := filepath.Join(t.TempDir(), "checkpoint")
	d := &diary{}
	selected := []string{"main~1..main", "--no-merges", "--since=2001-01-01"}
	require.NoError(t, d.run(t, checkpoint, &source.Git{Repo: dir, Revisions: selected}))
	assert.Equal(t, []string{"Side"}, d.subjects())
	commitFile(t, dir, "new")
	git(t, dir, "checkout", "-qb", "other")
	commitFile(t, dir, "not on main")
	git(t, dir, "checkout", "-q", "main")
	git(t, dir, "merge", "-q", "--no-ff", "-m", "Merge", "other")
	commitFile(t, dir, "after")
	selected[0] = "main~1..main"
	require.NoError(t, d.run(t, checkpoint, &source.Git{Repo: dir, Revisions: selected}))
	assert.Equal(t, []string{"Side", "after"}, d.subjects())
	require.ErrorIs(t, d.run(t, checkpoint, &source.Git{Repo: dir, Revisions: []string{"main"}}), stage.ErrCheckpointMismatch)
}

func TestACheckpointOfAHistoryThatIsGone(t *testing.T) {
	for _, test := range []struct {
		name    string
		rewrite func(t *testing.T, dir string)
	}{
		{"commits removed", func(t *testing.T, dir string) {
			git(t, dir, "reset", "-q", "--hard", "HEAD~1")
			git(t, dir, "branch", "-D", "side")
			git(t, dir, "reflog", "expire", "--expire=now", "--all")
			git(t, dir, "gc", "-q", "--prune=now")
		}},
		{"parents replaced", func(t *testing.T, dir string) {
			git(t, dir, "replace", "--graft", "HEAD")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := smallHistory(t)
			checkpoint := filepath.Join(t.TempDir(), "checkpoint")
			d := &diary{}
			require.NoError(t, d.run(t, checkpoint, &source.Git{Repo: dir}))
			test.rewrite(t, dir)
			err := d.run(t, checkpoint, &source.Git{Repo: dir})
			require.ErrorIs(t, err, source.ErrRewritten)
			assert.NotContains(t, err.Error(), "\n")
			assert.Contains(t, err.Error(), "begin anew")
			assert.Len(t, d.commits, 4)
		})
	}
}

func TestResumeRefusesAStateThatIsNotOurs(t *testing.T) {
	require.Error(t, new(source.Git).Resume([]byte("{"), 0))
	require.Error(t, new(source.Git).Resume([]byte(`{"numbers": 1}`), 0))
}

func TestOptionsMayStandBeforeTheirValues(t *testing.T) {
	dir := smallHistory(t)
	for _, args := range [][]string{{"--max-count", "2"}, {"--since", "2001-01-01", "--max-count=2"}, {"-n", "2", "main"}} {
		assert.Len(t, read(t, &source.Git{Repo: dir, Revisions: args}), 2, "%q", args)
	}
	d := &diary{}
	err := d.run(t, filepath.Join(t.TempDir(), "checkpoint"), &source.Git{Repo: dir, Revisions: []string{"--max-count", "2"}})
	require.ErrorContains(t, err, "--since=2020-01-01")
}

func TestACheckpointFarBeyondTheHistory(t *testing.T) {
	dir := smallHistory(t)
	for _, next := range []stage.Position{5, 1 << 62, 1<<64 - 1} {
		g := &source.Git{Repo: dir}
		require.NoError(t, g.Resume(nil, next))
		require.ErrorIs(t, g.Open(t.Context()), source.ErrRewritten)
		require.NoError(t, g.Close())
	}
}
