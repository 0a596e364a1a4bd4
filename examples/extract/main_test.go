package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/examples/internal/commandtest"
	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/schema/clickhousetest"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// The test binary is the command if asCommand is set, and may then write files of
// fileLimit bytes at most.
const (
	asCommand = "EXTRACT_AS_COMMAND"
	fileLimit = "EXTRACT_FILE_LIMIT"
)

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) == "" {
		os.Exit(m.Run())
	}
	if limit, err := strconv.ParseUint(os.Getenv(fileLimit), 10, 64); err == nil {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			panic(err)
		}
	}
	main()
}

// extract makes the command, ready to be started.
func extract(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, os.Args[0], args...)
	command.Env = append(os.Environ(), asCommand+"=1")
	return command
}

// fails runs a command that is to fail, and gives its one line.
func fails(t *testing.T, command *exec.Cmd) string {
	t.Helper()
	var stdout, stderr strings.Builder
	command.Stdout, command.Stderr = &stdout, &stderr
	require.ErrorAs(t, command.Run(), new(*exec.ExitError), "%s", &stdout)
	assert.Equal(t, 1, command.ProcessState.ExitCode())
	line, rest, _ := strings.Cut(stderr.String(), "\n")
	assert.Empty(t, rest, "one line")
	assert.True(t, strings.HasPrefix(line, "extract: "), line)
	return line
}

func succeeds(t *testing.T, command *exec.Cmd) string {
	t.Helper()
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// content is what an output holds, in short: equal outputs have equal contents.
type content struct {
	rows   int
	digest string
}

// dataset reads all shards, in order.
func dataset(t *testing.T, dir string) (c content) {
	t.Helper()
	sum := sha256.New()
	commandtest.EachRow(t, dir, func(line []byte) {
		c.rows++
		sum.Write(line)
	})
	c.digest = hex.EncodeToString(sum.Sum(nil))
	return c
}

// stored reads all commits from the database, in the order of their history.
func stored(t *testing.T, dsn string) content {
	t.Helper()
	db, err := schema.ParseDSN(dsn)
	require.NoError(t, err)
	from := &source.ClickHouse{Database: db, Contents: true}
	require.NoError(t, from.Open(t.Context()))
	defer from.Close()
	var c content
	sum := sha256.New()
	rows := json.NewEncoder(sum)
	require.NoError(t, from.Read(t.Context(), func(commit *stage.Commit) error {
		c.rows++
		return rows.Encode(commit)
	}))
	c.digest = hex.EncodeToString(sum.Sum(nil))
	return c
}

// counts gives count() of every table of commits, with FINAL or without.
func counts(t *testing.T, dsn, final string) map[string]uint64 {
	t.Helper()
	db, err := schema.ParseDSN(dsn)
	require.NoError(t, err)
	found := map[string]uint64{}
	for _, table := range []string{"commits", "file_changes", "commit_tags", "commit_links", "author_expertise"} {
		found[table] = number(t, db, "SELECT count() FROM "+db.Table(table)+final)
	}
	return found
}

// number gives the only value of a result.
func number(t *testing.T, db schema.Database, query string) (value uint64) {
	t.Helper()
	session, err := schema.Open(t.Context(), db)
	require.NoError(t, err)
	defer session.Close()
	var column proto.ColUInt64
	require.NoError(t, session.Do(t.Context(), func() schema.Query {
		return schema.Query{Text: query, Result: proto.Results{{Data: &column}}, OnResult: func(context.Context, proto.Block) error {
			for _, v := range column {
				value = v
			}
			return nil
		}}
	}))
	return value
}

func revisions(t *testing.T, repo string, args ...string) int {
	t.Helper()
	out, err := exec.Command("git", append([]string{"--git-dir=" + repo, "rev-list", "--count"}, args...)...).Output()
	require.NoError(t, err)
	n, err := strconv.Atoi(strings.TrimSpace(string(out)))
	require.NoError(t, err)
	return n
}

func TestExtractStoresAHistory(t *testing.T) {
	repo := commandtest.History(t, 300)
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		dsn, out := engine.DSN("commitflow"), filepath.Join(t.TempDir(), "commits")
		said := succeeds(t, extract(t.Context(), "-repo", repo, "-dsn", dsn, "-name", "history", "-out", out, "-contents"))
		assert.Contains(t, said, "stored in clickhouse "+engine.Address+" database commitflow")
		assert.Contains(t, said, "fixes:")
		all := revisions(t, repo, "HEAD")
		assert.Equal(t, all, stored(t, dsn).rows)
		assert.Equal(t, all, dataset(t, out).rows)

		db, err := schema.ParseDSN(dsn)
		require.NoError(t, err)
		assert.EqualValues(t, 1, number(t, db, "SELECT count() FROM "+db.Table("runs")+" FINAL WHERE repo = 'history' AND source = '"+repo+
			"' AND next = "+strconv.Itoa(all)+" AND commits = next AND finished >= started"))
		assert.Positive(t, number(t, db, "SELECT count() FROM "+db.Table("file_changes")+" WHERE isNotNull(before)"))

		t.Run("again, in part and under another name", func(t *testing.T) {
			succeeds(t, extract(t.Context(), "-repo", repo, "-dsn", dsn, "-name", "part", "-limit", "20", "-workers", "1"))
			assert.EqualValues(t, 20, number(t, db, "SELECT count() FROM "+db.Table("commits")+" WHERE repo = 'part'"))
			succeeds(t, extract(t.Context(), "-repo", repo, "-dsn", dsn, "-name", "merges", "--", "--merges"))
			assert.EqualValues(t, revisions(t, repo, "--merges", "HEAD"), number(t, db, "SELECT count() FROM "+db.Table("commits")+" WHERE repo = 'merges'"))
			assert.Zero(t, number(t, db, "SELECT count() FROM "+db.Table("file_changes")+" WHERE repo = 'part' AND isNotNull(before)"))
		})
	})
}

