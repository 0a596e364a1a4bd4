package source_test

import (
	"bufio"
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/schema/clickhousetest"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// TestHistoryInClickHouse stores a whole history on a real server: as many rows
// as git counts commits and changed files, with as many lines, and of 1,000
// commits every field as it was.
func TestHistoryInClickHouse(t *testing.T) {
	t.Run("synthetic history", func(t *testing.T) {
		storeHistory(t, syntheticRepo(t, 1500))
	})
	t.Run("COMMITFLOW_REPO", func(t *testing.T) {
		repo := os.Getenv("COMMITFLOW_REPO")
		if repo == "" {
			t.Skip("set COMMITFLOW_REPO to the directory of a repository to store all of it")
		}
		storeHistory(t, complete(t, repo))
	})
}

func storeHistory(t *testing.T, repo string) {
	server := clickhousetest.StartServer(t)
	db := emptyDatabase(t, &server.Engine)

	git := &source.Git{Repo: repo}
	kept := map[stage.Hash]*stage.Commit{}
	random := rand.New(rand.NewPCG(1, 1))
	p := stage.New("store")
	parsed := stage.Through(stage.From(p, git, stage.Workers(0)), stage.DiffParser{}, stage.Workers(0))
	sampled := stage.Map(known(parsed, git, stage.Workers(0)), "sample", func(_ context.Context, c *stage.Commit) (*stage.Commit, error) {
		if random.IntN(max(git.Total(), 1)) < 1000 {
			duplicate := *c
			duplicate.Blobs = nil
			kept[c.Hash] = &duplicate
		}
		return c, nil
	})
	stage.To(sampled, &sink.ClickHouse{Database: db, Source: repo, Releases: git})
	report, err := p.Run(t.Context())
	require.NoError(t, err)
	t.Logf("%s", report)

	session, err := schema.Open(t.Context(), db)
	require.NoError(t, err)
	defer session.Close()
	number := func(query string) (value int) {
		var column proto.ColUInt64
		require.NoError(t, session.Do(t.Context(), func() schema.Query {
			return schema.Query{Text: query, Result: proto.Results{{Data: &column}}, OnResult: func(context.Context, proto.Block) error {
				for _, v := range column {
					value = int(v)
				}
				return nil
			}}
		}))
		return value
	}
	files, added, deleted := numstat(t, repo)
	for query, want := range map[string]int{
		"SELECT count() FROM " + db.Table("commits"):                                                                        revisionCount(t, repo),
		"SELECT count() FROM " + db.Table("commits") + " FINAL":                                                             revisionCount(t, repo),
		"SELECT count() FROM " + db.Table("file_changes"):                                                                   files,
		"SELECT count() FROM " + db.Table("author_expertise"):                                                               files,
		"SELECT sum(added) FROM " + db.Table("file_changes"):                                                                added,
		"SELECT sum(deleted) FROM " + db.Table("file_changes"):                                                              deleted,
		"SELECT sum(added) FROM " + db.Table("commits"):                                                                     added,
		"SELECT sum(files) FROM " + db.Table("commits"):                                                                     files,
		"SELECT toUInt64(max(position)) + 1 FROM " + db.Table("commits"):                                                    revisionCount(t, repo),
		"SELECT count() FROM " + db.Table("commits") + " WHERE hash IN (SELECT hash FROM " + db.Table("file_changes") + ")": number("SELECT uniqExact(hash) FROM " + db.Table("file_changes")),
	} {
		assert.Equal(t, want, number(query), query)
	}

	assert.NotEmpty(t, kept)
	from := &source.ClickHouse{Database: db}
	require.NoError(t, from.Open(t.Context()))
	defer from.Close()
	read := 0
	require.NoError(t, from.Read(t.Context(), func(c *stage.Commit) error {
		require.EqualValues(t, read, c.Position)
		read++
		if want := kept[c.Hash]; want != nil {
			require.Equal(t, normal(*want), normal(*c), "commit %s", c.Hash)
		}
		return nil
	}))
	t.Logf("%d commits with %d files read back, %d compared field by field", read, files, len(kept))
	assert.Equal(t, revisionCount(t, repo), read)
}

func revisionCount(t *testing.T, repo string) int {
	n, err := strconv.Atoi(git(t, repo, "rev-list", "--count", "HEAD"))
	require.NoError(t, err)
	return n
}

// numstat sums what git log --numstat prints.
func numstat(t *testing.T, repo string) (files, added, deleted int) {
	log := exec.Command("git", "-C", repo, "log", "--numstat", "-M", "--format=", "--no-merges", "HEAD")
	log.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	out, err := log.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, log.Start())
	for lines := bufio.NewScanner(out); lines.Scan(); {
		fields := strings.SplitN(lines.Text(), "\t", 3)
		if len(fields) != 3 {
			continue
		}
		files++
		if fields[0] != "-" {
			plus, err := strconv.Atoi(fields[0])
			require.NoError(t, err)
			minus, err := strconv.Atoi(fields[1])
			require.NoError(t, err)
			added, deleted = added+plus, deleted+minus
		}
	}
	require.NoError(t, log.Wait())
	return files, added, deleted
}
