package sink_test

import (
	"context"

	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/bench/synthetic"
	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/schema/clickhousetest"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

func parseDSN(t testing.TB, dsn string) schema.Database {
	t.Helper()
	db, err := schema.ParseDSN(dsn)
	require.NoError(t, err)
	return db
}

// emptyDatabase makes the tables on an engine.
func emptyDatabase(t testing.TB, engine *clickhousetest.Engine) schema.Database {
	t.Helper()
	db := parseDSN(t, engine.DSN("commitflow"))
	require.NoError(t, schema.Create(t.Context(), db))
	return db
}

// counts gives count() of every table that the sink fills, with FINAL or
// without.
func counts(t testing.TB, db schema.Database, final string) map[string]uint64 {
	t.Helper()
	session, err := schema.Open(t.Context(), db)
	require.NoError(t, err)
	defer session.Close()
	found := map[string]uint64{}
	for _, table := range []string{"commits", "file_changes", "commit_tags", "commit_links", "author_expertise"} {
		found[table] = number(t, session, "SELECT count() FROM "+db.Table(table)+final)
	}
	return found
}

// number gives the only value of a result.
func number(t testing.TB, session *schema.Session, query string, arguments ...schema.Argument) uint64 {
	t.Helper()
	var column proto.ColUInt64
	var value uint64
	require.NoError(t, session.Do(t.Context(), func() schema.Query {
		return schema.Query{Text: query, Arguments: arguments, Result: proto.Results{{Data: &column}}, OnResult: func(context.Context, proto.Block) error {
			for _, v := range column {
				value = v
			}
			return nil
		}}
	}))
	return value
}

// commits makes commits with files, tags and links; the same ones every time.
func commits(n int) []*stage.Commit {
	random := rand.New(rand.NewPCG(7, 7))
	made := make([]*stage.Commit, n)
	for i := range made {
		c := &stage.Commit{Position: stage.Position(i), Repo: "made"}
		for j := range c.Hash {
			c.Hash[j] = byte(random.Uint32())
		}
		c.SetMessage(fmt.Sprintf("commit %d\n\nSigned-off-by: A <a@b>\n", i))
		for j := range random.IntN(4) {
			c.Files = append(c.Files, stage.FileChange{
				Kind: stage.Added, NewPath: fmt.Sprintf("dir/file%d", j), Added: i,
				Patch: strings.Repeat(fmt.Sprintf("+%d\n", random.Uint32()), random.IntN(300)),
			})
		}
		if i%3 == 0 {
			c.Tags = []stage.Tag{{Name: "security", Evidence: []stage.Evidence{{Rule: "r", Field: "subject", Text: "t"}}}}
		}
		if i > 0 && i%5 == 0 {
			c.Links = []stage.Link{{Kind: stage.Fixes, Commit: made[i-1].Hash, Basis: stage.ByHash}}
		}
		made[i] = c
	}
	return made
}

// expected counts the rows that commits make.
func expected(made []*stage.Commit) map[string]uint64 {
	want := map[string]uint64{"commits": uint64(len(made)), "file_changes": 0, "commit_tags": 0, "commit_links": 0, "author_expertise": 0}
	for _, c := range made {
		want["file_changes"] += uint64(len(c.Files))
		want["author_expertise"] += uint64(len(c.Files))
		want["commit_tags"] += uint64(len(c.Tags))
		want["commit_links"] += uint64(len(c.Links))
	}
	return want
}

// write stores the commits from a position on; with finish or as if the process
// had died.
func write(t testing.TB, s *sink.ClickHouse, made []*stage.Commit, from stage.Position, finish bool) {
	t.Helper()
	require.NoError(t, s.Open(t.Context()))
	for _, c := range made[from:] {
		require.NoError(t, s.Write(t.Context(), stage.Item[*stage.Commit]{Position: c.Position, Value: c}))
	}
	if finish {
		require.NoError(t, s.Finish(t.Context()))
	}
	require.NoError(t, s.Close())
}

func TestRowsOfAllTables(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := emptyDatabase(t, engine)
		made := commits(1000)
		s := &sink.ClickHouse{Database: db, BatchBytes: 300_000, Source: "made up"}
		write(t, s, made, 0, true)
		assert.Equal(t, expected(made), counts(t, db, ""))
		durable, _ := s.Durable()
		assert.EqualValues(t, len(made), durable)

		session, err := schema.Open(t.Context(), db)
		require.NoError(t, err)
		defer session.Close()
		assert.EqualValues(t, 1, number(t, session, "SELECT count() FROM "+db.Table("runs")+" FINAL WHERE repo = 'made' AND source = 'made up'"+
			" AND first = 0 AND next = 1000 AND commits = 1000 AND finished >= started"))
	})
}