func TestExtractClones(t *testing.T) {
	dsn := clickhousetest.StartServer(t).DSN("commitflow")
	clone := filepath.Join(t.TempDir(), "clone.git")
	succeeds(t, extract(t.Context(), "-clone", "file://"+commandtest.History(t, 50), "-repo", clone, "-dsn", dsn))
	assert.Equal(t, revisions(t, clone, "HEAD"), stored(t, dsn).rows)
}

// A history that has grown is added to: nothing is read or stored twice.
func TestExtractAddsWhatIsNew(t *testing.T) {
	repo := commandtest.History(t, 300)
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		dir := t.TempDir()
		old := filepath.Join(dir, "history.git")
		require.NoError(t, exec.Command("git", "clone", "-q", "--bare", repo, old).Run())
		tip, err := exec.Command("git", "--git-dir="+old, "rev-list", "-1", "--skip=40", "--first-parent", "HEAD").Output()
		require.NoError(t, err)
		head, err := exec.Command("git", "--git-dir="+old, "rev-parse", "HEAD").Output()
		require.NoError(t, err)
		move := func(to []byte) {
			require.NoError(t, exec.Command("git", "--git-dir="+old, "update-ref", "HEAD", strings.TrimSpace(string(to))).Run())
		}
		dsn := engine.DSN("commitflow")
		args := []string{"-repo", old, "-dsn", dsn, "-out", filepath.Join(dir, "out"), "-checkpoint", filepath.Join(dir, "checkpoint")}
		move(tip)
		succeeds(t, extract(t.Context(), args...))
		before := revisions(t, old, "HEAD")
		assert.Equal(t, before, stored(t, dsn).rows)
		move(head)
		assert.Contains(t, succeeds(t, extract(t.Context(), args...)), "resumed at item "+strconv.Itoa(before))
		all := revisions(t, old, "HEAD")
		assert.Greater(t, all, before)
		assert.Equal(t, all, stored(t, dsn).rows)
		assert.Equal(t, all, dataset(t, filepath.Join(dir, "out")).rows)
		assert.EqualValues(t, all, counts(t, dsn, " FINAL")["commits"])
	})
}

func TestExtractRefusesBadInputInOneLine(t *testing.T) {
	repo := commandtest.History(t, 20)
	server := clickhousetest.StartServer(t)
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"no repository":  {[]string{"-repo", t.TempDir()}, "not a git repository"},
		"revision":       {[]string{"-repo", repo, "-rev", "v9.9"}, "unknown revision"},
		"limit":          {[]string{"-limit", "-1"}, "-limit -1: want a number from 0"},
		"workers":        {[]string{"-workers", "-1"}, "-workers -1: want a number from 0"},
		"address":        {[]string{"-dsn", "http://localhost"}, "want clickhouse://user:password@host:9000/database"},
		"database":       {[]string{"-dsn", "clickhouse:///a.b"}, "use letters, digits, _ and -"},
		"occupied":       {[]string{"-repo", repo, "-out", repo}, "choose an empty directory"},
		"no such folder": {[]string{"-repo", repo, "-checkpoint", filepath.Join(repo, "nowhere", "x")}, "no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Contains(t, fails(t, extract(t.Context(), append([]string{"-dsn", server.DSN("commitflow")}, test.args...)...)), test.says)
		})
	}
}
