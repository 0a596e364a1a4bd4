package commitobj

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

const (
	treeLine  = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
	author    = "author A U Thor <author@example.com> 1112911993 -0700\n"
	committer = "committer C O Mitter <committer@example.com> 1112912053 +0200\n"
)

var (
	emptyTree = mustHash("4b825dc642cb6eb9a060e54bf8d69288fbee4904")
	thor      = stage.Signature{Name: "A U Thor", Mail: "author@example.com", Seconds: 1112911993, Zone: -700}
	mitter    = stage.Signature{Name: "C O Mitter", Mail: "committer@example.com", Seconds: 1112912053, Zone: 200}
)

func mustHash(hex string) stage.Hash {
	hash, err := stage.ParseHash(hex)
	if err != nil {
		panic(err)
	}
	return hash
}

// parse reads an object that must not be refused.
func parse(t *testing.T, raw string) *stage.Commit {
	t.Helper()
	var c stage.Commit
	require.NoError(t, Parse(&c, []byte(raw)))
	return &c
}

func TestParseWholeCommit(t *testing.T) {
	const (
		parents = "parent 0123456789abcdef0123456789abcdef01234567\nparent FEDCBA9876543210fedcba9876543210fedcba98\n"
		message = "Merge tag 'x'\n\nSeveral fixes.\n\nSigned-off-by: A <a@b.c>\n"
	)
	raw := treeLine + parents + author + committer +
		"mergetag object fedcba9876543210fedcba9876543210fedcba98\n type commit\n \n  indented\n" +
		"gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n" +
		"HG:extra a  b\nlonely\n\n" + message
	assert.Equal(t, &stage.Commit{
		Tree: emptyTree,
		Parents: []stage.Hash{
			mustHash("0123456789abcdef0123456789abcdef01234567"),
			mustHash("fedcba9876543210fedcba9876543210fedcba98"),
		},
		Author:    thor,
		Committer: mitter,
		Headers: []stage.Header{
			{Key: "mergetag", Value: "object fedcba9876543210fedcba9876543210fedcba98\ntype commit\n\n indented"},
			{Key: "gpgsig", Value: "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----"},
			{Key: "HG:extra", Value: "a  b"},
			{Key: "lonely"},
		},
		Message:  message,
		Subject:  "Merge tag 'x'",
		Body:     "Several fixes.\n\nSigned-off-by: A <a@b.c>\n",
		Trailers: []stage.Trailer{{Key: "Signed-off-by", Value: "A <a@b.c>"}},
	}, parse(t, raw))
}

func TestParseLeavesTheRestOfTheCommitAlone(t *testing.T) {
	c := stage.Commit{
		Position: 7, Repo: "r", Hash: emptyTree, Files: make([]stage.FileChange, 2),
		Parents:  make([]stage.Hash, 3),
		Headers:  []stage.Header{{Key: "old"}},
		Repaired: []stage.Repair{{Field: "old"}},
		Encoding: "old", Message: "old", Trailers: []stage.Trailer{{Key: "old"}},
	}
	require.NoError(t, Parse(&c, []byte(treeLine+author+committer+"\nnew\n")))
	assert.Equal(t, stage.Commit{
		Position: 7, Repo: "r", Hash: emptyTree, Files: make([]stage.FileChange, 2),
		Tree: emptyTree, Author: thor, Committer: mitter, Message: "new\n", Subject: "new",
	}, c)
}

func TestParseOctopus(t *testing.T) {
	const parents = 200
	c := parse(t, treeLine+strings.Repeat("parent 0123456789abcdef0123456789abcdef01234567\n", parents)+author+committer+"\nm\n")
	assert.Len(t, c.Parents, parents)
	assert.Equal(t, thor, c.Author)
}