// Whatever a run that died has stored, and wherever the next one begins, all
// rows are there once in the end: with FINAL everywhere, and without it where
// the server recognises repeated blocks.
func TestResumedRunLeavesNoDuplicates(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		made := commits(500)
		for round := range 3 {
			db := parseDSN(t, engine.DSN(fmt.Sprintf("round%d", round)))
			require.NoError(t, schema.Create(t.Context(), db))
			random := rand.New(rand.NewPCG(uint64(round), 1))
			known := []stage.Position{0} // by a checkpoint that may be behind
			for life := range 5 {
				s := &sink.ClickHouse{Database: db, BatchBytes: 250_000}
				from := known[random.IntN(len(known))]
				require.NoError(t, s.Resume(stage.Resumption{Run: "the run", Next: from}))
				died := len(made)
				if life < 4 {
					died = int(from) + random.IntN(len(made)-int(from))
				}
				write(t, s, made[:died], from, died == len(made))
				durable, _ := s.Durable()
				assert.LessOrEqual(t, durable, stage.Position(died))
				known = append(known, durable)
			}
			assert.Equal(t, expected(made), counts(t, db, " FINAL"))
			if !db.Plain {
				assert.Equal(t, expected(made), counts(t, db, ""))
			}
		}
	})
}

// Memory that a file, or a message, larger than a batch has taken is given back,
// and what comes after is stored like the rest.
func TestLargerThanABatch(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := emptyDatabase(t, engine)
		made := commits(200)
		for i := 20; i < 200; i += 60 {
			made[i].Files = []stage.FileChange{{Kind: stage.Added, NewPath: "large", Patch: strings.Repeat("+x\n", 100_000)}}
			made[i+20].SetMessage("large\n\n" + strings.Repeat("words ", 20_000))
		}
		write(t, &sink.ClickHouse{Database: db, BatchBytes: 50_000}, made, 0, true)
		assert.Equal(t, expected(made), counts(t, db, ""))
		found := read(t, &source.ClickHouse{Database: db})
		require.Len(t, found, len(made))
		for i, c := range found {
			require.Equal(t, made[i].Hash, c.Hash)
			require.Equal(t, made[i].Message, c.Message)
			require.Len(t, c.Files, len(made[i].Files))
			for j := range c.Files {
				require.Equal(t, made[i].Files[j].Patch, c.Files[j].Patch)
			}
		}
	})
}

func TestDurableIsStored(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := emptyDatabase(t, engine)
		made := commits(300)
		s := &sink.ClickHouse{Database: db, BatchBytes: 100_000}
		session, err := schema.Open(t.Context(), db)
		require.NoError(t, err)
		defer session.Close()
		require.NoError(t, s.Open(t.Context()))
		defer s.Close()
		last := stage.Position(0)
		for _, c := range made {
			require.NoError(t, s.Write(t.Context(), stage.Item[*stage.Commit]{Position: c.Position, Value: c}))
			if durable, _ := s.Durable(); durable != last {
				require.EqualValues(t, durable, number(t, session, "SELECT countDistinct(position) FROM "+db.Table("commits")+
					" WHERE position < {next:UInt64}", schema.Argument{Name: "next", Value: uint64(durable)}))
				last = durable
			}
		}
		assert.Positive(t, last)
	})
}

