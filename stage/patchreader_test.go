package stage_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

func readPatches(t testing.TB, text string, options stage.PatchOptions) (commits []*stage.PatchCommit) {
	t.Helper()
	reader := stage.NewPatchReader(strings.NewReader(text), options)
	for {
		c, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return commits
		}
		require.NoError(t, err)
		commits = append(commits, c)
	}
}

// Every format of git log gives the same commits, as far as it tells of them.
func TestPatchReaderReadsGitLog(t *testing.T) {
	r := oddHistory(t)
	want := readPatches(t, r.git("log", "-p", "-M", "--full-index", "--format=raw"), stage.PatchOptions{})
	require.Len(t, want, 3)
	for i, c := range want {
		require.Equal(t, stage.Position(i), c.Position)
		require.Equal(t, strings.TrimSpace(r.git("rev-parse", fmt.Sprintf("HEAD~%d", i))), c.Hash.String())
		require.Equal(t, stage.Signature{Name: "A U Thor", Mail: "author@example.com", Seconds: 1112904793, Zone: 200}, c.Author)
		require.Equal(t, stage.Signature{Name: "C O Mitter", Mail: "committer@example.com", Seconds: 1112947323, Zone: -700}, c.Committer)
		require.Equal(t, r.git("log", "-1", "--format=%B", c.Hash.String()), c.Message+"\n")
		require.Equal(t, r.git("log", "-1", "--format=%s%x00%b", c.Hash.String()), c.Subject+"\x00"+c.Body+"\n")
		require.Empty(t, c.Repaired)
	}

	bare := []string{"log", "-p", "-M", "--full-index", "--no-expand-tabs"}
	for _, format := range []string{"short", "medium", "full", "fuller"} {
		for _, extra := range [][]string{nil, {"--stat"}, {"--decorate=full", "--parents"}, {"--date=iso-strict"}, {"--date=rfc"}, {"--date=raw"}, {"--date=iso"}, {"--date=unix"}} {
			args := append(append(bare[:len(bare):len(bare)], "--format="+format), extra...)
			t.Run(strings.Join(args[5:], " "), func(t *testing.T) {
				commits := readPatches(t, r.git(args...), stage.PatchOptions{})
				require.Len(t, commits, len(want))
				for i, c := range commits {
					require.Equal(t, want[i].Hash, c.Hash)
					require.Equal(t, want[i].Files, c.Files)
					require.Equal(t, want[i].Author.Name+want[i].Author.Mail, c.Author.Name+c.Author.Mail)
					require.Equal(t, want[i].Subject, c.Subject)
					require.Empty(t, c.Repaired)
					if format == "fuller" {
						require.Equal(t, want[i].Author.Seconds, c.Author.Seconds)
						require.Equal(t, want[i].Committer.Seconds, c.Committer.Seconds)
					}
					if format != "short" {
						require.Equal(t, want[i].Message, c.Message)
					}
				}
			})
		}
	}
}

func TestPatchReaderPassesOverNotesAndTags(t *testing.T) {
	r := oddHistory(t)
	r.git("notes", "add", "-m", "a note\n\ncommit 1234567\n")
	r.git("tag", "-a", "-m", "the tag\n\nwith text", "v1")
	commits := readPatches(t, r.git("show", "-p", "v1"), stage.PatchOptions{})
	require.Len(t, commits, 1)
	require.Equal(t, "Delete\n\tand indent\n", strings.ReplaceAll(commits[0].Message, "        and", "\tand"))
}

func TestPatchReaderReadsBareDiffsAsOneCommit(t *testing.T) {
	r := oddHistory(t)
	text := r.git("diff", "HEAD~2", "HEAD~1") + r.git("diff", "HEAD~1", "HEAD")
	want, err := stage.ParsePatch(text)
	require.NoError(t, err)
	commits := readPatches(t, text, stage.PatchOptions{})
	require.Len(t, commits, 1)
	require.Equal(t, want, commits[0].Files)
	require.Empty(t, readPatches(t, "", stage.PatchOptions{}))
}

