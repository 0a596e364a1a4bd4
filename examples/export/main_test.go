package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/examples/internal/command"
	"github.com/commitflow/commitflow/examples/internal/commandtest"
	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/schema/clickhousetest"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
	"github.com/commitflow/commitflow/stage/dataset/tokenizer"
)

const asCommand = "EXPORT_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// export runs the command, and gives what it said and whether it succeeded.
func export(t *testing.T, args ...string) (said string, ok bool) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], args...)
	child.Env = append(os.Environ(), asCommand+"=1")
	out, err := child.CombinedOutput()
	if err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError))
	}
	return string(out), err == nil
}

// exported gives the rows that the command writes.
func exported(t *testing.T, args ...string) []string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "dataset")
	said, ok := export(t, append(args, "-out", out, "-duplicates", "keep")...)
	require.True(t, ok, said)
	return commandtest.Rows(t, out)
}

// fill stores a history, whole files included, and gives its commits and the rows
// that quickstart would make of them.
func fill(t *testing.T, engine *clickhousetest.Engine) (commits map[stage.Hash]*stage.Commit, perCommit, perFile []string) {
	t.Helper()
	repo := commandtest.History(t, 400)
	db, err := schema.ParseDSN(engine.DSN("commitflow"))
	require.NoError(t, err)
	require.NoError(t, schema.Create(t.Context(), db))

	tokens, err := tokenizer.Default()
	require.NoError(t, err)

	commits = map[stage.Hash]*stage.Commit{}
	dir := t.TempDir()
	git := &source.Git{Repo: repo, Name: "history"}
	p := stage.New("fill")
	parsed := stage.Through(stage.From(p, git), stage.DiffParser{Contents: true})
	labelled := new(command.Labels).Label(parsed, git, stage.Workers(1))
	kept := stage.Map(labelled, "keep", func(_ context.Context, c *stage.Commit) (*stage.Commit, error) {
		commits[c.Hash] = c
		return c, nil
	})
	store, first := stage.Tee(kept)
	first, second := stage.Tee(first)
	stage.To(store, &sink.ClickHouse{Database: db, Releases: git})
	write := func(commits stage.Stream[*stage.Commit], per dataset.Per, name string) {
		examples := stage.Through(commits, &dataset.Standard{Settings: dataset.Settings{Tokenizer: tokens, MaxTokens: command.DefaultMaxTokens}, Per: per})
		stage.To(stage.Through(examples, dataset.Formatter{}), &sink.JSONL[*dataset.Row]{Dir: filepath.Join(dir, name)})
	}
	write(first, dataset.PerCommit, "commits")
	write(second, dataset.PerFile, "files")
	_, err = p.Run(t.Context())
	require.NoError(t, err)

	session, err := schema.Open(t.Context(), db)
	require.NoError(t, err)
	defer session.Close()
	n := 0
	for hash := range commits {
		if n++; hash[0] < 100 {
			text := fmt.Sprintf("INSERT INTO %s (repo, model, hash, score, scored_at) SELECT 'history', 'judge', unhex('%s'), %d, now()",
				db.Table("model_scores"), hash, hash[0]%5+1)
			require.NoError(t, session.Do(t.Context(), func() schema.Query { return schema.Query{Text: text} }))
		}
	}
	return commits, commandtest.Rows(t, filepath.Join(dir, "commits")), commandtest.Rows(t, filepath.Join(dir, "files"))
}

