package source_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

func TestGitGivesAnyCommit(t *testing.T) {
	dir := smallHistory(t)
	want := read(t, &source.Git{Repo: dir})
	g := &source.Git{Repo: dir, Revisions: []string{"--max-count=1"}}
	defer g.Close()
	for _, c := range want {
		got, err := g.Commit(t.Context(), c.Hash)
		require.NoError(t, err)
		require.Equal(t, describe([]*stage.Commit{c}), describe([]*stage.Commit{got}))
		require.Equal(t, c.Message, got.Message)
		require.Equal(t, c.Repo, got.Repo)
		require.NotNil(t, got.Blobs)
		require.Zero(t, got.Position)
	}
	_, err := g.Commit(t.Context(), stage.Hash{1})
	require.ErrorIs(t, err, stage.ErrMissing)
	require.ErrorContains(t, err, "commit 0100")
}

func TestHorizon(t *testing.T) {
	dir := smallHistory(t)
	seconds := func(name string) (n int64) {
		c, err := (&source.Git{Repo: dir}).Commit(t.Context(), revision(t, dir, name))
		require.NoError(t, err)
		return c.Committer.Seconds
	}
	first := strings.Fields(git(t, dir, "rev-list", "--reverse", "HEAD"))[0]
	git(t, dir, "tag", "v1.0", first)
	git(t, dir, "-c", "user.name=T", "-c", "user.email=t@example.com", "tag", "-a", "-m", "x", "v2.6.13", "HEAD")
	for _, none := range []string{"v1.0-rc1", "v1.0.1", "other"} {
		git(t, dir, "tag", none, "HEAD")
	}
	g := &source.Git{Repo: dir}
	defer g.Close()
	h, err := g.Horizon(t.Context())
	require.NoError(t, err)
	require.Equal(t, stage.Horizon{End: seconds("HEAD"), Releases: []int64{seconds(first), seconds("HEAD")}}, h)
}

func revision(t *testing.T, dir, name string) stage.Hash {
	t.Helper()
	h, err := stage.ParseHash(strings.TrimSpace(git(t, dir, "rev-parse", name)))
	require.NoError(t, err)
	return h
}