// A limit marks what it leaves out, and the rest of the stream is unharmed.
func TestPatchReaderKeepsWithinItsLimits(t *testing.T) {
	r := newPatchRepo(t)
	r.write("large", strings.Repeat("0123456789\n", 30000)+strings.Repeat("x", 300000)+"\n")
	r.write("small", "a\n")
	r.commit("Add\n\n" + strings.Repeat("long message\n", 1000))
	text := r.git("log", "-p", "--full-index")
	whole := readPatches(t, text, stage.PatchOptions{})[0].Files

	c := readPatches(t, text, stage.PatchOptions{MaxFile: 1000})[0]
	require.True(t, c.Files[0].Truncated)
	require.Empty(t, c.Files[0].Patch)
	require.Empty(t, c.Files[0].Hunks)
	require.Zero(t, c.Files[0].Added)
	require.Equal(t, whole[0].NewID, c.Files[0].NewID)
	require.Equal(t, whole[1], c.Files[1])

	c = readPatches(t, text, stage.PatchOptions{MaxCommit: 1000})[0]
	require.NotEmpty(t, c.Repaired)
	require.Less(t, len(c.Message), 1000)
	require.True(t, c.Files[0].Truncated)
	require.True(t, c.Files[1].Truncated)

	mails := r.git("format-patch", "--stdout", "--root", "HEAD")
	reader := stage.NewPatchReader(strings.NewReader(mails), stage.PatchOptions{MaxCommit: 1000})
	_, err := reader.Next()
	require.ErrorContains(t, err, "patch line 2: want a mail of at most 1000 bytes")
	_, err = reader.Next()
	require.ErrorIs(t, err, io.EOF)
}

// A malformed commit costs itself only.
func TestPatchReaderGoesOnAfterAMalformedCommit(t *testing.T) {
	r := oddHistory(t)
	for _, command := range []string{"log", "format-patch"} {
		args := map[string][]string{"log": {"log", "-p", "--reverse"}, "format-patch": {"format-patch", "--stdout", "--root", "HEAD"}}[command]
		text := r.git(args...)
		broken := strings.Replace(text, "-two\n", "two\n", 1)
		require.NotEqual(t, text, broken)
		line := 1 + strings.Count(text[:strings.Index(text, "-two\n")], "\n")

		reader := stage.NewPatchReader(strings.NewReader(broken), stage.PatchOptions{})
		first, err := reader.Next()
		require.NoError(t, err)
		require.Equal(t, "Begin", first.Subject)
		_, err = reader.Next()
		var malformed *stage.PatchError
		require.ErrorAs(t, err, &malformed, command)
		require.Equal(t, line, malformed.Line)
		require.ErrorContains(t, err, strings.TrimSpace(r.git("rev-parse", "HEAD~1")))
		third, err := reader.Next()
		require.NoError(t, err)
		require.Contains(t, third.Subject, "Delete")
		_, err = reader.Next()
		require.ErrorIs(t, err, io.EOF)
	}
}

func TestPatchReaderReportsTheStreamsFailure(t *testing.T) {
	text := oddHistory(t).git("log", "-p")
	failed := errors.New("connection lost")
	stream := io.MultiReader(strings.NewReader(text[:len(text)-500]), iotest.ErrReader(failed))
	reader := stage.NewPatchReader(stream, stage.PatchOptions{})
	var err error
	for range 4 {
		if _, err = reader.Next(); err != nil {
			break
		}
	}
	require.ErrorIs(t, err, failed)
	_, err = reader.Next()
	require.ErrorIs(t, err, failed)
}

// However the stream is cut into reads, the commits are the same.
func TestPatchReaderDoesNotDependOnReads(t *testing.T) {
	text := oddHistory(t).git("log", "-p", "-M")
	want := readPatches(t, text, stage.PatchOptions{})
	for _, r := range []io.Reader{iotest.OneByteReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text)), iotest.HalfReader(strings.NewReader(text))} {
		reader := stage.NewPatchReader(r, stage.PatchOptions{})
		for i := range want {
			c, err := reader.Next()
			require.NoError(t, err)
			require.Equal(t, want[i], c)
		}
		_, err := reader.Next()
		require.ErrorIs(t, err, io.EOF)
	}
}

