package bench

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// git is a command that no configuration but the repository's has a part in.
func git(tb testing.TB, repo string, args ...string) *exec.Cmd {
	command := exec.CommandContext(tb.Context(), "git", append([]string{"--git-dir=" + repo}, args...)...)
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_NO_LAZY_FETCH=1")
	command.Stderr = tb.Output()
	return command
}

// gitOutput gives what git prints when it is told to read the input.
func gitOutput(tb testing.TB, input io.Reader, repo string, args ...string) string {
	tb.Helper()
	command := git(tb, repo, args...)
	command.Stdin = input
	out, err := command.Output()
	require.NoError(tb, err, "git %s", args)
	return string(out)
}

// timeGit gives the wall time of git with its output thrown away.
func timeGit(tb testing.TB, repo string, args ...string) time.Duration {
	tb.Helper()
	command := git(tb, repo, args...)
	began := time.Now()
	require.NoError(tb, command.Run(), "git %s", args)
	return time.Since(began)
}

// What the user has configured must not make git faster or slower.
func TestGitRunsWithoutTheUsersConfiguration(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	require.NoError(t, os.WriteFile(os.Getenv("HOME")+"/.gitconfig", []byte("[diff]\n\trenames = nonsense"), 0o666))
	repo := syntheticRepository(t)
	assert.Positive(t, timeGit(t, repo, "log", "-1", "-p"))
	assert.NotEmpty(t, strings.TrimSpace(gitOutput(t, nil, repo, "rev-parse", "HEAD")))
}
