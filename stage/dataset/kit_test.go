package dataset_test

import (
	"context"
	"crypto/sha1"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/bench/synthetic"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// made gives what a mode makes of a commit.
func made(t testing.TB, m dataset.Maker, c *stage.Commit) (examples []*dataset.Example, err error) {
	t.Helper()
	require.NoError(t, m.Open(t.Context()))
	err = m.Process(t.Context(), c, func(e *dataset.Example) { examples = append(examples, e) })
	return examples, err
}

// memory are blobs by their ids.
type memory map[stage.Hash][]byte

func (m memory) Blob(_ context.Context, id stage.Hash) ([]byte, error) { return m[id], nil }

func (m memory) add(content string) stage.Hash {
	id := stage.Hash(sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(content), content)))
	m[id] = []byte(content)
	return id
}

// fileChange makes the change of a file from its two contents; an empty one is no
// file.
func fileChange(t testing.TB, path, before, after string) stage.FileChange {
	t.Helper()
	blobs := memory{}
	f := stage.FileChange{Kind: stage.Modified, OldPath: path, NewPath: path, OldMode: stage.ModeRegular, NewMode: stage.ModeRegular}
	if before == "" {
		f.Kind, f.OldPath, f.OldMode = stage.Added, "", stage.ModeNone
	} else {
		f.OldID = blobs.add(before)
	}
	if after == "" {
		f.Kind, f.NewPath, f.NewMode = stage.Deleted, "", stage.ModeNone
	} else {
		f.NewID = blobs.add(after)
	}
	c := &stage.Commit{Files: []stage.FileChange{f}, Blobs: blobs}
	require.NoError(t, stage.DiffParser{Contents: true}.Process(t.Context(), c, func(*stage.Commit) {}))
	return c.Files[0]
}

// repository is a real git repository that a test fills.
type repository struct {
	t   testing.TB
	dir string
}

func newRepository(t testing.TB) *repository {
	r := &repository{t, t.TempDir()}
	r.git("init", "-q")
	return r
}

func (r *repository) git(args ...string) string {
	r.t.Helper()
	command := exec.Command("git", args...)
	command.Dir = r.dir
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com",
		"GIT_AUTHOR_DATE="+r.date(), "GIT_COMMITTER_DATE="+r.date())
	out, err := command.CombinedOutput()
	require.NoError(r.t, err, "git %s: %s", strings.Join(args, " "), out)
	return strings.TrimSpace(string(out))
}

// date gives every commit a day of its own.
func (r *repository) date() string {
	count, _ := exec.Command("git", "-C", r.dir, "rev-list", "--count", "--all").Output()
	n := 0
	_, _ = fmt.Sscan(string(count), &n)
	return fmt.Sprintf("%d +0000", 1_500_000_000+n*86400)
}

// commit stores files, given as path and content in turn, and gives the commit's
// hash. Files that there are go where the
// content is empty.
func (r *repository) commit(message string, files ...string) string {
	r.t.Helper()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(r.dir, files[i])
		if _, err := os.Stat(path); files[i+1] == "" && err == nil {
			require.NoError(r.t, os.Remove(path))
			continue
		}
		require.NoError(r.t, os.MkdirAll(filepath.Dir(path), 0o777))
		require.NoError(r.t, os.WriteFile(path, []byte(files[i+1]), 0o666))
	}
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", message)
	return r.git("rev-parse", "HEAD")
}

// run gives all that a mode makes of the history, through a whole pipeline.
func (r *repository) run(mode func(*dataset.Related, stage.Horizon) dataset.Maker) ([]*dataset.Example, *stage.Report) {
	return run(r.t, r.dir, mode)
}

func run(t testing.TB, dir string, mode func(*dataset.Related, stage.Horizon) dataset.Maker) (examples []*dataset.Example, report *stage.Report) {
	t.Helper()
	git := &source.Git{Repo: dir}
	defer git.Close()
	horizon, err := git.Horizon(t.Context())
	require.NoError(t, err)
	p := stage.New("test")
	tagged := stage.Through(stage.From(p, git, stage.Workers(0)), stage.Classifier{}, stage.Workers(0))
	linked := stage.Through(tagged, &stage.ChainLinker{Messages: git}, stage.Workers(0))
	parsed := stage.Through(linked, stage.DiffParser{Contents: true}, stage.Workers(0))
	rows := stage.Through(parsed, mode(&dataset.Related{Commits: git}, horizon), stage.Workers(0), stage.Named("mode"))
	stage.To(rows, stage.SinkFunc[*dataset.Example](func(_ context.Context, it stage.Item[*dataset.Example]) error {
		examples = append(examples, it.Value)
		return nil
	}))
	report, err = p.Run(t.Context())
	require.NoError(t, err)
	return examples, report
}

// eachCommit calls each for the commits of a history, with patches and contents.
func eachCommit(t testing.TB, dir string, every int, each func(*stage.Commit)) {
	t.Helper()
	git := &source.Git{Repo: dir}
	p := stage.New("test", stage.OnError(stage.Skip))
	sampled := stage.Filter(stage.From(p, git, stage.Workers(0)), "sample", func(c *stage.Commit) bool { return int(c.Position)%every == 0 })
	parsed := stage.Through(sampled, stage.DiffParser{Contents: true}, stage.Workers(0))
	stage.To(parsed, stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
		each(it.Value)
		return nil
	}))
	_, err := p.Run(t.Context())
	require.NoError(t, err)
}

// histories are those that a rule is checked on: one made for it, and the large one
// that the caller of the tests has named, if any.
func histories(t testing.TB, check func(dir string, every int)) {
	dir := filepath.Join(t.TempDir(), "synthetic.git")
	require.NoError(t, synthetic.Generate(t.Context(), synthetic.Options{Dir: dir, Commits: 400, Files: 150, Seed: 11, MaxFileBytes: 60_000}))
	check(dir, 1)
	if dir := os.Getenv("COMMITFLOW_REPO"); dir != "" {
		check(dir, 23)
	} else {
		t.Log("set COMMITFLOW_REPO to a git repository to check every 23rd commit of it too")
	}
}