// What export writes are the rows that a pipeline straight from the repository
// makes of those commits which fit the flags.
func TestExportChooses(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		commits, perCommit, perFile := fill(t, engine)
		dsn := engine.DSN("commitflow")
		lines := func(c *stage.Commit) (n int) {
			for i := range c.Files {
				n += c.Files[i].Added + c.Files[i].Deleted
			}
			return n
		}
		assert.Equal(t, perCommit, exported(t, "-dsn", dsn, "-min-quality", "0"), "all")
		assert.Equal(t, perFile, exported(t, "-dsn", dsn, "-min-quality", "0", "-per", "file", "-workers", "1"), "all, per file")
		assert.Equal(t, perCommit[:7], exported(t, "-dsn", dsn, "-min-quality", "0", "-limit", "7"))

		middle := commits[hashOf(t, perCommit[len(perCommit)/2])].Committer.Time().UTC().Truncate(24 * time.Hour)
		for _, test := range []struct {
			args string
			fits func(c *stage.Commit) bool
		}{
			{"-min-quality 60", func(c *stage.Commit) bool { return c.Quality.Score >= 60 }},
			{"", func(c *stage.Commit) bool { return c.Quality.Score >= 50 }},
			{"-min-quality 0 -model judge -min-model-score 4", func(c *stage.Commit) bool { return c.Hash[0]%5+1 >= 4 && c.Hash[0] < 100 }},
			{"-min-quality 0 -tags driver,revert", func(c *stage.Commit) bool { return c.HasTag("driver") || c.HasTag("revert") }},
			{"-min-quality 0 -exclude-tags driver", func(c *stage.Commit) bool { return !c.HasTag("driver") }},
			{"-min-quality 0 -subsystems mm,net", stage.InSubsystems("mm", "net")},
			{"-min-quality 0 -min-lines 5 -max-lines 40", func(c *stage.Commit) bool { return lines(c) >= 5 && lines(c) <= 40 }},
			{"-min-quality 0 -merges", func(c *stage.Commit) bool { return true }},
			{"-min-quality 0 -since " + middle.Format(time.DateOnly), func(c *stage.Commit) bool { return !c.Committer.Time().Before(middle) }},
			{"-min-quality 0 -until " + middle.Format(time.DateOnly), func(c *stage.Commit) bool { return c.Committer.Time().Before(middle) }},
		} {
			t.Run(test.args, func(t *testing.T) {
				want := slices.DeleteFunc(slices.Clone(perCommit), func(row string) bool { return !test.fits(commits[hashOf(t, row)]) })
				require.NotEmpty(t, want, "the test's history has such commits")
				assert.Equal(t, want, exported(t, append([]string{"-dsn", dsn}, strings.Fields(test.args)...)...))
			})
		}
		t.Run("sample", func(t *testing.T) {
			half := exported(t, "-dsn", dsn, "-min-quality", "0", "-sample", "0.5")
			assert.InDelta(t, len(perCommit)/2, len(half), float64(len(perCommit))/8)
			assert.Equal(t, half, exported(t, "-dsn", dsn, "-min-quality", "0", "-sample", "0.5"))
			assert.Subset(t, half, exported(t, "-dsn", dsn, "-min-quality", "0", "-sample", "0.2"))
		})
	})
}

// Splits and groups are the same from the database as from the repository; tiers go by
// what models say there.
func TestExportDivides(t *testing.T) {
	clickhousetest.Each(t, exportDivides)
}

func exportDivides(t *testing.T, engine *clickhousetest.Engine) {
	commits, _, _ := fill(t, engine)
	dsn := engine.DSN("commitflow")
	out := filepath.Join(t.TempDir(), "dataset")
	said, ok := export(t, "-dsn", dsn, "-min-quality", "0", "-out", out, "-validation", "0.2", "-test", "0.2", "-gap", "0", "-tiers", "model", "-tier-reasons")
	require.True(t, ok, said)

	var history histories
	for _, c := range commits {
		history = append(history, c)
	}
	slices.SortFunc(history, func(a, b *stage.Commit) int { return cmp.Compare(a.Position, b.Position) })
	linker := &stage.ChainLinker{Messages: history, Groups: true}
	require.NoError(t, linker.Open(t.Context()))
	starts := []int64{linker.NewestShare(0.4), linker.NewestShare(0.2)}
	splitOf := func(seconds int64) string {
		switch {
		case seconds >= starts[1]:
			return "test"
		case seconds >= starts[0]:
			return "validation"
		}
		return "train"
	}
	rows, judged := map[string]int{}, 0
	for _, split := range []string{"train", "validation", "test"} {
		shards, err := filepath.Glob(filepath.Join(out, "data", "*", split+"-*"))
		require.NoError(t, err)
		for _, row := range commandtest.RowsOf(t, shards...) {
			c := commits[hashOf(t, row)]
			linked, known := linker.Linked(c.Hash)
			require.True(t, known)
			series, _ := linker.Series(c.Hash)
			assert.Equal(t, split, splitOf(c.Committer.Seconds))
			assert.Equal(t, split, splitOf(linked.Newest))
			assert.Equal(t, split, splitOf(series.Newest))
			rows[split]++
			var told dataset.TierDetails
			require.NoError(t, json.Unmarshal([]byte(row), &told))
			if c.Hash[0] < 100 {
				judged++
				assert.Equal(t, "judge", told.TierModel)
				assert.InDelta(t, 25*(c.Hash[0]%5), told.TierScore, 0.01)
			} else {
				assert.Equal(t, dataset.TierDetails{Tier: told.Tier, TierScore: c.Quality.Score, TierReason: told.TierReason}, told)
			}
		}
	}
	assert.Len(t, rows, 3)
	assert.Positive(t, judged)
}

