package score_test

import (
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/stage"
)

// commit is a commit with a message and a number of files.
func commit(files int, message string) *stage.Commit {
	c := &stage.Commit{Files: make([]stage.FileChange, files)}
	c.SetMessage(message)
	return c
}

// judge gives the quality that a heuristic sets.
func judge(t *testing.T, h score.Heuristic, c *stage.Commit) stage.Quality {
	t.Helper()
	require.NoError(t, h.Open(t.Context()))
	var emitted []*stage.Commit
	require.NoError(t, h.Process(t.Context(), c, func(c *stage.Commit) { emitted = append(emitted, c) }))
	require.Equal(t, []*stage.Commit{c}, emitted, "the same commit is passed on, once")
	return c.Quality
}

func part(rule string, points float32) stage.ScorePart {
	return stage.ScorePart{Rule: rule, Points: points}
}

var base = part(score.RuleBase, 20)

func TestHeuristicWeights(t *testing.T) {
	long := strings.Repeat("word ", 50)
	tests := []struct {
		name   string
		commit *stage.Commit
		score  float32
		parts  []stage.ScorePart
	}{
		{"nothing but a subject", commit(0, "s"), 20, nil},
		{"no message", commit(0, ""), 20, nil},
		{"signed off", commit(0, "s\n\nSigned-off-by: A <a@b.c>\n"), 35, []stage.ScorePart{part(score.RuleSignedOffBy, 15)}},
		{"reviewed", commit(0, "s\n\nReviewed-by: A <a@b.c>\n"), 40, []stage.ScorePart{part(score.RuleReviewedBy, 20)}},
		{"acked", commit(0, "s\n\nAcked-by: A <a@b.c>\n"), 30, []stage.ScorePart{part(score.RuleAckedBy, 10)}},
		{"fixes", commit(0, "s\n\nFixes: 0123456789ab (\"x\")\n"), 40, []stage.ScorePart{part(score.RuleFixes, 20)}},
		{"a long message", commit(0, "s\n\n"+long), 30, []stage.ScorePart{part(score.RuleLongMessage, 10)}},
		{"a reason", commit(0, "s\n\nbecause\n"), 35, []stage.ScorePart{part(score.RuleRationale, 15)}},
		{"one file", commit(1, "s"), 30, []stage.ScorePart{part(score.RuleFewFiles, 10)}},
		{"five files", commit(5, "s"), 30, []stage.ScorePart{part(score.RuleFewFiles, 10)}},
		{"six files", commit(6, "s"), 20, nil},
		{"twenty files", commit(20, "s"), 20, nil},
		{"more files: clamped at the bottom", commit(21, "s"), 0, []stage.ScorePart{part(score.RuleManyFiles, -30)}},
		{"trivial: clamped at the bottom", commit(0, "fix typo"), 0, []stage.ScorePart{part(score.RuleTrivialSubject, -50)}},
		{
			"many of one kind count once",
			commit(0, "s\n\nReviewed-by: A <a@b.c>\nReviewed-by: B <b@b.c>\nFixes: 0123456789ab\nFixes: 0123456789ac\n"),
			60, []stage.ScorePart{part(score.RuleReviewedBy, 20), part(score.RuleFixes, 20)},
		},
		{
			"everything good: clamped at the top",
			commit(3, "s\n\nIt broke because of this. "+long+"\n\nFixes: 0123456789ab\nAcked-by: A\nReviewed-by: B\nSigned-off-by: C\n"),
			100, []stage.ScorePart{
				part(score.RuleSignedOffBy, 15), part(score.RuleReviewedBy, 20), part(score.RuleAckedBy, 10), part(score.RuleFixes, 20),
				part(score.RuleLongMessage, 10), part(score.RuleRationale, 15), part(score.RuleFewFiles, 10),
			},
		},
		{
			"good and trivial: the sum is clamped, not each step",
			commit(30, "style: s\n\nIt broke because of this. "+long+"\n\nFixes: 0123456789ab\nAcked-by: A\nReviewed-by: B\nSigned-off-by: C\n"),
			30, []stage.ScorePart{
				part(score.RuleSignedOffBy, 15), part(score.RuleReviewedBy, 20), part(score.RuleAckedBy, 10), part(score.RuleFixes, 20),
				part(score.RuleLongMessage, 10), part(score.RuleRationale, 15), part(score.RuleManyFiles, -30), part(score.RuleTrivialSubject, -50),
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := judge(t, score.Heuristic{}, test.commit)
			assert.Equal(t, stage.Quality{Score: test.score, Parts: append([]stage.ScorePart{base}, test.parts...)}, got)
		})
	}
}