// mailHistory has the subjects, names and bodies that give mail trouble.
func mailHistory(t testing.TB) *patchRepo {
	r := newPatchRepo(t)
	body := "Explain.\n\nFrom here on all is new.\nFrom me\n>From quoted\n\nFixes: 123456789abc (\"x\")\nSigned-off-by: A U Thor <author@example.com>\n"
	for i, c := range []struct{ author, subject, body string }{
		{"A U Thor <author@example.com>", "area: plain subject", body},
		{"Jörg Müller <j@example.com>", "bereich: größer, schöner und mit so vielen Wörtern, dass die Zeile umbrochen werden muß", "Größe.\n"},
		{`Last, First <x@example.com>`, "[RFC] keep, these: brackets?", "x\n"},
		{`Dr. "Q" (Quoted) <q@example.com>`, "Re: not a reply", "--\n-- \nx\n"},
		{"日本語 <jp@example.com>", "名前: " + strings.Repeat("長い件名", 20), "本文。\n"},
		{"A. Dot <dot@example.com>", "only a subject", ""},
	} {
		r.write("file", strings.Repeat("context\n", 5)+fmt.Sprintf("-- change %d é\n", i))
		r.write("crlf", fmt.Sprintf("a\r\nb %d\r\n", i))
		r.git("add", "-A")
		r.gitIn(c.subject+"\n\n"+c.body, "commit", "-q", "--author", c.author, "-F", "-")
	}
	return r
}

func TestPatchReaderReadsMails(t *testing.T) {
	r := mailHistory(t)
	want := readPatches(t, r.git("log", "-p", "--reverse", "--format=raw"), stage.PatchOptions{})
	tests := []struct {
		name    string
		args    []string
		options stage.PatchOptions
	}{
		{name: "format-patch", args: []string{"format-patch", "--stdout", "--root", "HEAD"}},
		{name: "numbered and attached", args: []string{"format-patch", "--stdout", "--root", "-n", "-v3", "--attach", "HEAD"}},
		{name: "threaded", args: []string{"format-patch", "--stdout", "--root", "--thread", "--inline", "HEAD"}},
		{name: "mboxrd", args: []string{"format-patch", "--stdout", "--root", "--format=mboxrd", "HEAD"}, options: stage.PatchOptions{MboxRD: true}},
		{name: "git log", args: []string{"log", "-p", "--reverse", "--format=email"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			mails := readPatches(t, r.git(test.args...), test.options)
			require.Len(t, mails, len(want))
			for i, mail := range mails {
				require.Equal(t, want[i].Hash, mail.Hash)
				require.Equal(t, want[i].Author, mail.Author)
				if want[i].Subject != "Re: not a reply" && want[i].Subject[0] != '[' { // mail cannot tell these from its own
					require.Equal(t, want[i].Subject, mail.Subject)
				}
				if !strings.Contains(strings.Join(test.args, " "), "--attach") {
					require.Equal(t, want[i].Body, mail.Body)
					require.Equal(t, want[i].Trailers, mail.Trailers)
				}
				require.Equal(t, want[i].Files, mail.Files)
				require.NotNil(t, mail.Mail)
			}
		})
	}
}

func TestPatchReaderReadsASeries(t *testing.T) {
	r := mailHistory(t)
	mails := readPatches(t, r.git("format-patch", "--stdout", "--root", "-v2", "--cover-letter", "--thread", "HEAD"), stage.PatchOptions{})
	require.Len(t, mails, 7)
	for i, mail := range mails {
		require.Equal(t, fmt.Sprintf("PATCH v2 %d/6", i), mail.Mail.Prefix[:len("PATCH v2 0/6")])
		require.Equal(t, []int{2, i, 6}, []int{mail.Mail.Version, mail.Mail.Number, mail.Mail.Total})
		require.NotEmpty(t, mail.Mail.MessageID)
		if i > 0 {
			require.Equal(t, mails[0].Mail.MessageID, mail.Mail.InReplyTo)
			require.Equal(t, []string{mails[0].Mail.MessageID}, mail.Mail.References)
		}
	}
	require.Empty(t, mails[0].Files)
}