// histories are commits with what a linker reads of them.
type histories []*stage.Commit

func (h histories) Messages(_ context.Context, each func(stage.Message) error) error {
	for i, c := range h {
		m := stage.Message{
			Position: stage.Position(i), Hash: c.Hash, Parents: c.Parents, Seconds: c.Committer.Seconds, Text: []byte(c.Message),
			Author: []byte(c.Author.Name + c.Author.Mail), Committer: []byte(c.Committer.Name + c.Committer.Mail),
		}
		if err := each(m); err != nil {
			return err
		}
	}
	return nil
}

// Every mode makes the same rows from the database as from the repository, where it
// looks at other commits and at the releases, too.
func TestExportOfEveryMode(t *testing.T) {
	server := clickhousetest.StartServer(t)
	repo := commandtest.History(t, 400)
	db, err := schema.ParseDSN(server.DSN("commitflow"))
	require.NoError(t, err)
	require.NoError(t, schema.Create(t.Context(), db))
	git := &source.Git{Repo: repo, Name: "history"}
	p := stage.New("fill")
	parsed := stage.Through(stage.From(p, git), stage.DiffParser{Contents: true})
	labelled := new(command.Labels).Label(parsed, git, stage.Workers(1))
	stage.To(labelled, &sink.ClickHouse{Database: db, Releases: git})
	_, err = p.Run(t.Context())
	require.NoError(t, err)

	tokens, err := tokenizer.Default()
	require.NoError(t, err)
	horizon, err := git.Horizon(t.Context())
	require.NoError(t, err)
	for _, mode := range dataset.Modes() {
		t.Run(string(mode), func(t *testing.T) {
			git := &source.Git{Repo: repo, Name: "history"}
			maker, err := mode.Maker(dataset.Options{
				Settings: dataset.Settings{Tokenizer: tokens}, Related: &dataset.Related{Commits: git}, Horizon: horizon,
			})
			require.NoError(t, err)
			format := mode.Formats()[0]
			dir := t.TempDir()
			p := stage.New("straight")
			parsed := stage.Through(stage.From(p, git), stage.DiffParser{Contents: true})
			examples := stage.Through(new(command.Labels).Label(parsed, git, stage.Workers(1)), maker)
			stage.To(stage.Through(examples, dataset.Formatter{Format: format}), &sink.JSONL[*dataset.Row]{Dir: dir})
			_, err = p.Run(t.Context())
			require.NoError(t, err)

			got := exported(t, "-dsn", server.DSN("commitflow"), "-min-quality", "0", "-max-tokens", "0", "-mode", string(mode), "-format", string(format))
			want := commandtest.Rows(t, dir)
			if mode != dataset.ModeOptimize { // of which a synthetic history has none
				require.NotEmpty(t, want)
			}
			require.Equal(t, len(want), len(got))
			for i, row := range want {
				require.Equal(t, row, got[i])
			}
		})
	}
	require.NoError(t, git.Close())
}

func hashOf(t *testing.T, row string) stage.Hash {
	t.Helper()
	var columns struct{ Commit stage.Hash }
	require.NoError(t, json.Unmarshal([]byte(row), &columns))
	return columns.Commit
}