// What is stored of commits besides their files waits for that of others: in
// eight batches here. Until then the commits count as not stored.
func TestGroupsOfBatches(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := emptyDatabase(t, engine)
		made := commits(20)
		for _, c := range made { // a batch each
			c.Files = []stage.FileChange{{Kind: stage.Added, NewPath: "a", Patch: strings.Repeat("+x\n", 14_000)}}
			c.Tags = []stage.Tag{{Name: "security"}}
		}
		s := &sink.ClickHouse{Database: db, BatchBytes: 50_000}
		require.NoError(t, s.Resume(stage.Resumption{Run: "the run"}))
		write(t, s, made[:12], 0, false)
		durable, _ := s.Durable()
		assert.EqualValues(t, 8, durable)
		stored := counts(t, db, "")
		assert.EqualValues(t, 8, stored["commits"])
		assert.EqualValues(t, 8, stored["commit_tags"])
		assert.GreaterOrEqual(t, stored["file_changes"], uint64(10))

		require.NoError(t, s.Resume(stage.Resumption{Run: "the run", Next: durable}))
		write(t, s, made, durable, true)
		assert.Equal(t, expected(made), counts(t, db, " FINAL"))
		if !db.Plain {
			assert.Equal(t, expected(made), counts(t, db, ""))
		}

		for _, c := range made {
			c.Tags = nil
		}
		write(t, &sink.ClickHouse{Database: db, BatchBytes: 50_000}, made, 0, true)
		for _, c := range read(t, &source.ClickHouse{Database: db}) {
			assert.Empty(t, c.Tags)
		}
		session, err := schema.Open(t.Context(), db)
		require.NoError(t, err)
		defer session.Close()
		assert.Zero(t, number(t, session, "SELECT count() FROM "+db.Table("commit_tags")+" FINAL WHERE tag != ''"))
	})
}

// read gives the commits of the only repository as source.ClickHouse does.
func read(t testing.TB, from *source.ClickHouse) (read []*stage.Commit) {
	t.Helper()
	p := stage.New("read")
	stage.To(stage.From(p, from), stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
		read = append(read, it.Value)
		return nil
	}))
	_, err := p.Run(t.Context())
	require.NoError(t, err)
	return read
}

// Commits that are written again have their new labels, be they more, fewer or
// those of before, in the records and for whoever asks the tables.
func TestNewLabelsReplaceOldOnes(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := emptyDatabase(t, engine)
		session, err := schema.Open(t.Context(), db)
		require.NoError(t, err)
		defer session.Close()
		for _, step := range []struct {
			tags, links int
			from        int
		}{{2, 1, 0}, {0, 0, 0}, {2, 1, 0}, {3, 2, 0}, {1, 0, 0}, {0, 1, 40}, {1, 1, 41}} {
			made := commits(100)
			for i, c := range made {
				c.Quality.Score, c.Tags, c.Links = float32(step.tags), nil, nil
				for n := range step.tags {
					c.Tags = append(c.Tags, stage.Tag{Name: fmt.Sprint("tag", n)})
				}
				for range step.links {
					c.Links = append(c.Links, stage.Link{Kind: stage.Fixes, Commit: made[max(i-1, 0)].Hash, Basis: stage.ByHash})
				}
			}
			// Also when only some of the commits come again.
			write(t, &sink.ClickHouse{Database: db, BatchBytes: 50_000}, made, stage.Position(step.from), true)

			found := read(t, &source.ClickHouse{Database: db})
			require.Len(t, found, len(made))
			for i, c := range found[step.from:] {
				require.EqualValues(t, step.tags, c.Quality.Score)
				require.Equal(t, made[step.from+i].Tags, c.Tags)
				require.Equal(t, made[step.from+i].Links, c.Links)
				require.Len(t, c.Files, len(made[step.from+i].Files))
			}
			for query, each := range map[string]int{
				"SELECT count() FROM " + db.Table("commit_tags") + " FINAL WHERE tag != '' AND position >= {from:UInt64}":   step.tags,
				"SELECT count() FROM " + db.Table("commit_links") + " FINAL WHERE kind != '' AND position >= {from:UInt64}": step.links,
			} {
				from := schema.Argument{Name: "from", Value: uint64(step.from)}
				assert.EqualValues(t, each*(len(made)-step.from), number(t, session, query, from), "%s, step %v", query, step)
			}
			if step.tags > 0 && step.from == 0 {
				last := fmt.Sprint("tag", step.tags-1)
				assert.Len(t, read(t, &source.ClickHouse{Database: db, Selection: source.Selection{Tags: []string{last}}}), len(made))
			}
		}
	})
}

