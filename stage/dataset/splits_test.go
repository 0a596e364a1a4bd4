package dataset_test

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// divided runs a history, or one commit in every so many of it, through a mode and
// Splits, and gives for each commit with an example its split, and for each other why
// it has none.
func divided(t *testing.T, dir string, every int, s *dataset.Splits, mode func(*dataset.Related) dataset.Maker) map[string]string {
	t.Helper()
	found, dropped := map[string]string{}, map[string]string{} // of two goroutines
	git := &source.Git{Repo: dir}
	defer git.Close()
	p := stage.New("test", stage.OnError(stage.Skip), stage.WithDropped(func(d stage.Dropped) {
		if _, hash, ok := cut(d.Identity); ok {
			dropped[hash] = d.Reason
		}
	}))
	s.History = &stage.ChainLinker{Messages: git, Groups: true}
	sampled := stage.Filter(stage.From(p, git, stage.Workers(0)), "sample", func(c *stage.Commit) bool { return int(c.Position)%every == 0 })
	linked := stage.Through(sampled, s.History, stage.Workers(0))
	parsed := stage.Through(linked, stage.DiffParser{Contents: true}, stage.Workers(0))
	identified := stage.Through(parsed, stage.PatchIDs{}, stage.Workers(0))
	examples := stage.Through(stage.Through(identified, mode(&dataset.Related{Commits: git}), stage.Workers(0)), s)
	leaks := &dataset.LeakCheck{History: s.History}
	rows := stage.Through(stage.Through(examples, dataset.Formatter{Format: dataset.PromptCompletion}), leaks)
	stage.To(rows, stage.SinkFunc[*dataset.Row](func(_ context.Context, it stage.Item[*dataset.Row]) error {
		_, found[it.Value.Commit.String()] = it.Value.Partition()
		return nil
	}))
	_, err := p.Run(t.Context())
	require.NoError(t, err)
	assert.NoError(t, leaks.Err())
	maps.Copy(found, dropped)
	return found
}

// cut divides "commit 0123…".
func cut(identity string) (kind, hash string, ok bool) {
	n, err := fmt.Sscan(identity, &kind, &hash)
	return kind, hash, n == 2 && err == nil
}

func standard(*dataset.Related) dataset.Maker { return &dataset.Standard{} }

// onDay is the day of the n-th commit of a repository of these tests, from 0.
func onDay(n int) time.Time { return time.Unix(1_500_000_000+int64(n)*86400, 0).UTC() }

// spread is a history of one commit a day, each to a file of its own, with the
// messages given for some of them.
func spread(t *testing.T, days int, messages func(n int, hashes []string) string) (r *repository, hashes []string) {
	r = newRepository(t)
	for n := range days {
		message := messages(n, hashes)
		if message == "" {
			message = fmt.Sprintf("add file %d", n)
		}
		hashes = append(hashes, r.commit(message, fmt.Sprintf("f%d.c", n), fmt.Sprintf("int f%d;\n", n)))
	}
	return r, hashes
}

func TestSplitsFollowTheTimeWithGaps(t *testing.T) {
	r, hashes := spread(t, 20, func(int, []string) string { return "" })
	const day = 24 * time.Hour
	for name, s := range map[string]*dataset.Splits{
		"by day":   {ValidationFrom: onDay(10), TestFrom: onDay(15), Gap: 2 * day},
		"by share": {Validation: 0.25, Test: 0.25, Gap: 2 * day},
	} {
		t.Run(name, func(t *testing.T) {
			found := divided(t, r.dir, 1, s, standard)
			for n, hash := range hashes {
				want := "train"
				switch {
				case n >= 15:
					want = "test"
				case n >= 13, n == 8, n == 9:
					want = "gap between splits"
				case n >= 10:
					want = "validation"
				}
				assert.Equal(t, want, found[hash], "day %d", n)
			}
			assert.Contains(t, s.String(), "validation from 2017-07-24T02:40:00Z, test from 2017-07-29T02:40:00Z, with a gap of 48h0m0s")
		})
	}
	t.Run("test only", func(t *testing.T) {
		found := divided(t, r.dir, 1, &dataset.Splits{TestFrom: onDay(10)}, standard)
		assert.Equal(t, []string{"train", "test"}, []string{found[hashes[9]], found[hashes[10]]})
	})
}

func TestGroupsAreInOneSplit(t *testing.T) {
	r, hashes := spread(t, 20, func(n int, hashes []string) string {
		switch n {
		case 6: // fixes within training
			return "fix file 5\n\nFixes: " + hashes[5][:12] + ` ("add file 5")`
		case 12: // across a boundary
			return "fix file 1\n\nFixes: " + hashes[1][:12] + ` ("add file 1")`
		case 16: // a chain over three splits: 2, 13, 16
			return "fix the fix\n\nFixes: " + hashes[13][:12]
		case 13:
			return "fix file 2\n\nFixes: " + hashes[2][:12]
		case 9: // its end is in the gap, and so the group is of the split before
			return "fix file 3\n\nFixes: " + hashes[3][:12]
		}
		return ""
	})
	found := divided(t, r.dir, 1, &dataset.Splits{ValidationFrom: onDay(10), TestFrom: onDay(15), Gap: 24 * time.Hour}, standard)
	for n, want := range map[int]string{
		0: "train", 5: "train", 6: "train", 1: "group of a later split", 12: "validation",
		2: "group of a later split", 13: "group of a later split", 16: "test", 3: "train", 9: "gap between splits", 11: "validation",
	} {
		assert.Equal(t, want, found[hashes[n]], "day %d", n)
	}
}

