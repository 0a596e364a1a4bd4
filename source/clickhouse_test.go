package source_test

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

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

// known adds everything that stages find out about commits.
func known(commits stage.Stream[*stage.Commit], git *source.Git, w stage.StageOption) stage.Stream[*stage.Commit] {
	identified := stage.Through(commits, stage.PatchIDs{}, w)
	scored := stage.Through(identified, score.Heuristic{}, w)
	named := stage.Through(scored, &stage.People{Mailmaps: git}, w)
	placed := stage.Through(named, &stage.Maintainers{Mailmaps: git}, w)
	judged := stage.Through(stage.Through(placed, &stage.Authors{}), score.Expertise{}, w)
	tagged := stage.Through(judged, stage.Classifier{CVEs: everyEighth{}}, w)
	return stage.Through(tagged, &stage.ChainLinker{Messages: git}, w)
}

// everyEighth is a list of vulnerabilities that names a commit in eight.
type everyEighth struct{}

func (everyEighth) CVEs(commit stage.Hash) []stage.CVE {
	switch commit[0] % 16 {
	case 0:
		return []stage.CVE{{ID: "CVE-2024-1", Role: stage.CVEFix, Score: 7.5, Vector: "CVSS:3.1/AV:L"}, {ID: "CVE-2024-2", Role: stage.CVEFix}}
	case 8:
		return []stage.CVE{{ID: "CVE-2024-1", Role: stage.CVEIntroduces, Score: 7.5, Vector: "CVSS:3.1/AV:L"}}
	}
	return nil
}

// everything runs all stages over a repository and hands the commits to a sink.
func everything(t testing.TB, repo string, to stage.Sink[*stage.Commit]) *stage.Report {
	t.Helper()
	git := &source.Git{Repo: repo, Name: "history"}
	if database, ok := to.(*sink.ClickHouse); ok {
		database.Releases = git
	}
	p := stage.New("everything")
	commits := stage.From(p, git, stage.Workers(0))
	parsed := stage.Through(commits, stage.DiffParser{Contents: true}, stage.Workers(0))
	stage.To(known(parsed, git, stage.Workers(0)), to)
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

// normal makes empty slices nil, and leaves out what the package keeps for itself.
func normal(c stage.Commit) stage.Commit {
	return normalized(reflect.ValueOf(c)).Interface().(stage.Commit)
}

func normalized(value reflect.Value) reflect.Value {
	plain := reflect.New(value.Type()).Elem()
	switch value.Kind() {
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				plain.Field(i).Set(normalized(value.Field(i)))
			}
		}
	case reflect.Slice:
		if value.Type().Elem().Kind() == reflect.Uint8 { // content: empty is not nil
			return value
		}
		for i := range value.Len() {
			plain.Set(reflect.Append(plain, normalized(value.Index(i))))
		}
	default:
		return value
	}
	return plain
}

