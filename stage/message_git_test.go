package stage_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// messageByGit is what git makes of a commit's message.
type messageByGit struct {
	hash, message, subject, body string
	// trailers are "key: value" lines.
	trailers string
}

// messageGit is a git command that no configuration of the machine reaches.
func messageGit(gitDir string, args ...string) *exec.Cmd {
	cmd := exec.Command("git", append([]string{"--git-dir=" + gitDir, "-c", "i18n.logOutputEncoding=UTF-8"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C")
	cmd.Stderr = os.Stderr
	return cmd
}

// readMessages has one git log print the messages of HEAD's history and how it
// splits them.
func readMessages(t *testing.T, gitDir string, each func(messageByGit)) {
	t.Helper()
	cmd := messageGit(gitDir, "log", "--format=%H%x00%B%x00%s%x00%b%x00%(trailers:only,unfold)%x00")
	pipe, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	out := bufio.NewReaderSize(pipe, 1<<20)
	for {
		var m messageByGit
		for _, field := range []*string{&m.hash, &m.message, &m.subject, &m.body, &m.trailers} {
			*field, err = out.ReadString(0)
			if err != nil {
				break
			}
			*field = strings.TrimSuffix(*field, "\x00")
		}
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		m.hash = strings.TrimPrefix(m.hash, "\n")
		each(m)
	}
	require.NoError(t, cmd.Wait())
}

// requireAsGit holds what SetMessage finds against what git found.
func requireAsGit(t *testing.T, m messageByGit) {
	t.Helper()
	var c stage.Commit
	c.SetMessage(m.message)
	require.Equal(t, m.subject, c.Subject, "subject of %s: %q", m.hash, m.message)
	require.Equal(t, m.body, c.Body, "body of %s: %q", m.hash, m.message)
	require.Equal(t, m.trailers, trailerLines(c.Trailers), "trailers of %s: %q", m.hash, m.message)
}

func trailerLines(trailers []stage.Trailer) string {
	var lines strings.Builder
	for _, t := range trailers {
		if t.Loose {
			continue // none of git's
		}
		fmt.Fprintf(&lines, "%s: %s\n", t.Key, t.Value)
	}
	return lines.String()
}

// writeMessages makes a new repository whose history is one commit for each
// message.
func writeMessages(t *testing.T, messages []string) (gitDir string) {
	t.Helper()
	gitDir = filepath.Join(t.TempDir(), "repo.git")
	require.NoError(t, messageGit(gitDir, "init", "--quiet", "--bare", "--initial-branch=main").Run())
	var stream strings.Builder
	for i, message := range messages {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata %d\n%s\n", i, len(message), message)
	}
	load := messageGit(gitDir, "fast-import", "--quiet")
	load.Stdin = strings.NewReader(stream.String())
	require.NoError(t, load.Run())
	return gitDir
}

// Messages put together at random from what matters to the rules are split as
// git splits them.
func TestSetMessageAsGit(t *testing.T) {
	pieces := []string{
		"Subject", "area: change a thing", "text", "more text here", "", "", "", " ", "\t",
		"Signed-off-by: A <a@example.com>", "Signed-off-by: B <b@example.com>", "Signed-off-by:c", "signed-off-by: d",
		"Reviewed-by: R", "Fixes: 0123456789ab (\"x\")", "Key : value", "Key\t: value", "Two words: value", "key_: v", ": v", "Empty:", "X: y: z",
		" folded", "\tfolded more", "  ", "(cherry picked from commit 0123)", "(cherry picked", "# comment", "#", " # no comment",
		"---", "--- ", "--- a/file", "Conflicts:", "\tpath", "Conflicts: x",
		"# ------------------------ >8 ------------------------", "trailing  ", "CR: lf\r", "\r", "text\r", "Ünïcode: x", "Key: ünï", "a\vb: c", "\fform: feed",
	}
	rng := rand.New(rand.NewPCG(2, 39))
	messages := make([]string, 3000)
	for i := range messages {
		var m strings.Builder
		for range rng.IntN(14) {
			m.WriteString(pieces[rng.IntN(len(pieces))])
			m.WriteByte('\n')
		}
		messages[i] = m.String()
		if rng.IntN(4) == 0 {
			messages[i] = strings.TrimSuffix(messages[i], "\n")
		}
	}
	messages = append(messages, setMessageCases()...)
	gitDir := writeMessages(t, messages)

	seen, withTrailers := 0, 0
	readMessages(t, gitDir, func(m messageByGit) {
		requireAsGit(t, m)
		seen++
		if m.trailers != "" {
			withTrailers++
		}
	})
	assert.Equal(t, len(messages), seen)
	assert.Greater(t, withTrailers, 150, "many of the messages have trailers")
}

// Every message of a real history is split as git splits it.
func TestSetMessageAsGitOverHistory(t *testing.T) {
	gitDir := os.Getenv("COMMITFLOW_REPO")
	if gitDir == "" {
		t.Skip("set COMMITFLOW_REPO to a git directory to compare its whole history with git log")
	}
	commits, trailers := 0, 0
	var sample []messageByGit
	readMessages(t, gitDir, func(m messageByGit) {
		requireAsGit(t, m)
		if commits%2000 == 0 {
			sample = append(sample, m)
		}
		commits++
		trailers += strings.Count(m.trailers, "\n")
	})
	t.Logf("%d commits with %d trailers, all as git log prints them", commits, trailers)
	require.NotZero(t, commits)

	for _, m := range sample {
		interpret := messageGit(gitDir, "interpret-trailers", "--parse", "--no-divider")
		interpret.Stdin = bytes.NewReader([]byte(m.message))
		out, err := interpret.Output()
		require.NoError(t, err)
		require.Equal(t, m.trailers, string(out), "git log and git interpret-trailers agree on %s", m.hash)
	}
}