// git mailinfo is the judge of what a mail's author, subject, date and message are.
func TestMailsAreAsGitMailinfoHasThem(t *testing.T) {
	const diff = "---\n x | 2 +-\n 1 file changed\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n-- \n2.39.5\n\n"
	mails := []struct{ name, text string }{
		{"plain", "From: A U Thor <author@example.com>\nDate: Thu, 7 Apr 2005 22:13:13 +0200\nSubject: [PATCH v2 3/7] area: title\n\nBody.\n\n" + diff},
		{"encoded words", "From: =?UTF-8?q?J=C3=B6rg?= =?UTF-8?B?TcO8bGxlcg==?= <j@example.com>\nSubject: =?iso-8859-1?Q?[PATCH]_gr=F6=DFer?=\nDate: Thu, 7 Apr 2005 22:13:13 -0700 (PDT)\n\nBody.\n" + diff},
		{"folded", "From: A U Thor\n <author@example.com>\nSubject: [RFC/PATCH 1/2] a very\n long\tsubject\nDate: Thu, 7 Apr 2005 22:13:13 GMT\n\nBody.\n" + diff},
		{"reply", "From: author@example.com (A U Thor)\nSubject: Re: [PATCH net-next] : title [kept]\nDate: Thu, 7 Apr 2005 22:13:13 +0000\n\nBody.\n" + diff},
		{"no name", "From: author@example.com\nSubject: [PATCH] title\nDate: Thu, 7 Apr 2005 22:13:13 +0000\n\nBody.\n" + diff},
		{"quoted name", "From: \"Thor, A \\\"U\\\"\" <author@example.com>\nSubject: [PATCH] title\nDate: Thu, 7 Apr 2005 22:13:13 +0000\n\nBody.\n" + diff},
		{"in-body header", "From: List <list@example.com>\nSubject: [PATCH] forwarded\nDate: Thu, 7 Apr 2005 22:13:13 +0000\n\nFrom: A U Thor <author@example.com>\nDate: Fri, 8 Apr 2005 00:00:00 +0100\nSubject: [PATCH] real title\n\nBody.\n" + diff},
		{"quoted-printable", "From: A U Thor <author@example.com>\nSubject: [PATCH] title\nDate: Thu, 7 Apr 2005 22:13:13 +0000\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nGr=F6=DFe =3D soft=\n break.\n" + diff},
		{"base64", "From: A U Thor <author@example.com>\nSubject: [PATCH] title\nDate: Thu, 7 Apr 2005 22:13:13 +0000\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + base64Lines("Größe.\n"+diff)},
		{"CRLF", strings.ReplaceAll("From: A U Thor <author@example.com>\nSubject: [PATCH] title\nDate: Thu, 7 Apr 2005 22:13:13 +0000\n\nBody.\n"+diff, "\n", "\r\n")},
		{"latin-1", "From: A U Thor <author@example.com>\nSubject: [PATCH] title\nDate: Thu, 7 Apr 2005 22:13:13 +0000\nContent-Type: text/plain; charset=ISO-8859-1\n\nGr\xf6\xdfe.\n" + diff},
		{"body ends in a diff", "From: A U Thor <author@example.com>\nSubject: [PATCH] title\nDate: Thu, 7 Apr 2005 22:13:13 +0000\n\nBody -- x\n--x\n---x\n" + strings.TrimPrefix(diff, "---\n")},
		{"multipart", "From: A U Thor <author@example.com>\nSubject: [PATCH] title\nDate: Thu, 7 Apr 2005 22:13:13 +0000\nContent-Type: multipart/mixed; boundary=\"=-x\"\n\nPreamble\n--=-x\nContent-Type: text/plain; charset=us-ascii\n\nBody.\n--=-x\nContent-Type: text/x-patch; name=x.patch\nContent-Disposition: attachment\n\n" + diff + "--=-x--\n"},
	}
	for _, mail := range mails {
		t.Run(mail.name, func(t *testing.T) {
			r := newPatchRepo(t)
			// git am hands each mail to git mailinfo by way of git mailsplit, which
			// takes the carriage returns off.
			r.gitIn(mail.text, "mailsplit", "-b", "-o"+r.dir)
			split, err := os.ReadFile(filepath.Join(r.dir, "0001"))
			require.NoError(t, err)
			info := r.gitIn(string(split), "mailinfo", "message", "patch")
			message, err := os.ReadFile(filepath.Join(r.dir, "message"))
			require.NoError(t, err)

			mails := readPatches(t, mail.text, stage.PatchOptions{})
			require.Len(t, mails, 1)
			got := mails[0]
			require.Equal(t, mailinfo(info, "Author"), got.Author.Name)
			require.Equal(t, mailinfo(info, "Email"), got.Author.Mail)
			require.Equal(t, mailinfo(info, "Subject"), got.Subject)
			require.Equal(t, strings.Trim(string(message), "\n"), strings.Trim(got.Body, "\n"))

			r.write("x", "a\n")
			r.commit("base")
			r.gitIn(mail.text, "am", "-q")
			require.Equal(t, r.git("log", "-1", "--format=%at"), fmt.Sprintln(got.Author.Seconds))
			require.Len(t, got.Files, 1)
			require.Equal(t, "-a\n+b\n", got.Files[0].Hunks[0].Text)
		})
	}
}

func mailinfo(info, key string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, key+": "); ok {
			return strings.TrimSuffix(value, "\n")
		}
	}
	return ""
}