// has reports whether a rule applied.
func has(q stage.Quality, rule string) bool {
	for _, p := range q.Parts {
		if p.Rule == rule {
			return true
		}
	}
	return false
}

func TestHeuristicTrailers(t *testing.T) {
	tests := []struct {
		trailer, rule string
		want          bool
	}{
		{"reviewed-BY: A", score.RuleReviewedBy, true},
		{"Reviewed-by:", score.RuleReviewedBy, false},
		{"Reviewed: A", score.RuleReviewedBy, false},
		{"Peer-reviewed-by: A", score.RuleReviewedBy, false},
		{"Unreviewed-by: A", score.RuleReviewedBy, false},
		{"Reviewed-and-tested-by: A", score.RuleReviewedBy, true},
		{"Tested-and-reviewed-by: A", score.RuleReviewedBy, true},
		{"Reported-and-acked-and-tested-by: A", score.RuleAckedBy, true},
		{"Reviewed-and-tested-by: A", score.RuleAckedBy, false},
		{"Acked-by: A", score.RuleAckedBy, true},
		{"-by: A", score.RuleAckedBy, false},
		{"by: A", score.RuleAckedBy, false},
		{"Signed-off-by: A", score.RuleSignedOffBy, true},
		{"Signed-off: A", score.RuleSignedOffBy, false},

		{"Fixes: 01234", score.RuleFixes, true},
		{"Fixes: 0123", score.RuleFixes, false},
		{"Fixes: " + strings.Repeat("a", 40), score.RuleFixes, true},
		{"Fixes: " + strings.Repeat("a", 41), score.RuleFixes, false},
		{"fixes: ABCDEF012345 (\"x\")", score.RuleFixes, true},
		{"Fixes: commit 0123456789ab", score.RuleFixes, true},
		{"Fixes: Commit  0123456789ab (\"x\")", score.RuleFixes, true},
		{"Fixes: 0123456789ab(\"x\")", score.RuleFixes, true},
		{"Fixes: 0123456789ab, and more", score.RuleFixes, true},
		{"Fixes: 0123456789abxyz", score.RuleFixes, false},
		{"Fixes: defaced wall", score.RuleFixes, true}, // seven hexadecimal digits, after all
		{"Fixes: #12345", score.RuleFixes, false},
		{"Fixes: https://bugs.example.org/12345", score.RuleFixes, false},
		{"Fixes: commit", score.RuleFixes, false},
		{"Fixes:", score.RuleFixes, false},
	}
	for _, test := range tests {
		t.Run(test.trailer, func(t *testing.T) {
			got := judge(t, score.Heuristic{}, commit(0, "s\n\nbody\n\n"+test.trailer+"\n"))
			assert.Equal(t, test.want, has(got, test.rule))
		})
	}
}

func TestHeuristicCountsTrailersInTheLastParagraphOnly(t *testing.T) {
	got := judge(t, score.Heuristic{}, commit(0, "s\n\nReviewed-by: A\nFixes: 0123456789ab\n\nThat was it.\n"))
	assert.Equal(t, stage.Quality{Score: 20, Parts: []stage.ScorePart{base}}, got)
}

func TestHeuristicLongMessage(t *testing.T) {
	tests := []struct {
		name, message string
		want          bool
	}{
		{"200 characters", strings.Repeat("x", 200), false},
		{"201 characters", strings.Repeat("x", 201), true},
		{"white space at the ends is not counted", "\n\n" + strings.Repeat("x", 200) + "\n\n", false},
		{"white space within is", strings.Repeat("x", 198) + "\n\nx", true},
		{"trailers are counted", "s\n\nAcked-by: " + strings.Repeat("x", 200), true},
		{"200 characters of two bytes", strings.Repeat("ä", 200), false},
		{"201 characters of two bytes", strings.Repeat("ä", 201), true},
		{"200 characters of four bytes", strings.Repeat("😀", 200), false},
		{"201 characters of four bytes", strings.Repeat("😀", 201), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := judge(t, score.Heuristic{}, commit(0, test.message))
			assert.Equal(t, test.want, has(got, score.RuleLongMessage))
		})
	}
}

