package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

func TestWhatCannotBeResolvedIsListed(t *testing.T) {
	dir := t.TempDir()
	git := func(args ...string) string {
		command := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=A", "-c", "user.email=a@example.org"}, args...)...)
		command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return strings.TrimSpace(string(out))
	}
	git("init", "-q", "-b", "main")
	git("commit", "-q", "--allow-empty", "-m", "net: add a queue")
	git("commit", "-q", "--allow-empty", "-m", "net: fix it\n\nFixes: 123456789abc (\"net: unknown\")")
	git("commit", "-q", "--allow-empty", "-m", "Revert \"net: add a queue\"\n\nThis reverts commit "+git("rev-parse", "HEAD~1")+".")

	var lines, counts strings.Builder
	repo := &source.Git{Repo: dir}
	require.NoError(t, run(t.Context(), repo, &stage.ChainLinker{Messages: repo}, &lines, &counts))
	assert.Equal(t, git("rev-parse", "HEAD~1")+"\tfixes\tunknown\t123456789abc\tnet: unknown\n", lines.String())
	assert.Equal(t, "fixes: 1 stated, 0 resolved, 1 unknown\nreverts: 1 stated, 1 resolved, 1 by hash\n1 commits reverted at the end, 0 reapplied\n", counts.String())

	missing := &source.Git{Repo: dir + "/nowhere"}
	assert.Error(t, run(t.Context(), missing, &stage.ChainLinker{Messages: missing}, &lines, &counts))
}