func TestExportGoesOnWhereItWasKilled(t *testing.T) {
	server := clickhousetest.StartServer(t)
	_, perCommit, _ := fill(t, &server.Engine)
	dir := t.TempDir()
	args := []string{"-dsn", server.DSN("commitflow"), "-min-quality", "0", "-duplicates", "keep", "-out", filepath.Join(dir, "set"), "-checkpoint", filepath.Join(dir, "checkpoint")}
	// By ever more, as a slow machine would need too many lives otherwise.
	for life := 20 * time.Millisecond; ; life += 20*time.Millisecond + life/16 {
		ctx, cancel := context.WithTimeout(t.Context(), life)
		child := exec.CommandContext(ctx, os.Args[0], args...)
		child.Env = append(os.Environ(), asCommand+"=1")
		out, err := child.CombinedOutput()
		killed := ctx.Err() != nil
		cancel()
		if !killed {
			require.NoError(t, err, "%s", out)
			break
		}
	}
	assert.Equal(t, perCommit, commandtest.Rows(t, filepath.Join(dir, "set")))
	said, ok := export(t, append(args, "-tags", "driver")...)
	assert.False(t, ok)
	assert.Contains(t, said, `conditions is "none" there and "tags driver" now`)
}

func TestExportRefusesBadInputInOneLine(t *testing.T) {
	server := clickhousetest.StartServer(t)
	fill(t, &server.Engine)
	bare := server.DSN("bare")
	db, err := schema.ParseDSN(bare)
	require.NoError(t, err)
	require.NoError(t, schema.Create(t.Context(), db))
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"no database":      {[]string{"-dsn", server.DSN("missing")}, `there is no database "missing"`},
		"empty database":   {[]string{"-dsn", bare}, "the database is empty"},
		"repository":       {[]string{"-repo", "other"}, `unknown repo`},
		"nothing fits":     {[]string{"-min-lines", "1000000"}, "fit the selection"},
		"tag":              {[]string{"-tags", "securty"}, "choose from security"},
		"quality":          {[]string{"-min-quality", "NaN"}, "0 to 100"},
		"model score":      {[]string{"-min-model-score", "6"}, "up to 5"},
		"sample":           {[]string{"-sample", "2"}, "from 0 to 1"},
		"lines":            {[]string{"-min-lines", "5", "-max-lines", "4"}, "the first not above the second"},
		"day":              {[]string{"-since", "yesterday"}, "want a day, as 2023-01-31"},
		"per what":         {[]string{"-per", "hunk"}, "commit or file"},
		"argument":         {[]string{"dataset"}, "all of export's are flags"},
		"limit":            {[]string{"-limit", "-1"}, "from 0"},
		"not our password": {[]string{"-dsn", strings.Replace(server.DSN("x"), "//", "//reader:hidden@", 1)}, `refuses user "reader"`},
	} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "set")
			said, ok := export(t, append([]string{"-dsn", server.DSN("commitflow"), "-out", out}, test.args...)...)
			assert.False(t, ok)
			assert.Equal(t, 1, strings.Count(said, "\n"), said)
			assert.True(t, strings.HasPrefix(said, "export: "), said)
			assert.Contains(t, said, test.says)
			assert.NotContains(t, said, "hidden")
			assert.NoDirExists(t, out)
		})
	}
}

// Rows show the code before the change, so that has to have been stored.
func TestExportWithoutContents(t *testing.T) {
	server := clickhousetest.StartServer(t)
	repo := commandtest.History(t, 50)
	db, err := schema.ParseDSN(server.DSN("commitflow"))
	require.NoError(t, err)
	require.NoError(t, schema.Create(t.Context(), db))
	p := stage.New("bare")
	stage.To(stage.Through(stage.From(p, &source.Git{Repo: repo}), stage.DiffParser{}), &sink.ClickHouse{Database: db})
	_, err = p.Run(t.Context())
	require.NoError(t, err)
	out := filepath.Join(t.TempDir(), "set")
	said, ok := export(t, "-dsn", server.DSN("commitflow"), "-min-quality", "0", "-out", out)
	assert.False(t, ok)
	assert.Contains(t, said, "extract the history with -contents")
	assert.Equal(t, 1, strings.Count(said, "\n"), said)
	assert.NoDirExists(t, out)
}