func TestHeuristicLooksForReasonsInTheProseOnly(t *testing.T) {
	tests := []struct {
		name, message string
		want          bool
	}{
		{"body", "s\n\nIt hangs because of x.\n", true},
		{"a body without a newline", "s\n\nBecause", true},
		{"second paragraph", "s\n\nx\n\nIt is so due\nto y.\n\nAcked-by: A\n", true},
		{"subject", "fix x because of y\n", false},
		{"trailer", "s\n\nx\n\nFixes: 0123456789ab (\"fix x because of y\")\n", false},
		{"line among the trailers", "s\n\nx\n\n[A: dropped it because of y]\nSigned-off-by: A\n", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := judge(t, score.Heuristic{}, commit(0, test.message))
			assert.Equal(t, test.want, has(got, score.RuleRationale))
		})
	}
}

func TestHeuristicLooksForTrivialWordsInTheSubjectOnly(t *testing.T) {
	tests := []struct {
		name, message string
		want          bool
	}{
		{"subject", "mm: Fix a typo\n", true},
		{"second line of the subject", "mm: fix a\ntypo\n", true},
		{"body", "mm: fix x\n\nIt was a typo.\n", false},
		{"a revert quotes", "Revert \"mm: cleanup of x\"\n", false},
		{"a reapply quotes", "Reapply \"mm: cleanup of x\"\n", false},
		{"a quote elsewhere is a word", "mm: fix the \"typo\"\n", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := judge(t, score.Heuristic{}, commit(0, test.message))
			assert.Equal(t, test.want, has(got, score.RuleTrivialSubject))
		})
	}
}

func TestHeuristicOptions(t *testing.T) {
	t.Run("weights", func(t *testing.T) {
		h := score.Heuristic{Weights: map[string]float32{score.RuleBase: 0.5, score.RuleAckedBy: 0, score.RuleFewFiles: -7}}
		got := judge(t, h, commit(1, "s\n\nAcked-by: A\nReviewed-by: B\n"))
		assert.Equal(t, stage.Quality{Score: 13.5, Parts: []stage.ScorePart{
			part(score.RuleBase, 0.5), part(score.RuleReviewedBy, 20), part(score.RuleFewFiles, -7),
		}}, got)
	})
	t.Run("words", func(t *testing.T) {
		h := score.Heuristic{RationaleWords: score.NewWords("weil"), TrivialWords: score.NewWords()}
		got := judge(t, h, commit(0, "typo\n\nWeil es so war, and because.\n"))
		assert.Equal(t, stage.Quality{Score: 35, Parts: []stage.ScorePart{base, part(score.RuleRationale, 15)}}, got)
	})
	t.Run("words taken out of the list", func(t *testing.T) {
		h := score.Heuristic{TrivialWords: score.NewWords(append(score.DefaultTrivialWords(), "!cleanup")...)}
		assert.False(t, has(judge(t, h, commit(0, "mm: cleanup")), score.RuleTrivialSubject))
		assert.True(t, has(judge(t, h, commit(0, "mm: cleanups")), score.RuleTrivialSubject))
	})
	t.Run("rules", func(t *testing.T) {
		h := score.Heuristic{Rules: []score.Rule{
			{Name: "none", Points: func(*stage.Commit) float32 { return 0 }},
			{Name: "merge", Points: func(c *stage.Commit) float32 { return -float32(5 * len(c.Parents)) }},
			{Name: "late", Points: func(*stage.Commit) float32 { return 1 }},
		}}
		c := commit(0, "s")
		c.Parents = make([]stage.Hash, 2)
		assert.Equal(t, stage.Quality{Score: 11, Parts: []stage.ScorePart{base, part("merge", -10), part("late", 1)}}, judge(t, h, c))
	})
}

func TestHeuristicRefusesPointsThatAreNoNumber(t *testing.T) {
	for _, points := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		h := score.Heuristic{Rules: []score.Rule{{Name: "odd", Points: func(*stage.Commit) float32 { return float32(points) }}}}
		c := commit(0, "s")
		c.Hash[0] = 0xab
		err := h.Process(t.Context(), c, func(*stage.Commit) { t.Error("emitted") })
		require.ErrorContains(t, err, `commit ab00000000000000000000000000000000000000: rule "odd" gives`)
		assert.Empty(t, c.Quality)
	}
}