func TestParseOddHeaders(t *testing.T) {
	tests := []struct {
		name, raw         string
		author, committer stage.Signature
		message           string
		headers           []stage.Header
		repaired          []stage.Repair
	}{
		{name: "no message", raw: author + committer + "\n", author: thor, committer: mitter},
		{name: "no empty line either", raw: author + committer, author: thor, committer: mitter},
		{name: "no newline at all", raw: author + strings.TrimSpace(committer), author: thor, committer: mitter},
		{
			name: "nobody", raw: "\nm\n", message: "m\n",
			repaired: []stage.Repair{{Field: "author", What: "no such header"}, {Field: "committer", What: "no such header"}},
		},
		{name: "the other way round", raw: committer + author + "\nm", author: thor, committer: mitter, message: "m"},
		{
			name: "two authors", raw: "author B <b@c.d> 1 +0000\n" + author + committer + "\nm",
			author: thor, committer: mitter, message: "m",
			headers:  []stage.Header{{Key: "author", Value: "B <b@c.d> 1 +0000"}},
			repaired: []stage.Repair{{Field: "author", What: "several of them: the last one counts"}},
		},
		{
			name: "two committers", raw: author + "committer B <b@c.d> 1 +0000\n" + committer + "\nm",
			author: thor, committer: mitter, message: "m",
			headers:  []stage.Header{{Key: "committer", Value: "B <b@c.d> 1 +0000"}},
			repaired: []stage.Repair{{Field: "committer", What: "several of them: the last one counts"}},
		},
		{
			name: "an author that continues", raw: strings.TrimSpace(author) + "\n and more\n" + committer + "\nm",
			author: thor, committer: mitter, message: "m",
			headers:  []stage.Header{{Key: "author", Value: "A U Thor <author@example.com> 1112911993 -0700\nand more"}},
			repaired: []stage.Repair{{Field: "author", What: "has continuation lines: the first line counts"}},
		},
		{
			name: "a parent after the author", raw: author + "parent 0123456789abcdef0123456789abcdef01234567\n" + committer + "\nm",
			author: thor, committer: mitter, message: "m",
			headers: []stage.Header{{Key: "parent", Value: "0123456789abcdef0123456789abcdef01234567"}},
		},
		{
			name: "a continuation of nothing", raw: " lost\n" + author + committer + "\nm",
			author: thor, committer: mitter, message: "m",
			headers: []stage.Header{{Value: "lost"}},
		},
		{
			name: "a continuation of a header without a value", raw: author + committer + "empty\n one\n two\nnext 3\n\nm",
			author: thor, committer: mitter, message: "m",
			headers: []stage.Header{{Key: "empty", Value: "\none\ntwo"}, {Key: "next", Value: "3"}},
		},
		{
			name: "NUL in the message", raw: author + committer + "\nm\x00n\n",
			author: thor, committer: mitter, message: "m\x00n\n",
			repaired: []stage.Repair{{Field: "message", What: "holds NUL bytes: kept, though git shows the text before the first only"}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := parse(t, treeLine+test.raw)
			assert.Equal(t, test.author, c.Author)
			assert.Equal(t, test.committer, c.Committer)
			assert.Equal(t, test.message, c.Message)
			assert.Equal(t, test.headers, c.Headers)
			assert.Equal(t, test.repaired, c.Repaired)
		})
	}
}