// A row that tells what a later commit has shown goes by the date of that.
func TestLookingBackGoesByTheLaterCommit(t *testing.T) {
	r := newRepository(t)
	r.commit("begin", "a.c", "int a;\n")
	bug := r.commit("add b", "a.c", "int a;\nint b;\n")
	for n := range 8 {
		r.commit("other work", "other.c", fmt.Sprintf("int o%d;\n", n))
	}
	r.commit("fix the type of b\n\nIt overflows on large machines, as the log shows.\n\nFixes: "+bug[:12], "a.c", "int a;\nlong b;\n")
	for name, mode := range map[string]func(*dataset.Related) dataset.Maker{
		"preference": func(related *dataset.Related) dataset.Maker { return &dataset.Preference{Related: related} },
		"review":     func(related *dataset.Related) dataset.Maker { return &dataset.Review{Related: related} },
	} {
		t.Run(name, func(t *testing.T) {
			found := divided(t, r.dir, 1, &dataset.Splits{TestFrom: onDay(10)}, mode)
			assert.Equal(t, "test", found[bug])
		})
	}
	assert.Equal(t, "group of a later split", divided(t, r.dir, 1, &dataset.Splits{TestFrom: onDay(10)}, standard)[bug])
}

// Where a later commit moves a row to a later split, the rest of its series does not
// stay behind in an earlier one.
func TestLookingBackTakesTheSeriesAlong(t *testing.T) {
	r := newRepository(t)
	const thread = "\n\nLink: https://lore.kernel.org/r/20240105101112.3456-%d-me@example.org\n"
	r.commit("begin", "a.c", "int a;\n")
	mate := r.commit("add z"+fmt.Sprintf(thread, 1), "z.c", "int z;\n")
	bug := r.commit("add b"+fmt.Sprintf(thread, 2), "a.c", "int a;\nint b;\n")
	const why = "\n\nIt overflows on large machines, as the log shows.\n\nFixes: "
	r.commit("fix the type of z"+why+mate[:12], "z.c", "long z;\n")
	for n := range 8 {
		r.commit("more work", "other.c", fmt.Sprintf("int o%d;\n", n))
	}
	r.commit("fix the type of b"+why+bug[:12], "a.c", "int a;\nlong b;\n")
	review := func(related *dataset.Related) dataset.Maker { return &dataset.Review{Related: related} }
	found := divided(t, r.dir, 1, &dataset.Splits{TestFrom: onDay(10), LooksBack: true}, review)
	assert.Equal(t, []string{"group of a later split", "test"}, []string{found[mate], found[bug]})
	found = divided(t, r.dir, 1, &dataset.Splits{TestFrom: onDay(20), LooksBack: true}, review)
	assert.Equal(t, []string{"train", "train"}, []string{found[mate], found[bug]})
}

func TestSplitsRefuseWhatMakesNoSense(t *testing.T) {
	r, _ := spread(t, 3, func(int, []string) string { return "" })
	git := &source.Git{Repo: r.dir}
	defer git.Close()
	for want, s := range map[string]*dataset.Splits{
		"use one of the two for both":                 {Validation: 0.1, TestFrom: onDay(1)},
		"that leave something for training":           {Validation: 0.5, Test: 0.5},
		"numbers from 0":                              {Test: -0.1},
		"the first has to be before the second":       {ValidationFrom: onDay(2), TestFrom: onDay(1)},
		"want a time from 0":                          {Gap: -1},
		"the history is too short for these shares":   {Validation: 0.05, Test: 0.05},
		"History has to be a ChainLinker with Groups": {Test: 0.1, History: &stage.ChainLinker{Messages: git}},
	} {
		if s.History == nil {
			s.History = &stage.ChainLinker{Messages: git, Groups: true}
		}
		err := s.Open(t.Context())
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "\n")
	}
}

// A history that grows does not move the splits of the rows that are written.
func TestSplitsStayWhereTheyAreAfterAnInterruption(t *testing.T) {
	r, hashes := spread(t, 20, func(int, []string) string { return "" })
	first := &dataset.Splits{Test: 0.25}
	divided(t, r.dir, 1, first, standard)
	state, err := first.Snapshot()
	require.NoError(t, err)
	for n := 20; n < 30; n++ {
		r.commit("more", "more.c", fmt.Sprintf("int more%d;\n", n))
	}
	again := &dataset.Splits{Test: 0.25}
	require.NoError(t, again.Restore(state))
	assert.Equal(t, "test", divided(t, r.dir, 1, again, standard)[hashes[15]])
	assert.Equal(t, "train", divided(t, r.dir, 1, &dataset.Splits{Test: 0.25}, standard)[hashes[15]])
	assert.Error(t, again.Restore([]byte("{")))
}

// Whatever the history, no two splits of it share anything.
func TestSplitsOfMadeUpAndRealHistories(t *testing.T) {
	histories(t, func(dir string, every int) {
		s := &dataset.Splits{Validation: 0.1, Test: 0.1, Gap: time.Hour}
		counts := map[string]int{}
		for _, split := range divided(t, dir, every, s, standard) {
			counts[split]++
		}
		t.Log(counts)
		for _, name := range s.Names() {
			assert.Positive(t, counts[name], name)
		}
	})
}
