package stage_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/commitflow/commitflow/stage"
)

// setMessageTests are the cases that the rules of messages and trailers are
// made of. TestSetMessageAsGit holds git against the same messages.
var setMessageTests = []struct {
	name    string
	message string
	want    stage.Commit
	prose   string
}{
	{name: "empty"},
	{name: "only blank lines", message: "\n \n\t\r\n"},
	{
		name:    "subject only",
		message: "mm: free the page\n",
		want:    stage.Commit{Subject: "mm: free the page"},
	},
	{
		name:    "no newline at the end",
		message: "mm: free the page",
		want:    stage.Commit{Subject: "mm: free the page"},
	},
	{
		name:    "subject and body",
		message: "mm: free the page\n\nIt leaked.\n",
		want:    stage.Commit{Subject: "mm: free the page", Body: "It leaked.\n"},
		prose:   "It leaked.",
	},
	{
		name:    "no blank line after the subject: all one paragraph, all subject",
		message: "mm: free the page\nIt leaked.\nSigned-off-by: A <a@b.c>\n",
		want:    stage.Commit{Subject: "mm: free the page It leaked. Signed-off-by: A <a@b.c>"},
	},
	{
		name:    "subject over several lines, trimmed at the right only",
		message: "a long  \n  subject\t\n\nbody\n",
		want:    stage.Commit{Subject: "a long   subject", Body: "body\n"},
		prose:   "body",
	},
	{
		name:    "leading blank lines",
		message: "\n  \n\nsubject\n\n\n \nbody\n",
		want:    stage.Commit{Subject: "subject", Body: "body\n"},
		prose:   "body",
	},
	{
		name:    "leading blank lines do not make trailers of the subject",
		message: "\nAcked-by: A\n",
		want:    stage.Commit{Subject: "Acked-by: A"},
	},
	{
		name:    "white space at the start of subject and body stays",
		message: "  subject\n\n  body\n",
		want:    stage.Commit{Subject: "  subject", Body: "  body\n"},
		prose:   "  body",
	},
	{
		name:    "carriage returns",
		message: "subject\r\n\r\nbody\r\n\r\nAcked-by: A\r\n",
		want: stage.Commit{
			Subject: "subject", Body: "body\r\n\r\nAcked-by: A\r\n",
			Trailers: []stage.Trailer{{Key: "Acked-by", Value: "A"}},
		},
		prose: "body",
	},
	{
		name:    "trailers after prose",
		message: "s\n\nbody\n\nFixes: 0123456789ab (\"x\")\nSigned-off-by: A <a@b.c>\n",
		want: stage.Commit{
			Subject: "s", Body: "body\n\nFixes: 0123456789ab (\"x\")\nSigned-off-by: A <a@b.c>\n",
			Trailers: []stage.Trailer{{Key: "Fixes", Value: "0123456789ab (\"x\")"}, {Key: "Signed-off-by", Value: "A <a@b.c>"}},
		},
		prose: "body",
	},
	{
		name:    "trailers right after the subject",
		message: "s\n\nAcked-by: A\n",
		want:    stage.Commit{Subject: "s", Body: "Acked-by: A\n", Trailers: []stage.Trailer{{Key: "Acked-by", Value: "A"}}},
	},
	{
		name:    "only the last paragraph counts",
		message: "s\n\nAcked-by: A\n\nSigned-off-by: B\n",
		want:    stage.Commit{Subject: "s", Body: "Acked-by: A\n\nSigned-off-by: B\n", Trailers: []stage.Trailer{{Key: "Signed-off-by", Value: "B"}}},
		prose:   "Acked-by: A",
	},
	{
		name:    "text below the trailers hides them",
		message: "s\n\nAcked-by: A\n\nPS: not quite\nthe end\n",
		want:    stage.Commit{Subject: "s", Body: "Acked-by: A\n\nPS: not quite\nthe end\n"},
		prose:   "Acked-by: A\n\nPS: not quite\nthe end",
	},
	{
		name:    "blank lines below the trailers do not",
		message: "s\n\nAcked-by: A\n\n \n\n",
		want:    stage.Commit{Subject: "s", Body: "Acked-by: A\n\n \n\n", Trailers: []stage.Trailer{{Key: "Acked-by", Value: "A"}}},
	},
	{
		name:    "folded values",
		message: "s\n\nFixes: 0123456789ab (\"a long\n subject\")\nCc: x\n\t y \n  z\n",
		want: stage.Commit{
			Subject: "s", Body: "Fixes: 0123456789ab (\"a long\n subject\")\nCc: x\n\t y \n  z\n",
			Trailers: []stage.Trailer{{Key: "Fixes", Value: "0123456789ab (\"a long subject\")"}, {Key: "Cc", Value: "x y  z"}},
		},
	},
	{
		name:    "a wrapped value that is not folded makes it no block",
		message: "s\n\nFixes: 0123456789ab (\"a long\nsubject\")\nAcked-by: A\n",
		want: stage.Commit{
			Subject: "s", Body: "Fixes: 0123456789ab (\"a long\nsubject\")\nAcked-by: A\n",
			Trailers: []stage.Trailer{{Key: "Fixes", Value: "0123456789ab (\"a long subject\")", Loose: true}},
		},
		prose: "Fixes: 0123456789ab (\"a long\nsubject\")\nAcked-by: A",
	},
	{
		name:    "unless git wrote a line of it",
		message: "s\n\nFixes: 0123456789ab (\"a long\nsubject\")\nSigned-off-by: A\n",
		want: stage.Commit{
			Subject: "s", Body: "Fixes: 0123456789ab (\"a long\nsubject\")\nSigned-off-by: A\n",
			Trailers: []stage.Trailer{{Key: "Fixes", Value: "0123456789ab (\"a long"}, {Key: "Signed-off-by", Value: "A"}},
		},
	},
	{
		name:    "a quarter of trailers is enough then",
		message: "s\n\n[one]\n[two]\n[three]\nSigned-off-by: A\n",
		want: stage.Commit{
			Subject: "s", Body: "[one]\n[two]\n[three]\nSigned-off-by: A\n",
			Trailers: []stage.Trailer{{Key: "Signed-off-by", Value: "A"}},
		},
	},
	{
		name:    "a fifth is not",
		message: "s\n\n[one]\n[two]\n[three]\n[four]\nSigned-off-by: A\n",
		want:    stage.Commit{Subject: "s", Body: "[one]\n[two]\n[three]\n[four]\nSigned-off-by: A\n"},
		prose:   "[one]\n[two]\n[three]\n[four]\nSigned-off-by: A",
	},
	{
		name:    "git writes Signed-off-by in these letters only",
		message: "s\n\n[one]\nsigned-off-by: A\n",
		want:    stage.Commit{Subject: "s", Body: "[one]\nsigned-off-by: A\n"},
		prose:   "[one]\nsigned-off-by: A",
	},
	{
		name:    "cherry picks",
		message: "s\n\nbody\n\n(cherry picked from commit 0123)\nAcked-by: A\n[x]\n",
		want: stage.Commit{
			Subject: "s", Body: "body\n\n(cherry picked from commit 0123)\nAcked-by: A\n[x]\n",
			Trailers: []stage.Trailer{{Key: "Acked-by", Value: "A"}},
		},
		prose: "body",
	},
	{
		name:    "blanks before the colon, none after it, no value",
		message: "s\n\nA : b\nC:d\nE:\n",
		want: stage.Commit{
			Subject: "s", Body: "A : b\nC:d\nE:\n",
			Trailers: []stage.Trailer{{Key: "A", Value: "b"}, {Key: "C", Value: "d"}, {Key: "E"}},
		},
	},
	{
		name:    "no keys: two words, underscore, empty",
		message: "s\n\nSigned-off-by: A\ntwo words: b\nu_u: c\n: d\n",
		want: stage.Commit{
			Subject: "s", Body: "Signed-off-by: A\ntwo words: b\nu_u: c\n: d\n",
			Trailers: []stage.Trailer{{Key: "Signed-off-by", Value: "A"}},
		},
	},
	{
		name:    "comments count neither way",
		message: "s\n\n# one\nAcked-by: A\n# two\nCc: B\n\n# three\n",
		want: stage.Commit{
			Subject: "s", Body: "# one\nAcked-by: A\n# two\nCc: B\n\n# three\n",
			Trailers: []stage.Trailer{{Key: "Acked-by", Value: "A"}, {Key: "Cc", Value: "B"}},
		},
	},
	{
		name:    "a list of conflicts below the trailers",
		message: "s\n\nbody\n\nAcked-by: A\n\nConflicts:\n\n\tMakefile\n\tREADME\n",
		want: stage.Commit{
			Subject: "s", Body: "body\n\nAcked-by: A\n\nConflicts:\n\n\tMakefile\n\tREADME\n",
			Trailers: []stage.Trailer{{Key: "Acked-by", Value: "A"}},
		},
		prose: "body",
	},
	{
		name:    "a list of conflicts above them is prose",
		message: "s\n\nConflicts:\n\tMakefile\n\nAcked-by: A\n",
		want: stage.Commit{
			Subject: "s", Body: "Conflicts:\n\tMakefile\n\nAcked-by: A\n",
			Trailers: []stage.Trailer{{Key: "Acked-by", Value: "A"}},
		},
		prose: "Conflicts:\n\tMakefile",
	},
	{
		name:    "a forgotten diff below the scissors",
		message: "s\n\nAcked-by: A\n\n# ------------------------ >8 ------------------------\ndiff\n",
		want: stage.Commit{
			Subject: "s", Body: "Acked-by: A\n\n# ------------------------ >8 ------------------------\ndiff\n",
			Trailers: []stage.Trailer{{Key: "Acked-by", Value: "A"}},
		},
	},
	{
		name:    "scissors in the first paragraph",
		message: "# ------------------------ >8 ------------------------\n\nAcked-by: A\n",
		want:    stage.Commit{Subject: "# ------------------------ >8 ------------------------", Body: "Acked-by: A\n"},
	},
	{
		name:    "a line of hyphens divides mails, not commits",
		message: "s\n\nAcked-by: A\n---\n v2: x\n\nSigned-off-by: B\n",
		want: stage.Commit{
			Subject: "s", Body: "Acked-by: A\n---\n v2: x\n\nSigned-off-by: B\n",
			Trailers: []stage.Trailer{{Key: "Signed-off-by", Value: "B"}},
		},
		prose: "Acked-by: A\n---\n v2: x",
	},
}