// What the server selects is what the records say.
func TestSelection(t *testing.T) {
	repo := syntheticRepo(t, 500)
	lines := func(c *stage.Commit) (n int) {
		for i := range c.Files {
			n += c.Files[i].Added + c.Files[i].Deleted
		}
		return n
	}
	inNet := func(c *stage.Commit) bool {
		return slices.ContainsFunc(c.Subsystems, func(s string) bool { return s == "drivers/net" || strings.HasPrefix(s, "drivers/net/") })
	}
	since := time.Date(2005, 4, 17, 0, 0, 0, 0, time.UTC)
	odd := []string{`'`, `\`, `a'b\c`, "tab\tnewline\n", `') OR 1=1 --`, `{x:String}`, `x', 'driver`}
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := emptyDatabase(t, engine)
		var all collector
		everything(t, repo, &all)
		everything(t, repo, &sink.ClickHouse{Database: db})
		for _, c := range []struct {
			name      string
			selection source.Selection
			fits      func(*stage.Commit) bool
		}{
			{"all", source.Selection{}, func(*stage.Commit) bool { return true }},
			{"quality", source.Selection{MinQuality: 45.5}, func(c *stage.Commit) bool { return c.Quality.Score >= 45.5 }},
			{"tags", source.Selection{Tags: []string{"driver", "revert"}}, func(c *stage.Commit) bool { return c.HasTag("driver") || c.HasTag("revert") }},
			{"excluded tags", source.Selection{ExcludeTags: []string{"driver"}}, func(c *stage.Commit) bool { return !c.HasTag("driver") }},
			{"both", source.Selection{Tags: []string{"driver"}, ExcludeTags: []string{"security"}},
				func(c *stage.Commit) bool { return c.HasTag("driver") && !c.HasTag("security") }},
			{"strength", source.Selection{MinStrength: stage.StrengthStable}, func(c *stage.Commit) bool {
				return slices.ContainsFunc(c.Tags, func(t stage.Tag) bool { return t.Strength >= stage.StrengthStable })
			}},
			{"strength of a tag", source.Selection{Tags: []string{"security"}, MinStrength: stage.StrengthCVE},
				func(c *stage.Commit) bool { return c.HasTagOf("security", stage.StrengthCVE) }},
			{"subsystem", source.Selection{Subsystems: []string{"Drivers/NET/"}}, inNet},
			{"lines", source.Selection{MinLines: 3, MaxLines: 12}, func(c *stage.Commit) bool { return lines(c) >= 3 && lines(c) <= 12 }},
			{"no merges", source.Selection{NoMerges: true}, func(c *stage.Commit) bool { return !c.IsMerge() }},
			{"time", source.Selection{Since: since, Until: since.Add(48 * time.Hour)}, func(c *stage.Commit) bool {
				return c.Committer.Seconds >= since.Unix() && c.Committer.Seconds < since.Add(48*time.Hour).Unix()
			}},
			{"sample", source.Selection{Sample: 0.25}, func(c *stage.Commit) bool {
				return c.Hash.InSample(0.25)
			}},
			{"odd excluded tags", source.Selection{ExcludeTags: odd}, func(*stage.Commit) bool { return true }},
		} {
			t.Run(c.name, func(t *testing.T) {
				var want, got []string
				for _, commit := range all {
					if c.fits(commit) {
						want = append(want, commit.Hash.String())
					}
				}
				from := &source.ClickHouse{Database: db, Repo: "history", Selection: c.selection}
				for _, commit := range readBack(t, from) {
					got = append(got, commit.Hash.String())
				}
				assert.NotEmpty(t, want)
				assert.Equal(t, want, got)
			})
		}
		t.Run("odd texts select nothing", func(t *testing.T) {
			for _, text := range odd {
				for _, selection := range []source.Selection{{Tags: []string{text}}, {Subsystems: []string{text}}, {Model: text}} {
					err := (&source.ClickHouse{Database: db, Selection: selection}).Open(t.Context())
					assert.ErrorIs(t, err, source.ErrEmptyHistory, "%q", text)
				}
				err := (&source.ClickHouse{Database: db, Repo: text}).Open(t.Context())
				assert.ErrorIs(t, err, source.ErrUnknownRepo, "%q", text)
			}
		})
	})
}

func TestSelectionMistakes(t *testing.T) {
	for want, selection := range map[string]source.Selection{
		"quality of 101":          {MinQuality: 101},
		"model score of -1":       {Model: "m", MinModelScore: -1},
		"name the model":          {MinModelScore: 1},
		"the lower one first":     {MinLines: 2, MaxLines: 1},
		"a sample of 1.5":         {Sample: 1.5},
		"empty tag or subsystem":  {Tags: []string{""}},
		"empty tag or subsystem ": {Subsystems: []string{""}},
	} {
		err := (&source.ClickHouse{Selection: selection}).Open(t.Context())
		assert.ErrorContains(t, err, strings.TrimSpace(want))
	}
}

func TestRepositoriesOfADatabase(t *testing.T) {
	engine := &clickhousetest.StartServer(t).Engine
	db := emptyDatabase(t, engine)
	assert.ErrorIs(t, (&source.ClickHouse{Database: db}).Open(t.Context()), source.ErrEmptyHistory)
	for _, repo := range []string{"one", "two"} {
		s := &sink.ClickHouse{Database: db}
		require.NoError(t, s.Open(t.Context()))
		require.NoError(t, s.Write(t.Context(), stage.Item[*stage.Commit]{Value: &stage.Commit{Repo: repo, Message: repo}}))
		require.NoError(t, s.Finish(t.Context()))
		require.NoError(t, s.Close())
	}
	err := (&source.ClickHouse{Database: db}).Open(t.Context())
	assert.ErrorIs(t, err, source.ErrUnknownRepo)
	assert.ErrorContains(t, err, "name one of one, two")
	err = (&source.ClickHouse{Database: db, Repo: "three"}).Open(t.Context())
	assert.ErrorContains(t, err, `unknown repository "three": there is one, two`)
	from := &source.ClickHouse{Database: db, Repo: "two"}
	assert.Equal(t, -1, from.Total())
	read := readBack(t, from)
	require.Len(t, read, 1)
	assert.Equal(t, "two", read[0].Message)
}

// Linking again from the database finds what linking from the repository found.
func TestLinkingWithoutTheRepository(t *testing.T) {
	repo := syntheticRepo(t, 500)
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := emptyDatabase(t, engine)
		var want collector
		everything(t, repo, &want)
		everything(t, repo, &sink.ClickHouse{Database: db})
		from := &source.ClickHouse{Database: db}
		var got collector
		p := stage.New("again")
		stage.To(stage.Through(stage.From(p, from), &stage.ChainLinker{Messages: from}), &got)
		report, err := p.Run(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, len(want), report.Stages[0].In)
		require.Len(t, got, len(want))
		links := 0
		for i := range want {
			assert.Equal(t, want[i].Links, got[i].Links)
			links += len(got[i].Links)
		}
		assert.Positive(t, links)
	})
}

func TestReadingSurvivesRestartsOfTheServer(t *testing.T) {
	server := clickhousetest.StartServer(t)
	db := emptyDatabase(t, &server.Engine)
	const n = 6000
	s := &sink.ClickHouse{Database: db}
	require.NoError(t, s.Open(t.Context()))
	for i := range n {
		c := &stage.Commit{Repo: "made", Position: stage.Position(i), Message: strings.Repeat("x", 100)}
		require.NoError(t, s.Write(t.Context(), stage.Item[*stage.Commit]{Value: c, Position: c.Position}))
	}
	require.NoError(t, s.Finish(t.Context()))
	require.NoError(t, s.Close())
	from := &source.ClickHouse{Database: db}
	require.NoError(t, from.Open(t.Context()))
	defer from.Close()
	next := stage.Position(0)
	require.NoError(t, from.Read(t.Context(), func(c *stage.Commit) error {
		require.Equal(t, next, c.Position)
		if next++; next%1500 == 0 {
			server.Kill()
			server.Start(t)
		}
		return nil
	}))
	assert.EqualValues(t, n, next)
}

func TestReadingIsCancelled(t *testing.T) {
	server := clickhousetest.StartServer(t)
	db := emptyDatabase(t, &server.Engine)
	s := &sink.ClickHouse{Database: db}
	require.NoError(t, s.Open(t.Context()))
	for i := range 5000 {
		require.NoError(t, s.Write(t.Context(), stage.Item[*stage.Commit]{Value: &stage.Commit{Repo: "made", Position: stage.Position(i)}}))
	}
	require.NoError(t, s.Finish(t.Context()))
	require.NoError(t, s.Close())
	from := &source.ClickHouse{Database: db}
	require.NoError(t, from.Open(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	begun := time.Now()
	err := from.Read(ctx, func(c *stage.Commit) error {
		if c.Position == 100 {
			server.Kill() // the reader is now waiting for it
			cancel()
			begun = time.Now()
		}
		return nil
	})
	assert.ErrorIs(t, err, context.Canceled)
	assert.Less(t, time.Since(begun), time.Second)

	enough := errors.New("enough")
	server.Start(t)
	assert.Equal(t, enough, from.Read(t.Context(), func(*stage.Commit) error { return enough }))
}

// What is read at chosen positions is what a whole reading gives there, and the
// scores that are known without a reading are those of the commits.
func TestCommitsAtPositions(t *testing.T) {
	repo := syntheticRepo(t, 300)
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := emptyDatabase(t, engine)
		everything(t, repo, &sink.ClickHouse{Database: db})
		all := readBack(t, &source.ClickHouse{Database: db})
		from := &source.ClickHouse{Database: db}
		assert.Error(t, from.ReadAt(t.Context(), nil, nil), "it is not open")
		require.NoError(t, from.Open(t.Context()))
		defer from.Close()

		var read []*stage.Commit
		positions := []stage.Position{0, 7, 8, 250, all[len(all)-1].Position, 1 << 40}
		require.NoError(t, from.ReadAt(t.Context(), positions, func(c *stage.Commit) error { read = append(read, c); return nil }))
		require.Len(t, read, 5)
		for i, c := range read {
			assert.Equal(t, all[positions[i]], c)
		}
		stop := errors.New("enough")
		assert.ErrorIs(t, from.ReadAt(t.Context(), positions, func(*stage.Commit) error { return stop }), stop)

		qualities := map[stage.Position]float32{}
		last := stage.Position(0)
		require.NoError(t, from.Qualities(t.Context(), func(at stage.Position, quality float32) error {
			assert.True(t, at >= last)
			qualities[at], last = quality, at
			return nil
		}))
		for _, c := range all {
			quality, known := qualities[c.Position]
			assert.Equal(t, len(c.Files) > 0, known)
			assert.True(t, !known || quality == c.Quality.Score)
		}

		// So the best are found in a database as they are in a repository.
		ranked := func(s *score.Candidates) (hashes []stage.Hash) {
			var read collector
			p := stage.New("ranked")
			stage.To(stage.From(p, s), &read)
			_, err := p.Run(t.Context())
			require.NoError(t, err)
			for _, c := range read {
				hashes = append(hashes, c.Hash)
			}
			return hashes
		}
		label := func(s stage.Stream[*stage.Commit]) stage.Stream[*stage.Commit] {
			return stage.Through(s, score.Heuristic{})
		}
		stored := &source.ClickHouse{Database: db, Selection: source.Selection{MinQuality: 30}}
		assert.Equal(t, ranked(&score.Candidates{From: &source.Git{Repo: repo}, Label: label, MinQuality: 30, Limit: 100}),
			ranked(&score.Candidates{From: stored, Limit: 100}))
	})
}