func TestOtherFilesAreRefused(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := emptyDatabase(t, engine)
		write(t, &sink.ClickHouse{Database: db}, commits(50), 0, true)
		other := commits(50)
		other[20].Files = append(other[20].Files, stage.FileChange{Kind: stage.Added, NewPath: "one/more"})
		s := &sink.ClickHouse{Database: db}
		require.NoError(t, s.Open(t.Context()))
		defer s.Close()
		for _, c := range other {
			require.NoError(t, s.Write(t.Context(), stage.Item[*stage.Commit]{Position: c.Position, Value: c}))
		}
		err := s.Finish(t.Context())
		assert.ErrorIs(t, err, sink.ErrOtherHistory)
		assert.ErrorContains(t, err, other[20].Hash.String())
		assert.Equal(t, expected(commits(50)), counts(t, db, " FINAL"))
	})
}

func TestAnotherHistoryIsRefused(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := emptyDatabase(t, engine)
		write(t, &sink.ClickHouse{Database: db}, commits(50), 0, true)
		other := commits(50)
		other[49].Hash[0]++
		s := &sink.ClickHouse{Database: db}
		require.NoError(t, s.Open(t.Context()))
		defer s.Close()
		for _, c := range other {
			require.NoError(t, s.Write(t.Context(), stage.Item[*stage.Commit]{Position: c.Position, Value: c}))
		}
		err := s.Finish(t.Context())
		assert.ErrorIs(t, err, sink.ErrOtherHistory)
		assert.ErrorContains(t, err, other[49].Hash.String())
		assert.Equal(t, err, s.Finish(t.Context()))
		assert.Equal(t, expected(commits(50)), counts(t, db, " FINAL"))
	})
}

func TestPartsOfAHistory(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := emptyDatabase(t, engine)
		made := commits(100)
		write(t, &sink.ClickHouse{Database: db}, made[:60], 0, true)
		second := made[60:]
		for i, c := range second { // as a source of its own numbers them
			c.Position = stage.Position(i)
		}
		write(t, &sink.ClickHouse{Database: db, First: 60}, second, 0, true)
		assert.Equal(t, expected(made), counts(t, db, ""))
		session, err := schema.Open(t.Context(), db)
		require.NoError(t, err)
		defer session.Close()
		assert.EqualValues(t, 99, number(t, session, "SELECT max(position) FROM "+db.Table("commits")))
	})
}

// A commit larger than a batch travels in several.
func TestHugeCommit(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := emptyDatabase(t, engine)
		made := commits(20)
		for i := range 500 {
			made[10].Files = append(made[10].Files, stage.FileChange{Kind: stage.Added, NewPath: fmt.Sprint(i), Patch: strings.Repeat("+x\n", 300)})
		}
		again := stage.Resumption{Run: "the same run"}
		for range 2 {
			s := &sink.ClickHouse{Database: db, BatchBytes: 50_000}
			require.NoError(t, s.Resume(again))
			write(t, s, made, 0, true)
		}
		assert.Equal(t, expected(made), counts(t, db, " FINAL"))
		if !db.Plain {
			assert.Equal(t, expected(made), counts(t, db, ""))
		}
	})
}

func TestMistakesOfTheCaller(t *testing.T) {
	server := clickhousetest.StartServer(t)
	db := emptyDatabase(t, &server.Engine)
	for name, c := range map[string]struct {
		sink  *sink.ClickHouse
		error string
	}{
		"batch size": {&sink.ClickHouse{Database: db, BatchBytes: -1}, "batches of -1 bytes"},
		"patience":   {&sink.ClickHouse{Database: db, Patience: -1}, "patience of -1ns"},
		"name":       {&sink.ClickHouse{Database: schema.Database{Name: "a`b"}}, "use letters, digits"},
	} {
		t.Run(name, func(t *testing.T) { assert.ErrorContains(t, c.sink.Open(t.Context()), c.error) })
	}
	made := commits(3)
	item := func(c *stage.Commit) stage.Item[*stage.Commit] {
		return stage.Item[*stage.Commit]{Value: c}
	}
	t.Run("closed", func(t *testing.T) {
		s := &sink.ClickHouse{Database: db}
		assert.ErrorContains(t, s.Write(t.Context(), item(made[0])), "not open")
		assert.ErrorContains(t, s.Finish(t.Context()), "not open")
		assert.NoError(t, s.Close())
	})
	for name, second := range map[string]*stage.Commit{
		"position 0 after position 1":        made[0],
		"position 1 after position 1":        made[1],
		"repository \"x\" after those of \"": {Repo: "x", Position: 9},
		"a nil commit":                       nil,
	} {
		t.Run(name, func(t *testing.T) {
			s := &sink.ClickHouse{Database: db}
			require.NoError(t, s.Open(t.Context()))
			defer s.Close()
			require.NoError(t, s.Write(t.Context(), item(made[1])))
			assert.ErrorContains(t, s.Write(t.Context(), item(second)), name)
		})
	}
}

