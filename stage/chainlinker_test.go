package stage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// messageList is a history of messages, each under the hash that its key
// begins with.
type messageList []struct{ hash, message string }

func (l messageList) Messages(_ context.Context, each func(Message) error) error {
	for i, m := range l {
		if err := each(Message{Position: Position(i), Hash: testHash(m.hash), Text: []byte(m.message)}); err != nil {
			return err
		}
	}
	return nil
}

// reclaimed is a history that can take the memory of its messages back.
type reclaimed struct {
	messageList
	texts [][]byte
}

func (r *reclaimed) Messages(ctx context.Context, each func(Message) error) error {
	return r.messageList.Messages(ctx, func(m Message) error {
		r.texts = append(r.texts, m.Text)
		return each(m)
	})
}

func (r *reclaimed) takeBack() {
	for _, text := range r.texts {
		clear(text)
	}
}

// testHash gives the hash that begins with the digits and goes on in zeroes.
func testHash(digits string) Hash {
	hash, err := ParseHash(digits + strings.Repeat("0", 40-len(digits)))
	if err != nil {
		panic(err)
	}
	return hash
}

// linked passes every commit of the history through a linker, which must not have kept
// any part of a message.
func linked(t testing.TB, history messageList) (*ChainLinker, []*Commit) {
	t.Helper()
	messages := &reclaimed{messageList: history}
	l := &ChainLinker{Messages: messages}
	require.NoError(t, l.Open(t.Context()))
	messages.takeBack()
	var commits []*Commit
	for i, m := range history {
		c := &Commit{Position: Position(i), Hash: testHash(m.hash), Message: m.message}
		require.NoError(t, l.Process(t.Context(), c, func(c *Commit) { commits = append(commits, c) }))
	}
	return l, commits
}

