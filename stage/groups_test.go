package stage

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// peopleList is a history whose messages tell their people, parents and times.
type peopleList []Message

func (l peopleList) Messages(_ context.Context, each func(Message) error) error {
	for i, m := range l {
		m.Position = Position(i)
		if err := each(m); err != nil {
			return err
		}
	}
	return nil
}

// groups gives, for each commit, the place of the first of its group of a kind.
func groups(t testing.TB, history MessageSource, hashes []Hash, kind func(*ChainLinker, Hash) (Group, bool)) (first []int, l *ChainLinker) {
	t.Helper()
	l = &ChainLinker{Messages: history, Groups: true}
	require.NoError(t, l.Open(t.Context()))
	sizes := map[Hash]int{}
	for _, hash := range hashes {
		group, ok := kind(l, hash)
		require.True(t, ok)
		for i := range hashes {
			if hashes[i] == group.First {
				first = append(first, i)
			}
		}
		sizes[group.First]++
	}
	for _, hash := range hashes {
		group, _ := kind(l, hash)
		assert.Equal(t, sizes[group.First], group.Commits)
	}
	return first, l
}

func TestLinkedCommitsAreOneGroup(t *testing.T) {
	history := messageList{
		{"aaaa0001", "net: first\n"},
		{"aaaa0002", "net: alone\n"},
		{"aaaa0003", "net: a fix\n\nFixes: aaaa0001 (\"net: first\")\n"},
		{"aaaa0004", "net: needs it\n\nCc: <stable@vger.kernel.org> # 3.3.x: aaaa0003: net: a fix\n"},
		{"aaaa0005", "Revert \"net: needs it\"\n\nThis reverts commit " + testHash("aaaa0004").String() + ".\n"},
		{"aaaa0006", "net: a backport\n\n(cherry picked from commit " + testHash("aaaa0005").String() + ")\n"},
		{"aaaa0007", "net: no such commit\n\nFixes: 0123456789ab (\"no\")\n"},
	}
	var hashes []Hash
	for _, m := range history {
		hashes = append(hashes, testHash(m.hash))
	}
	first, l := groups(t, history, hashes, (*ChainLinker).Linked)
	assert.Equal(t, []int{0, 1, 0, 0, 0, 0, 6}, first)
	_, ok := l.Linked(testHash("dead"))
	assert.False(t, ok)
	_, ok = (&ChainLinker{Groups: true}).Linked(hashes[0])
	assert.False(t, ok)
	first, _ = groups(t, history, hashes, (*ChainLinker).Series)
	assert.Equal(t, []int{0, 1, 2, 3, 4, 5, 6}, first)
}

func TestASeriesIsOneGroup(t *testing.T) {
	const me, you, them = "M <m@example.org>", "Y <y@example.org>", "T <t@example.org>"
	commit := func(n int, author, committer string, seconds int64, parents ...int) Message {
		m := Message{Hash: Hash{byte(n), 1}, Author: []byte(author), Committer: []byte(committer), Seconds: seconds}
		for _, parent := range parents {
			m.Parents = append(m.Parents, Hash{byte(parent), 1})
		}
		return m
	}
	history := peopleList{
		commit(0, me, you, 1000),
		commit(1, me, you, 1060, 0),
		commit(2, me, you, 1180, 1),     // two minutes
		commit(3, me, you, 1301, 2),     // more
		commit(4, me, you, 1250, 3),     // a clock that runs back a little
		commit(5, them, you, 1260, 4),   // another author
		commit(6, them, me, 1262, 5),    // another committer
		commit(7, them, me, 1263, 6),    // goes on
		commit(8, them, me, 1264, 6),    // beside it: both have the same parent
		commit(9, them, me, 1265, 8, 7), // a merge
		commit(10, them, me, 1266, 9),   // its child
		commit(11, "", "", 1266, 10),
		commit(12, "", "", 1266, 11), // of unknown people
	}
	var hashes []Hash
	for _, m := range history {
		hashes = append(hashes, m.Hash)
	}
	first, l := groups(t, history, hashes, (*ChainLinker).Series)
	assert.Equal(t, []int{0, 0, 0, 3, 3, 5, 6, 6, 6, 9, 10, 11, 12}, first)
	group, _ := l.Series(hashes[4])
	assert.EqualValues(t, 1301, group.Newest, "not that of the last one in the history")
}

