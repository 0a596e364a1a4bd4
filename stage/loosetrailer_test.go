package stage_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// What stands before "subject\n\n" and after is a body; loose trailers are
// marked by a "~".
func TestLooseTrailers(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"in a paragraph above", "Fixes: 0123456789ab (\"x: y\")\n\nSigned-off-by: A <a@x.org>\n", "~Fixes: 0123456789ab (\"x: y\")|Signed-off-by: A <a@x.org>"},
		{"amid prose", "Text\nReported-by: A <a@x.org>\nmore text\n", "~Reported-by: A <a@x.org>"},
		{"in a last paragraph that is no block", "Tested-by: A <a@x.org>\nthis is\nall prose\nor so\n", "~Tested-by: A <a@x.org>"},
		{"below the sign-offs", "Signed-off-by: A <a@x.org>\n\nP.S. more\n", "~Signed-off-by: A <a@x.org>"},
		{"any order is that of the message", "Link: https://x.org/1\n\nCc: stable@vger.kernel.org # 5.4\n\nAcked-by: B <b@x.org>\n", "~Link: https://x.org/1|~Cc: stable@vger.kernel.org # 5.4|Acked-by: B <b@x.org>"},
		{"closes", "Closes: https://syzkaller.appspot.com/bug?extid=1\n\ntext\n", "~Closes: https://syzkaller.appspot.com/bug?extid=1"},
		{"machine", "Assisted-by: Agent:model-1 [tool]\n\ntext\n", "~Assisted-by: Agent:model-1 [tool]"},
		{"folded", "Fixes: 0123456789ab\n (\"x: y\")\n\ntext\n", "~Fixes: 0123456789ab (\"x: y\")"},
		{"folded up to a blank line", "Fixes: 0123456789ab\n \n text\n\nmore\n", "~Fixes: 0123456789ab"},
		{"a wrapped subject", "Fixes: 0123456789ab (\"x: y\nand z\")\nAcked-by: A <a@x.org>\n", "~Fixes: 0123456789ab (\"x: y and z\")|~Acked-by: A <a@x.org>"},
		{"a subject without an end", "Fixes: 0123456789ab (\"x: y\nAcked-by: A <a@x.org>\ntext\n", "~Fixes: 0123456789ab (\"x: y|~Acked-by: A <a@x.org>"},
		{"a commit in words", "Fixes: commit 0123456 (\"x\")\n\ntext\n", "~Fixes: commit 0123456 (\"x\")"},
		{"an address of a commit", "Fixes: https://x.org/c/1\n\ntext\n", "~Fixes: https://x.org/c/1"},
		{"any case", "reported-BY: A <a@x.org>\n\ntext\n", "~reported-BY: A <a@x.org>"},

		{"prose after Fixes", "Fixes: a bug that was added in 2.6\n\ntext\n", ""},
		{"prose after Link", "Link: the tool that links\n\ntext\n", ""},
		{"copies to people", "Cc: A <a@x.org>\n\ntext\n", ""},
		{"by, but nobody", "Stand-by: the machine sleeps\n\ntext\n", ""},
		{"other keys", "Note: mail a@x.org\nChange-Id: I12\n\ntext\n", ""},
		{"not at the start of its line", " Fixes: 0123456789ab\n> Fixes: 0123456789ab\n\ntext\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var commit stage.Commit
			commit.SetMessage("subject\n\n" + c.body)
			var got []string
			for _, trailer := range commit.Trailers {
				mark := ""
				if trailer.Loose {
					mark = "~"
				}
				got = append(got, mark+trailer.Key+": "+trailer.Value)
			}
			assert.Equal(t, c.want, strings.Join(got, "|"))
		})
	}
}

func TestTheSubjectIsNoTrailer(t *testing.T) {
	var c stage.Commit
	c.SetMessage("Fixes: 0123456789ab\nReported-by: A <a@x.org>\n\ntext\n")
	assert.Empty(t, c.Trailers)
}

// Every message of a history is given to git interpret-trailers --parse, some
// hundred at a time. Unless told otherwise that command takes a line "---" for
// the end of the message, since it reads mails, too, and a blank first line for
// the subject, which git log passes over. Where the answers differ, git is asked again
// with --no-divider and without such lines, and then they are the same.
func TestTrailersAreThoseOfInterpretTrailers(t *testing.T) {
	t.Run("own messages", func(t *testing.T) {
		compareInterpretTrailers(t, writeMessages(t, append(setMessageCases(),
			"a\n\ntext\n\nAcked-by: A <a@x.org>\n---\nv2: changes\n\nSigned-off-by: B <b@x.org>\n",
			"b\n\ntext\n\nReviewed-by: A <a@x.org>\n")))
	})
	t.Run("COMMITFLOW_REPO", func(t *testing.T) {
		repo := os.Getenv("COMMITFLOW_REPO")
		if repo == "" {
			t.Skip("set COMMITFLOW_REPO to a git directory to compare its whole history")
		}
		compareInterpretTrailers(t, repo)
	})
}

// divider is what ends a message for git interpret-trailers.
var divider = regexp.MustCompile(`(?m)^---(\s|$)`)

func compareInterpretTrailers(t *testing.T, gitDir string) {
	const batch = 400
	dir := t.TempDir()
	between := filepath.Join(dir, "between")
	const mark = "Next-Message: x\n"
	require.NoError(t, os.WriteFile(between, []byte("s\n\n"+mark), 0o600))
	var pending []messageByGit
	var messages, equal, divided, blank, loose int
	check := func() {
		args := []string{"interpret-trailers", "--parse"}
		for i, m := range pending {
			name := filepath.Join(dir, fmt.Sprint(i))
			require.NoError(t, os.WriteFile(name, []byte(m.message), 0o600))
			args = append(args, name, between)
		}
		out, err := messageGit(gitDir, args...).Output()
		require.NoError(t, err)
		answers := bytes.SplitAfter(out, []byte(mark))
		require.Len(t, answers, len(pending)+1)
		for i, m := range pending {
			var c stage.Commit
			c.SetMessage(m.message)
			for _, trailer := range c.Trailers {
				if trailer.Loose {
					loose++
				}
			}
			messages++
			got, want := trailerLines(c.Trailers), strings.TrimSuffix(string(answers[i]), mark)
			switch {
			case got == want:
				equal++
				continue
			case divider.MatchString(m.message):
				divided++
			case strings.HasPrefix(m.message, "\n"):
				blank++
			}
			again := messageGit(gitDir, "interpret-trailers", "--parse", "--no-divider")
			again.Stdin = strings.NewReader(strings.TrimLeft(m.message, "\n"))
			out, err := again.Output()
			require.NoError(t, err)
			assert.Equal(t, string(out), got, "%s: of %q", m.hash, m.message)
		}
		pending = pending[:0]
	}
	readMessages(t, gitDir, func(m messageByGit) {
		if pending = append(pending, m); len(pending) == batch {
			check()
		}
	})
	check()
	t.Logf("%d messages: %d as git has them, %d differ by a line \"---\" and %d by a blank first line; %d loose trailers", messages, equal, divided, blank, loose)
	assert.NotZero(t, equal)
}