func TestChainLinkerResolvesReferences(t *testing.T) {
	to := func(kind LinkKind, hash string, basis LinkBasis, confidence LinkConfidence) []Link {
		return []Link{{Kind: kind, Commit: testHash(hash), Basis: basis, Confidence: confidence}}
	}
	left := func(kind LinkKind, hex, subject, reason string) []Reference {
		return []Reference{{Kind: kind, Hex: hex, Subject: subject, Reason: reason}}
	}
	before := messageList{
		{"aaaa0001", "net: first\n"},
		{"aaaa0002", "net: second\n"},
		{"bbbbbbbbbbbb01", "net: Same  \"thing\".\n"},
		{"bbbbbbbbbbbb02", "net: same thing\n"},
	}
	after := messageList{
		{"cccc0001", "net: later\n"},
		{"dddddddddddd0001", "net: parallel\n"},
	}
	tests := []struct {
		name, message string
		links         []Link
		unresolved    []Reference
	}{
		{"whole hash", "Fixes: " + testHash("aaaa0001").String(), to(Fixes, "aaaa0001", ByHash, ConfidenceHigh), nil},
		{"prefix", "Fixes: aaaa0001", to(Fixes, "aaaa0001", ByPrefix, ConfidenceMedium), nil},
		{"odd number of digits", "Fixes: aaaa00010", to(Fixes, "aaaa0001", ByPrefix, ConfidenceMedium), nil},
		{"prefix and subject", `Fixes: aaaa0001 ("net: first")`, to(Fixes, "aaaa0001", ByPrefix, ConfidenceHigh), nil},
		{"another subject", `Fixes: aaaa0001 ("net: FOO")`,
			[]Link{{Kind: Fixes, Commit: testHash("aaaa0001"), Basis: ByPrefix, Confidence: ConfidenceLow, SubjectDiffers: true}}, nil},
		{"a subject cut short", "Fixes: aaaa0001 (\"net: fi...\")", to(Fixes, "aaaa0001", ByPrefix, ConfidenceMedium), nil},
		{"unknown hash, known subject", `Fixes: 123456789abc ("Net: first")`, to(Fixes, "aaaa0001", BySubject, ConfidenceMedium), nil},
		{"unknown hash and subject", `Fixes: 123456789abc ("net: none")`, nil, left(Fixes, "123456789abc", "net: none", UnresolvedUnknown)},
		{"ambiguous, decided by the subject", `Fixes: aaaa000 ("net: second")`, to(Fixes, "aaaa0002", BySubject, ConfidenceHigh), nil},
		{"ambiguous", `Fixes: aaaa000 ("net: none")`, nil, left(Fixes, "aaaa000", "net: none", UnresolvedAmbiguous)},
		{"ambiguous subject of a fix", `Fixes: 123456789abc ("net: same thing")`, nil, left(Fixes, "123456789abc", "net: same thing", UnresolvedAmbiguous)},
		{"ambiguous subject of a revert", "Revert \"net: same thing\"", to(Reverts, "bbbbbbbbbbbb02", BySubject, ConfidenceLow), nil},
		{"newer prefix", "Fixes: cccc0001", nil, left(Fixes, "cccc0001", "", UnresolvedNewer)},
		{"newer subject", `Fixes: 123456789abc ("net: later")`, nil, left(Fixes, "123456789abc", "net: later", UnresolvedNewer)},
		{"a parallel branch, by the hash", "Fixes: " + testHash("cccc0001").String(), to(Fixes, "cccc0001", ByHash, ConfidenceHigh), nil},
		{"a parallel branch, by a long prefix", "Fixes: dddddddddddd", to(Fixes, "dddddddddddd0001", ByPrefix, ConfidenceMedium), nil},
		{"five digits alone", "Fixes: aaaa0 ", nil, left(Fixes, "aaaa0", "", UnresolvedAmbiguous)},
		{"few digits and another subject", `Fixes: cccc0 ("net: first")`, to(Fixes, "aaaa0001", BySubject, ConfidenceMedium), nil},
		{"malformed", "Fixes: https://example.org/9", nil, left(Fixes, "", "", UnresolvedMalformed)},
		{"itself", `Fixes: eeee0001 ("net: itself")`, nil, left(Fixes, "eeee0001", "net: itself", UnresolvedUnknown)},
		{"twice the same", "Fixes: aaaa0001\nFixes: aaaa00010000", to(Fixes, "aaaa0001", ByPrefix, ConfidenceMedium), nil},
		{"two kinds of one commit", "Fixes: aaaa0001\n\nThis reverts commit aaaa0001.",
			append(to(Reverts, "aaaa0001", ByPrefix, ConfidenceMedium), to(Fixes, "aaaa0001", ByPrefix, ConfidenceMedium)...), nil},
		{"backport of the outside", "commit " + hashA + " upstream.", nil, left(BackportOf, hashA, "", UnresolvedUnknown)},
		{"backport of the inside", "(cherry picked from commit aaaa000200)", to(BackportOf, "aaaa0002", ByPrefix, ConfidenceMedium), nil},
		{"in part", "This partially reverts commit aaaa0001.",
			[]Link{{Kind: Reverts, Commit: testHash("aaaa0001"), Basis: ByPrefix, Confidence: ConfidenceMedium, Partial: true}}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			message := test.message + "\n"
			if !strings.HasPrefix(message, "Revert") {
				message = "net: itself\n\n" + message
			}
			history := append(append(append(messageList{}, before...), messageList{{"eeee0001", message}}...), after...)
			l, commits := linked(t, history)
			assert.Equal(t, test.links, commits[len(before)].Links)
			assert.Equal(t, test.unresolved, commits[len(before)].Unresolved)

			resolved, unresolved := 0, 0
			for _, count := range l.Counts() {
				resolved += count.Resolved()
				unresolved += count.Unresolved()
				assert.Equal(t, count.Unresolved(), count.Unknown+count.Ambiguous+count.Newer+count.Malformed)
			}
			assert.Equal(t, len(References(message)), resolved+unresolved)
			assert.Equal(t, len(test.unresolved), unresolved)
		})
	}
}

func TestBothEndsKnowOfALink(t *testing.T) {
	_, commits := linked(t, messageList{
		{"a1a1a1a1", "net: x\n"},
		{"b1b1b1b1", "net: y\n\nFixes: a1a1a1a1 (\"net: x\")\n"},
		{"c1c1c1c1", "Revert \"net: x\"\n\nThis reverts commit a1a1a1a100000000000000000000000000000000.\n"},
		{"d1d1d1d1", "Reapply \"net: x\"\n\nThis reverts commit c1c1c1c100000000000000000000000000000000.\n"},
		{"e1e1e1e1", "Revert \"Reapply \"net: x\"\"\n\nThis reverts commit d1d1d1d1.\n"},
		{"f1f1f1f1", "net: y\n\n(cherry picked from commit b1b1b1b1)\n"},
	})
	link := func(kind LinkKind, hash string, basis LinkBasis) Link {
		confidence := ConfidenceHigh // the reverts quote the subject in their own
		if kind == BackportOf || kind == BackportedTo {
			confidence = ConfidenceMedium
		}
		return Link{Kind: kind, Commit: testHash(hash), Basis: basis, Confidence: confidence}
	}
	want := [][]Link{
		{link(FixedBy, "b1b1b1b1", ByPrefix), link(RevertedBy, "c1c1c1c1", ByHash), link(ReappliedBy, "d1d1d1d1", ByHash)},
		{link(Fixes, "a1a1a1a1", ByPrefix), link(BackportedTo, "f1f1f1f1", ByPrefix)},
		{link(Reverts, "a1a1a1a1", ByHash), link(RevertedBy, "d1d1d1d1", ByHash)},
		{link(Reverts, "c1c1c1c1", ByHash), link(Reapplies, "a1a1a1a1", ByHash), link(RevertedBy, "e1e1e1e1", ByPrefix)},
		{link(Reverts, "d1d1d1d1", ByPrefix)},
		{link(BackportOf, "b1b1b1b1", ByPrefix)},
	}
	for i, c := range commits {
		assert.Equal(t, want[i], c.Links, c.Hash.String()[:8])
		assert.Empty(t, c.Unresolved)
	}
}