func TestHeuristicOpenChecksSettings(t *testing.T) {
	points := func(*stage.Commit) float32 { return 0 }
	tests := []struct {
		name string
		h    score.Heuristic
		want string
	}{
		{"unknown weight", score.Heuristic{Weights: map[string]float32{"review": 1}}, `weight of "review": no such rule`},
		{"weight is no number", score.Heuristic{Weights: map[string]float32{score.RuleBase: float32(math.NaN())}}, `weight of "base": want a number, not NaN`},
		{"infinite weight", score.Heuristic{Weights: map[string]float32{score.RuleBase: float32(math.Inf(1))}}, `weight of "base": want a number, not +Inf`},
		{"empty rationale word", score.Heuristic{RationaleWords: score.NewWords("because", "")}, "rationale words: an empty phrase"},
		{"blank trivial word", score.Heuristic{TrivialWords: score.NewWords(" ")}, "trivial words: an empty phrase"},
		{"exception of nothing", score.Heuristic{TrivialWords: score.NewWords("!")}, "trivial words: an empty phrase"},
		{"punctuation", score.Heuristic{TrivialWords: score.NewWords("fix, typo")}, `trivial words: phrase "fix, typo": "fix," is not a word`},
		{"a number first", score.Heuristic{TrivialWords: score.NewWords("# typos")}, `trivial words: phrase "# typos": "#" is not a word`},
		{"rule without a name", score.Heuristic{Rules: []score.Rule{{Points: points}}}, "rule 1 of yours: give it a name"},
		{"rule without a function", score.Heuristic{Rules: []score.Rule{{Name: "x"}}}, `rule "x": give it a function`},
		{"rule with the name of another", score.Heuristic{Rules: []score.Rule{{Name: "x", Points: points}, {Name: "x", Points: points}}}, `rule "x": give it another name`},
		{"rule with a name of ours", score.Heuristic{Rules: []score.Rule{{Name: score.RuleBase, Points: points}}}, `rule "base": give it another name`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.h.Open(t.Context())
			require.ErrorContains(t, err, "heuristic score: ")
			require.ErrorContains(t, err, test.want)
		})
	}
	t.Run("all mistakes at once", func(t *testing.T) {
		err := score.Heuristic{Weights: map[string]float32{"a": 1, "b": 1}, TrivialWords: score.NewWords("")}.Open(t.Context())
		require.EqualError(t, err, "heuristic score: weight of \"a\": no such rule; the Rule constants name them\n"+
			"weight of \"b\": no such rule; the Rule constants name them\ntrivial words: an empty phrase")
	})
}

func TestHeuristicIsSafeForConcurrentUse(t *testing.T) {
	h := score.Heuristic{TrivialWords: score.NewWords("typo"), Weights: map[string]float32{score.RuleBase: 60}}
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for range 100 {
				c := commit(2, typicalMessage)
				if err := h.Process(t.Context(), c, func(*stage.Commit) {}); err != nil || c.Quality.Score != 100 {
					t.Errorf("score %v, error %v", c.Quality.Score, err)
				}
			}
		})
	}
	workers.Wait()
}

const typicalMessage = `net: phy: wait for the link before autonegotiation is read

The status register keeps the state of the last negotiation until the link
is up: the PHY latches it. Reading it too early makes the driver believe in
a speed that the partner does not have, and the first packets are lost when
the two sides do not agree. Wait for the link first.

Fixes: 0123456789ab ("net: phy: read the status once")
Reported-by: Some Tester <tester@example.org>
Reviewed-by: A Reviewer <reviewer@example.org>
Signed-off-by: A U Thor <author@example.com>
Signed-off-by: A Maintainer <maintainer@example.net>
`

func BenchmarkHeuristic(b *testing.B) {
	c := commit(2, typicalMessage)
	h := score.Heuristic{}
	b.ReportAllocs()
	b.SetBytes(int64(len(typicalMessage)))
	for b.Loop() {
		if err := h.Process(b.Context(), c, func(*stage.Commit) {}); err != nil {
			b.Fatal(err)
		}
	}
}