func setMessageCases() []string {
	var messages []string
	for _, test := range setMessageTests {
		messages = append(messages, test.message)
	}
	return messages
}

func TestSetMessage(t *testing.T) {
	for _, test := range setMessageTests {
		t.Run(test.name, func(t *testing.T) {
			var got stage.Commit
			got.SetMessage(test.message)
			want := test.want
			want.Message = test.message
			assert.Equal(t, want, got)
			assert.Equal(t, test.prose, got.Prose())
		})
	}
}

func TestSetMessageReplacesTheOldOne(t *testing.T) {
	var c stage.Commit
	c.SetMessage("one\n\nbody\n\nAcked-by: A\n")
	c.SetMessage("two\n")
	assert.Equal(t, stage.Commit{Message: "two\n", Subject: "two"}, c)
}

func TestSetMessageKeepsTextAfterNUL(t *testing.T) {
	var c stage.Commit
	c.SetMessage("sub\x00ject\n\nbo\x00dy\n\nAcked-by: A\x00B\n")
	assert.Equal(t, "sub\x00ject", c.Subject)
	assert.Equal(t, "bo\x00dy", c.Prose())
	assert.Equal(t, []stage.Trailer{{Key: "Acked-by", Value: "A\x00B"}}, c.Trailers)
}

const typicalMessage = `net: phy: wait for the link before autonegotiation is read

The status register keeps the state of the last negotiation until the link
is up, since the PHY latches it. Reading it too early makes the driver
believe in a speed that the partner does not have, and the first packets
are lost because of that.

Wait for the link first.

Fixes: 0123456789ab ("net: phy: read the status once")
Reported-by: Some Tester <tester@example.org>
Reviewed-by: A Reviewer <reviewer@example.org>
Signed-off-by: A U Thor <author@example.com>
Signed-off-by: A Maintainer <maintainer@example.net>
`

