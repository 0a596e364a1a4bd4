package source_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source"
)

func TestTips(t *testing.T) {
	dir := t.TempDir()
	git := func(args ...string) string {
		args = append([]string{"-C", dir, "-c", "user.name=A", "-c", "user.email=a@example.com"}, args...)
		out, err := exec.Command("git", args...).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	git("commit", "-q", "--allow-empty", "-m", "one")
	git("tag", "old")
	git("commit", "-q", "--allow-empty", "-m", "two")
	old, head := git("rev-parse", "old"), git("rev-parse", "HEAD")
	for _, test := range []struct{ revisions, want []string }{
		{nil, []string{head}},
		{[]string{"old..HEAD", "--no-merges"}, []string{head, "^" + old}},
		{[]string{"--since=2020-01-01"}, []string{head}},
		{[]string{"nowhere"}, nil},
	} {
		tips, err := (&source.Git{Repo: dir, Revisions: test.revisions}).Tips(t.Context())
		require.NoError(t, err)
		require.Equal(t, test.want, tips, "%v", test.revisions)
	}
	_, err := (&source.Git{Repo: t.TempDir()}).Tips(t.Context())
	require.Error(t, err)
}