// Every way in which a server does not do what is wanted gives one line that
// says what to do, and no password.
func TestClearErrors(t *testing.T) {
	server := clickhousetest.StartServer(t)
	db := emptyDatabase(t, &server.Engine)
	reader := db
	reader.User, reader.Password = clickhousetest.ReadOnlyUser, clickhousetest.Password
	wrong := reader
	wrong.Password = "not-" + clickhousetest.Password
	missing := db
	missing.Name = "missing"
	nobody := db
	nobody.Address = "127.0.0.1:1" // no port that anybody is given

	for _, c := range []struct {
		name string
		db   schema.Database
		kind error
		says string
	}{
		{"nobody listens", nobody, schema.ErrUnreachable, "cannot be reached: .*connection refused"},
		{"wrong password", wrong, schema.ErrAccess, `refuses user "reader": check user and password`},
		{"missing database", missing, schema.ErrNoDatabase, `there is no database "missing": create it with schema.Create`},
		{"read-only user", reader, schema.ErrReadOnly, `user "reader" may not do this`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &sink.ClickHouse{Database: c.db}
			err := s.Open(t.Context())
			if err == nil { // a read-only user may look, so that is found out when the first row is written
				err = s.Write(t.Context(), stage.Item[*stage.Commit]{Value: commits(1)[0]})
			}
			assert.ErrorIs(t, err, c.kind)
			require.Error(t, err)
			assert.Regexp(t, c.says, err.Error())
			assert.NotContains(t, err.Error(), "\n")
			assert.NotContains(t, fmt.Sprintf("%+v %#v %v %#v", err, err, c.db, c.db), clickhousetest.Password)
			assert.NoError(t, s.Close())
		})
	}
	t.Run("newer schema", func(t *testing.T) {
		session, err := schema.Open(t.Context(), db)
		require.NoError(t, err)
		defer session.Close()
		require.NoError(t, session.Do(t.Context(), func() schema.Query {
			return schema.Query{Text: "INSERT INTO " + db.Table("schema_version") + " (version, applied) SELECT toUInt32(99), now()"}
		}))
		err = (&sink.ClickHouse{Database: db}).Open(t.Context())
		assert.ErrorIs(t, err, schema.ErrVersion)
		assert.ErrorContains(t, err, "has schema version 99, and this program knows 2")
		assert.ErrorIs(t, schema.Create(t.Context(), db), schema.ErrVersion)
	})
}

// A server that is killed and restarted 20 times during one run costs time, no
// rows.
func TestServerIsKilledAndRestarted(t *testing.T) {
	const kills = 20
	server := clickhousetest.StartServer(t)
	db := emptyDatabase(t, &server.Engine)
	made := commits(1500)
	s := &sink.ClickHouse{Database: db, BatchBytes: 50_000}
	require.NoError(t, s.Open(t.Context()))
	var killed atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for killed.Load() < kills {
			time.Sleep(rand.N(100 * time.Millisecond))
			server.Kill()
			time.Sleep(rand.N(100 * time.Millisecond))
			server.Start(t)
			killed.Add(1)
		}
	}()
	for i, c := range made {
		for int(killed.Load()) < kills*i/len(made) { // all over the run
			time.Sleep(time.Millisecond)
		}
		require.NoError(t, s.Write(t.Context(), stage.Item[*stage.Commit]{Position: c.Position, Value: c}))
	}
	require.NoError(t, s.Finish(t.Context()))
	require.NoError(t, s.Close())
	<-done
	assert.Equal(t, expected(made), counts(t, db, " FINAL"))
}

func TestGivesUpAfterPatience(t *testing.T) {
	server := clickhousetest.StartServer(t)
	db := emptyDatabase(t, &server.Engine)
	s := &sink.ClickHouse{Database: db, Patience: 300 * time.Millisecond}
	require.NoError(t, s.Open(t.Context()))
	defer s.Close()
	require.NoError(t, s.Write(t.Context(), stage.Item[*stage.Commit]{Value: commits(1)[0]}))
	server.Kill()
	begun := time.Now()
	err := s.Finish(t.Context())
	assert.ErrorIs(t, err, schema.ErrUnreachable)
	assert.Regexp(t, `^positions 0 to 0: clickhouse .* cannot be reached: .* \(given up after [0-9.]+m?s\)$`, err.Error())
	assert.Less(t, time.Since(begun), 2*time.Second)
}