func TestAReapplyWithoutHashesFollowsTheSubjects(t *testing.T) {
	_, commits := linked(t, messageList{
		{"a1a1a1a1", "net: x\n"},
		{"b1b1b1b1", "Revert \"net: x\"\n\nIt broke.\n"},
		{"c1c1c1c1", "net: x\n\nSecond attempt.\n"},
		{"d1d1d1d1", "Revert \"Revert \"net: x\"\"\n\nIt did not.\n"},
	})
	assert.Equal(t, []Link{
		{Kind: Reverts, Commit: testHash("b1b1b1b1"), Basis: BySubject, Confidence: ConfidenceMedium},
		{Kind: Reapplies, Commit: testHash("a1a1a1a1"), Basis: BySubject, Confidence: ConfidenceMedium},
	}, commits[3].Links, "what b1b1 reverted, not the later commit of the same subject")
}

func TestSubjectsAreComparedAcrossEncodings(t *testing.T) {
	_, commits := linked(t, messageList{
		{"a1a1a1a1", "net: f\xfcr alle\n"}, // Latin-1
		{"b1b1b1b1", "net: y\n\nFixes: 123456789abc (\"net: für alle\")\n"},
	})
	assert.Equal(t, []Link{{Kind: Fixes, Commit: testHash("a1a1a1a1"), Basis: BySubject, Confidence: ConfidenceMedium}}, commits[1].Links)
}

func TestACommitOutsideOfTheHistoryHasNoLinks(t *testing.T) {
	l, _ := linked(t, messageList{{"a1a1a1a1", "net: x\n"}})
	c := &Commit{Hash: testHash("b1b1b1b1"), Message: "y\n\nFixes: a1a1a1a1\nFixes: #1\n"}
	require.NoError(t, l.Process(t.Context(), c, func(*Commit) {}))
	assert.Empty(t, c.Links)
	assert.Equal(t, []Reference{
		{Kind: Fixes, Hex: "a1a1a1a1", Reason: UnresolvedUnknown},
		{Kind: Fixes, Reason: UnresolvedMalformed},
	}, c.Unresolved)
}

func TestACommitIsFoundUnderAnyPosition(t *testing.T) {
	l, _ := linked(t, messageList{{"a1a1a1a1", "x\n"}, {"b1b1b1b1", "y\n\nFixes: a1a1a1a1\n"}})
	c := &Commit{Position: 7, Hash: testHash("b1b1b1b1"), Message: "y\n\nFixes: a1a1a1a1\n"}
	require.NoError(t, l.Process(t.Context(), c, func(*Commit) {}))
	assert.Len(t, c.Links, 1)
}

func TestChainLinkerOpenTellsWhatIsWrong(t *testing.T) {
	assert.ErrorContains(t, (&ChainLinker{}).Open(t.Context()), "no Messages")
	assert.ErrorContains(t, (&ChainLinker{}).Process(t.Context(), &Commit{}, nil), "before Open")
	assert.Nil(t, (&ChainLinker{}).Counts())

	broken := errors.New("pack is broken")
	for _, read := range []messageList{nil, syntheticHistory(2*messagesAtOnce + 1)} {
		err := (&ChainLinker{Messages: failingMessages{read, broken}}).Open(t.Context())
		assert.ErrorIs(t, err, broken, "after %d messages", len(read))
	}
}

// Messages are read by the hundreds side by side, fewer where they are long, and count in
// the order of the history all the same.
func TestLinksLeadFromEachCommitToTheNext(t *testing.T) {
	for _, test := range []struct{ commits, length int }{
		{3*messagesAtOnce + 1, 0}, {3 * messagesAtOnce, 100}, {40, textAtOnce / 5}, {4, 2 * textAtOnce},
	} {
		var history messageList
		for i := range test.commits {
			message := "x\n\n" + strings.Repeat("y", test.length) + "\n"
			if i > 0 {
				message += fmt.Sprintf("\nFixes: %08x\n", i)
			}
			history = append(history, messageList{{fmt.Sprintf("%08x", i+1), message}}...)
		}
		_, commits := linked(t, history)
		for i, c := range commits {
			var want, got []Hash
			if i > 0 {
				want = append(want, commits[i-1].Hash)
			}
			if i+1 < len(commits) {
				want = append(want, commits[i+1].Hash)
			}
			for _, link := range c.Links {
				got = append(got, link.Commit)
			}
			require.Equal(t, want, got, "commit %d of %d, %d bytes of text", i, test.commits, test.length)
		}
	}
}