func TestParseRefuses(t *testing.T) {
	const parent = "parent 0123456789abcdef0123456789abcdef01234567"
	tests := []struct{ name, raw, says string }{
		{"nothing", "", `begins with "", not with its tree`},
		{"another kind of object", "object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n", "not with its tree"},
		{"no tree", author + committer, "not with its tree"},
		{"a short tree", "tree 4b825dc6\n" + author, "tree: want an id of 40 digits"},
		{"a tree without an end", strings.TrimSpace(treeLine), "tree: want an id of 40 digits"},
		{"a SHA-256 tree", "tree " + strings.Repeat("0123456789abcdef", 4) + "\n", "tree: want an id of 40 digits"},
		{"a tree that is no number", "tree " + strings.Repeat("x", 40) + "\n", "tree: id "},
		{"a short parent", treeLine + parent + "\nparent 0123\n" + author, "parent 2: want an id of 40 digits"},
		{"a parent without an end", treeLine + parent, "parent 1: want an id of 40 digits"},
		{"a parent that is no number", treeLine + "parent " + strings.Repeat("g", 40) + "\n" + author, "parent 1: id "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := stage.Commit{Hash: emptyTree}
			err := Parse(&c, []byte(test.raw))
			require.ErrorIs(t, err, ErrMalformed)
			assert.ErrorContains(t, err, "commit "+emptyTree.String()+": malformed commit object: ")
			assert.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestMessage(t *testing.T) {
	tests := []struct {
		name, raw string
		seconds   int64
		text      string
	}{
		{"a sound commit", treeLine + author + committer + "\nsubject\n\nbody\n", 1112912053, "subject\n\nbody\n"},
		{"two committers", treeLine + committer + "committer B <b@c.d> 5 +0000\n\nm", 5, "m"},
		{"a committer in a signature", treeLine + committer + "gpgsig x\n committer B <b@c.d> 5 +0000\n \n\nm", 1112912053, "m"},
		{"a committer in the message", treeLine + committer + "\ncommitter B <b@c.d> 5 +0000\n", 1112912053, "committer B <b@c.d> 5 +0000\n"},
		{"no committer", treeLine + author + "\nm", 0, "m"},
		{"bytes as stored", treeLine + "encoding latin1\n\nm\xfc\x00", 0, "m\xfc\x00"},
		{"no message", treeLine + committer, 1112912053, ""},
		{"nothing", "", 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			said := Message([]byte(test.raw))
			assert.Equal(t, test.seconds, said.Seconds)
			assert.Equal(t, test.text, string(said.Text))
		})
	}
}

func TestPeopleOfAMessage(t *testing.T) {
	tests := []struct{ name, raw, author, committer string }{
		{"a sound commit", treeLine + "author A <a@b.c> 5 +0000\ncommitter C D <c@d.e> 6 +0000\n\nm", "A <a@b.c>", "C D <c@d.e>"},
		{"in the message", treeLine + "author A <a@b.c> 5 +0000\n\ncommitter C <c@d.e> 6 +0000\n", "A <a@b.c>", ""},
		{"no time, and no end", treeLine + "author A <a@b.c>", "A <a@b.c>", ""},
		{"no mail", "author A 5 +0000\ncommitter  5 +0000\n\n", "A", ""},
		{"nothing", "", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			said := Message([]byte(test.raw))
			assert.Equal(t, test.author, string(said.Author))
			assert.Equal(t, test.committer, string(said.Committer))
		})
	}
}

const typical = treeLine + "parent 0123456789abcdef0123456789abcdef01234567\n" + author + committer + `
net: phy: wait for the link before autonegotiation is read

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

func BenchmarkParse(b *testing.B) {
	raw := []byte(typical)
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		var c stage.Commit
		if err := Parse(&c, raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMessage(b *testing.B) {
	raw := []byte(typical)
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		Message(raw)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(typical))
	for _, raw := range oddObjects() {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		said := Message(raw)
		var c stage.Commit
		if err := Parse(&c, raw); err != nil {
			assert.ErrorIs(t, err, ErrMalformed)
			return
		}
		assert.Equal(t, c.Committer.Seconds, said.Seconds)
		if utf8.Valid(said.Text) && c.Encoding == "" {
			assert.Equal(t, string(said.Text), c.Message)
		}
		texts := []string{c.Message, c.Encoding, c.Author.Name, c.Author.Mail, c.Committer.Name, c.Committer.Mail}
		for _, h := range c.Headers {
			texts = append(texts, h.Key, h.Value)
		}
		for _, r := range c.Repaired {
			texts = append(texts, r.Field, r.What)
			assert.NotEmpty(t, r.What)
		}
		assert.True(t, utf8.ValidString(strings.Join(texts, "\n")), "%q", texts)
	})
}