func BenchmarkSetMessage(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(typicalMessage)))
	var c stage.Commit
	for b.Loop() {
		c.SetMessage(typicalMessage)
	}
}

func FuzzSetMessage(f *testing.F) {
	for _, message := range setMessageCases() {
		f.Add(message)
	}
	f.Add(typicalMessage)
	f.Fuzz(func(t *testing.T, message string) {
		var c stage.Commit
		c.SetMessage(message)
		assert.Equal(t, message, c.Message)
		assert.True(t, strings.HasSuffix(message, c.Body))
		assert.True(t, strings.HasPrefix(c.Body, c.Prose()))
		assert.NotContains(t, c.Subject, "\n")
		for _, trailer := range c.Trailers {
			assert.NotEmpty(t, trailer.Key)
			assert.NotContains(t, trailer.Key+trailer.Value, "\n")
			assert.Equal(t, strings.TrimSpace(trailer.Key), trailer.Key)
		}
		if utf8.ValidString(message) {
			assert.True(t, utf8.ValidString(c.Subject))
			assert.True(t, utf8.ValidString(trailerLines(c.Trailers)))
		}
		var again stage.Commit
		again.SetMessage(c.Subject + "\n\n" + c.Body)
		if c.Subject != "" && !strings.Contains(c.Subject, ">8") {
			assert.Equal(t, c.Trailers, again.Trailers, "the body alone decides about trailers")
		}
	})
}