// failingMessages is a history that cannot be read to its end.
type failingMessages struct {
	messageList
	err error
}

func (m failingMessages) Messages(ctx context.Context, each func(Message) error) error {
	return errors.Join(m.messageList.Messages(ctx, each), m.err)
}

func TestAnEmptyHistoryHasAnEmptyIndex(t *testing.T) {
	l, _ := linked(t, nil)
	for _, count := range l.Counts() {
		assert.Zero(t, count.Stated)
	}
}

func TestChainLinkerServesManyWorkers(t *testing.T) {
	l, commits := linked(t, syntheticHistory(2000))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, c := range commits {
				again := *c
				assert.NoError(t, l.Process(t.Context(), &again, func(*Commit) {}))
				assert.Equal(t, c.Links, again.Links)
			}
		})
	}
	wg.Wait()
}

func TestTheIndexIsTensOfBytesPerCommit(t *testing.T) {
	const n = 50_000
	index, err := buildHistory(t.Context(), []MessageSource{syntheticHistory(n)}, false, false)
	require.NoError(t, err)
	assert.Less(t, index.size()/n, 56)
}

// syntheticHistory has a Fixes line in every fourth commit.
func syntheticHistory(n int) messageList {
	history := make(messageList, n)
	for i := range history {
		// An odd multiplier spreads the hashes and keeps them distinct.
		history[i].hash = fmt.Sprintf("%016x", uint64(i)*0x9e3779b97f4a7c15)
		history[i].message = fmt.Sprintf("net: change number %d\n\n%s", i, plainMessage)
		if i%4 == 3 {
			history[i].message += fmt.Sprintf("Fixes: %.12s (\"net: change number %d\")\n", history[i/2].hash, i/2)
		}
	}
	return history
}

func BenchmarkBuildHistory(b *testing.B) {
	history := syntheticHistory(20_000)
	size := 0
	for _, m := range history {
		size += len(m.message)
	}
	b.ReportAllocs()
	b.SetBytes(int64(size))
	for b.Loop() {
		index, err := buildHistory(b.Context(), []MessageSource{history}, false, false)
		require.NoError(b, err)
		b.ReportMetric(float64(index.size())/float64(len(history)), "index-B/commit")
	}
}

func BenchmarkChainLinker(b *testing.B) {
	l, commits := linked(b, syntheticHistory(20_000))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		_ = l.Process(b.Context(), commits[i%len(commits)], func(*Commit) {})
		i++
	}
}

// Whatever messages say, every reference is accounted for, and every link is
// known at both ends.
func FuzzChainLinker(f *testing.F) {
	f.Add("net: x\x00Fixes: a000 (\"net: x\")\x00Revert \"net: x\"\n\nThis reverts commit a0000000.\x00Reapply \"net: x\"")
	f.Add("x\n\nFixes: a0000 (\"Y\")\nFixes: a1000000\x00y.\x00\n\n\x00Revert \"Revert \"x\"\"\n\nThis reverts commit a1000000")
	f.Add("\xfc\x00Fixes: (\"ü\")\nFixes: #1\n(cherry picked from commit a0000000)")
	f.Fuzz(func(t *testing.T, text string) {
		var history messageList
		for i, message := range strings.SplitN(text, "\x00", 64) {
			history = append(history, messageList{{fmt.Sprintf("a%07x", i<<20), message}}...)
		}
		l, commits := linked(t, history)
		stated, links, unresolved := 0, map[[2]Hash]int{}, 0
		for _, c := range commits {
			stated += len(References(c.Message))
			unresolved += len(c.Unresolved)
			for _, link := range c.Links {
				require.NotEqual(t, c.Hash, link.Commit)
				a, b, weight := c.Hash, link.Commit, 1
				if edgeKindOf(link.Kind)%2 == 1 {
					a, b, weight = b, a, -1
				}
				links[[2]Hash{a, b}] += weight
			}
		}
		for pair, balance := range links {
			require.Zero(t, balance, "%v", pair)
		}
		for _, count := range l.Counts() {
			require.Equal(t, count.Unresolved(), count.Unknown+count.Ambiguous+count.Newer+count.Malformed)
			stated -= count.Stated
			unresolved -= count.Unresolved()
		}
		require.Zero(t, stated)
		require.Zero(t, unresolved)
	})
}