// No stream makes the reader panic or loop, and its errors are of the text's.
func FuzzPatchReader(f *testing.F) {
	r := oddHistory(f)
	f.Add([]byte(r.git("log", "-p", "--stat", "--format=fuller")))
	f.Add([]byte(r.git("log", "-p", "--format=raw")))
	f.Add([]byte(mergeHistory(f).git("log", "-p", "--cc")))
	m := mailHistory(f)
	f.Add([]byte(m.git("format-patch", "--stdout", "--root", "--attach", "-n", "HEAD")))
	f.Add([]byte(m.git("format-patch", "--stdout", "-1", "--format=mboxrd")))
	f.Add([]byte("From: a@b\r\nSubject: =?utf-8?q?[PATCH_v2_3/7]?=\r\nContent-Transfer-Encoding: base64\r\n\r\nLS0tCg=="))
	f.Fuzz(func(t *testing.T, text []byte) {
		reader := stage.NewPatchReader(strings.NewReader(string(text)), stage.PatchOptions{MaxFile: 1 << 16, MaxCommit: 1 << 18})
		line := 0
		for {
			c, err := reader.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			var malformed *stage.PatchError
			if errors.As(err, &malformed) {
				continue
			}
			require.NoError(t, err)
			require.Greater(t, c.Line, line)
			line = c.Line
			for i := range c.Files {
				requireSound(t, &c.Files[i])
			}
		}
	})
}

func ExamplePatchReader() {
	log := `commit 89d0fc5ff59e0d9d4b0dcd0a4f0f0c7dbc0c2bd8
Author: A U Thor <author@example.com>
Date:   Thu Apr 7 22:13:13 2005 +0200

    query: drop a comment

diff --git a/query.sql b/query.sql
index 1b2c3d4..5e6f708 100644
--- a/query.sql
+++ b/query.sql
@@ -1,2 +1 @@
--- first comment
 select 1;
`
	reader := stage.NewPatchReader(strings.NewReader(log), stage.PatchOptions{})
	for {
		commit, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(commit.Subject)
		for _, f := range commit.Files {
			fmt.Println(f.Kind, f.Path(), f.Added, f.Deleted)
		}
	}
	// Output:
	// query: drop a comment
	// M query.sql 0 1
}

func base64Lines(text string) string {
	encoded := base64.StdEncoding.EncodeToString([]byte(text))
	var out strings.Builder
	for len(encoded) > 76 {
		out.WriteString(encoded[:76] + "\n")
		encoded = encoded[76:]
	}
	return out.String() + encoded + "\n"
}

func BenchmarkPatchReader(b *testing.B) {
	log := strings.Repeat(oddHistory(b).git("log", "-p", "-M", "--full-index"), 100)
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		reader := stage.NewPatchReader(strings.NewReader(log), stage.PatchOptions{})
		for {
			_, err := reader.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