// A server that says nothing more holds nobody up when the run is cancelled.
func TestCancellationIsAnsweredWithinASecond(t *testing.T) {
	server := clickhousetest.StartServer(t)
	db := emptyDatabase(t, &server.Engine)
	for _, when := range []string{"while it is sent", "at the start"} {
		t.Run(when, func(t *testing.T) {
			proxy := newStallingProxy(t, server.Address)
			db := db
			db.Address = proxy.address
			ctx, cancel := context.WithCancel(t.Context())
			s := &sink.ClickHouse{Database: db}
			outcome := make(chan error, 1)
			if when == "at the start" {
				proxy.stalled.Store(true)
				go func() { outcome <- s.Open(ctx) }()
			} else {
				require.NoError(t, s.Open(ctx))
				require.NoError(t, s.Write(ctx, stage.Item[*stage.Commit]{Value: commits(1)[0]}))
				proxy.stalled.Store(true)
				go func() { outcome <- s.Finish(ctx) }()
			}
			time.Sleep(100 * time.Millisecond)
			begun := time.Now()
			cancel()
			assert.ErrorIs(t, <-outcome, context.Canceled)
			require.NoError(t, s.Close())
			assert.Less(t, time.Since(begun), time.Second)
		})
	}
}

// stallingProxy forwards to a server until it is stalled.
type stallingProxy struct {
	address string
	stalled atomic.Bool
}

func newStallingProxy(t *testing.T, to string) *stallingProxy {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &stallingProxy{address: listener.Addr().String()}
	done := make(chan struct{})
	t.Cleanup(func() { close(done); _ = listener.Close() })
	forward := func(from, to net.Conn) {
		defer from.Close()
		defer to.Close()
		buffer := make([]byte, 32<<10)
		for {
			n, err := from.Read(buffer)
			for p.stalled.Load() && err == nil {
				select {
				case <-done:
					return
				case <-time.After(10 * time.Millisecond):
				}
			}
			if err != nil {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				_ = client.Close()
				continue
			}
			go forward(client, server)
			go forward(server, client)
		}
	}()
	return p
}

// The workers of the stages before make no difference to the blocks.
func TestBlocksDoNotDependOnWorkers(t *testing.T) {
	engine := clickhousetest.StartCurrent(t)
	repo := filepath.Join(t.TempDir(), "synthetic.git")
	require.NoError(t, synthetic.Generate(t.Context(), synthetic.Options{Dir: repo, Commits: 300, Seed: 9, MaxFileBytes: 50_000}))
	db := emptyDatabase(t, engine)
	var files uint64
	for i, workers := range []int{1, 4, runtime.GOMAXPROCS(0)} {
		p := stage.New("workers")
		commits := stage.From(p, &source.Git{Repo: repo, Name: "r"}, stage.Workers(workers))
		parsed := stage.Through(commits, stage.DiffParser{}, stage.Workers(workers))
		s := &sink.ClickHouse{Database: db, BatchBytes: 250_000}
		require.NoError(t, s.Resume(stage.Resumption{Run: "the same run"})) // of others, blocks are not recognised
		stage.To(parsed, s)
		_, err := p.Run(t.Context())
		require.NoError(t, err)
		// Repeated blocks are dropped, and any other would be counted.
		found := counts(t, db, "")
		if i == 0 {
			files = found["file_changes"]
		}
		assert.Equal(t, files, found["file_changes"])
		assert.Equal(t, files, found["author_expertise"])
	}
	assert.Positive(t, files)
}

func TestCompressions(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		for _, compression := range []schema.Compression{schema.LZ4, schema.ZSTD, schema.Uncompressed} {
			db := parseDSN(t, engine.DSN("with_"+string(compression)))
			db.Compression = compression
			require.NoError(t, schema.Create(t.Context(), db))
			made := commits(200)
			write(t, &sink.ClickHouse{Database: db}, made, 0, true)
			assert.Equal(t, expected(made), counts(t, db, ""))
		}
	})
}