// Links do not tie series to each other, but a series knows when it was last linked to.
func TestLinksAndSeriesAreGroupsOfTheirOwn(t *testing.T) {
	const me = "M <m@example.org>"
	var history peopleList
	var hashes []Hash
	for n, seconds := range []int64{100, 110, 5000, 5010, 9000} {
		m := Message{Hash: Hash{byte(n + 1)}, Author: []byte(me), Committer: []byte(me), Seconds: seconds, Text: []byte("x\n")}
		if n > 0 {
			m.Parents = []Hash{hashes[n-1]}
		}
		switch n {
		case 2:
			m.Text = []byte("fix\n\nFixes: " + hashes[1].String())
		case 4:
			m.Text = []byte("fix again\n\nFixes: " + hashes[2].String())
		}
		history, hashes = append(history, m), append(hashes, m.Hash)
	}
	first, _ := groups(t, history, hashes, (*ChainLinker).Linked)
	assert.Equal(t, []int{0, 1, 1, 3, 1}, first)
	first, l := groups(t, history, hashes, (*ChainLinker).Series)
	assert.Equal(t, []int{0, 0, 2, 2, 4}, first)
	series, _ := l.Series(hashes[0])
	assert.Equal(t, Group{First: hashes[0], Commits: 2, Newest: 110, NewestLinked: 9000}, series)
	linked, _ := l.Linked(hashes[0])
	assert.Equal(t, Group{First: hashes[0], Commits: 1, Newest: 100, NewestLinked: 100}, linked)
}

func TestMessagesOfOneThreadAreOneGroup(t *testing.T) {
	for _, test := range []struct {
		name, a, b string
		same       bool
	}{
		{"send-email", "Link: https://lore.kernel.org/r/20240105101112.3456-1-me@example.org", "Link: https://lore.kernel.org/r/20240105101112.3456-12-me@example.org", true},
		{"in other archives, and as an ID", "Link: https://patch.msgid.link/20240105101112.3456-1-me@example.org/", "Message-Id: <20240105101112.3456-2-me@example.org>", true},
		{"another sending", "Link: https://lore.kernel.org/r/20240105101112.3456-1-me@example.org", "Link: https://lore.kernel.org/r/20240105101113.3456-1-me@example.org", false},
		{"another sender", "Link: https://lore.kernel.org/r/20240105101112.3456-1-me@example.org", "Link: https://lore.kernel.org/r/20240105101112.3456-1-you@example.org", false},
		{"b4", "Link: https://lore.kernel.org/r/20240105-a-b-v2-1-0123abcdef@example.org", "Link: https://lore.kernel.org/all/20240105-a-b-v2-10-0123abcdef@example.org # cover", true},
		{"b4, another version", "Link: https://lore.kernel.org/r/20240105-a-b-v2-1-0123abcdef@example.org", "Link: https://lore.kernel.org/r/20240105-a-b-v3-1-0123abcdef@example.org", false},
		{"format-patch", "Message-ID: <0123456789012345678901234567890123456789.1704450000.git.me@example.org>", "Message-ID: <abcdef6789012345678901234567890123456789.1704450000.git.me@example.org>", true},
		{"single patches", "Link: https://lore.kernel.org/r/20240105101112.3456-me@example.org", "Link: https://lore.kernel.org/r/20240105101112.3456-me@example.com", false},
		{"not numbered", "Link: https://lore.kernel.org/r/87abc.fsf@example.org", "Link: https://lore.kernel.org/r/87abd.fsf@example.org", false},
		{"no messages", "Link: https://example.org/bug/1-2-3", "Link: https://example.org/bug/1-2-3", false},
		{"other trailers", "Closes: https://lore.kernel.org/r/20240105101112.3456-1-me@example.org", "Closes: https://lore.kernel.org/r/20240105101112.3456-2-me@example.org", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			history := messageList{{"aaaa0001", "x\n\n" + test.a + "\n"}, {"aaaa0002", "y\n\n" + test.b}}
			first, _ := groups(t, history, []Hash{testHash("aaaa0001"), testHash("aaaa0002")}, (*ChainLinker).Series)
			assert.Equal(t, test.same, first[1] == 0)
		})
	}
}

// The trees of groups against a search through all links.
func TestGroupsOfRandomHistories(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		var history messageList
		var hashes []Hash
		neighbours := map[int][]int{}
		for n := range 200 {
			message := "x\n"
			for n > 0 && random.IntN(2) == 0 {
				other := random.IntN(n)
				message += "\nFixes: " + hashes[other].String()
				neighbours[n], neighbours[other] = append(neighbours[n], other), append(neighbours[other], n)
			}
			hash := fmt.Sprintf("ab%04x", n)
			history = append(history, messageList{{hash, message}}...)
			hashes = append(hashes, testHash(hash))
		}
		want := make([]int, len(hashes))
		for n := range want {
			want[n] = -1
		}
		for n := range want {
			for queue := []int{n}; want[n] < 0 || len(queue) > 0; {
				next := queue[0]
				queue = queue[1:]
				if want[next] < 0 {
					want[next] = n
					queue = append(queue, neighbours[next]...)
				}
				if len(queue) == 0 {
					break
				}
			}
		}
		first, _ := groups(t, history, hashes, (*ChainLinker).Linked)
		require.Equal(t, want, first, "seed %d", seed)
	}
}

// BenchmarkGroups is what Groups adds to the quick pass.
func BenchmarkGroups(b *testing.B) {
	history := syntheticHistory(20_000)
	for _, with := range []bool{false, true} {
		b.Run(fmt.Sprintf("groups=%v", with), func(b *testing.B) {
			for b.Loop() {
				_, err := buildHistory(b.Context(), []MessageSource{history}, false, with)
				require.NoError(b, err)
			}
		})
	}
}
