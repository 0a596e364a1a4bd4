package stage

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// a1 is what the chains of these tests are about; each entry names its hash.
const (
	a1Revert  = "Revert \"x\"\n\nThis reverts commit a1a1a1a1.\n"
	a1Reapply = "Reapply \"x\"\n\nThis reverts commit b1b1b1b1.\n"
)

func TestTheWholeChainGivesAState(t *testing.T) {
	tests := []struct {
		name    string
		history messageList
		want    []State
	}{
		{"untouched", messageList{{"a1a1a1a1", "x\n"}}, []State{InEffect}},
		{"reverted", messageList{{"a1a1a1a1", "x\n"}, {"b1b1b1b1", a1Revert}}, []State{Reverted, InEffect}},
		{"reverted by the subject", messageList{{"a1a1a1a1", "x\n"}, {"b1b1b1b1", "Revert \"x\"\n"}}, []State{Reverted, InEffect}},
		{"reverted in part", messageList{{"a1a1a1a1", "x\n"}, {"b1b1b1b1", "y\n\nThis partially reverts commit a1a1a1a1.\n"}}, []State{InEffect, InEffect}},
		{"reapplied", messageList{{"a1a1a1a1", "x\n"}, {"b1b1b1b1", a1Revert}, {"c1c1c1c1", a1Reapply}}, []State{Reapplied, Reverted, InEffect}},
		{"the old form of a reapply", messageList{{"a1a1a1a1", "x\n"}, {"b1b1b1b1", a1Revert}, {"c1c1c1c1", "Revert \"Revert \"x\"\"\n\nThis reverts commit b1b1b1b1.\n"}},
			[]State{Reapplied, Reverted, InEffect}},
		{"a reapply of which nothing but the subject is known", messageList{{"a1a1a1a1", "x\n"}, {"b1b1b1b1", a1Revert}, {"c1c1c1c1", "Reapply \"x\"\n"}},
			[]State{Reapplied, Reverted, InEffect}},
		{"reverted again", messageList{{"a1a1a1a1", "x\n"}, {"b1b1b1b1", a1Revert}, {"c1c1c1c1", a1Reapply}, {"d1d1d1d1", "Revert \"Reapply \"x\"\"\n\nThis reverts commit c1c1c1c1.\n"}},
			[]State{Reverted, Reapplied, Reverted, InEffect}},
		{"reverted again, directly", messageList{{"a1a1a1a1", "x\n"}, {"b1b1b1b1", a1Revert}, {"c1c1c1c1", a1Reapply}, {"d1d1d1d1", a1Revert}},
			[]State{Reverted, Reverted, InEffect, InEffect}},
		{"and back again", messageList{
			{"a1a1a1a1", "x\n"}, {"b1b1b1b1", a1Revert}, {"c1c1c1c1", a1Reapply}, {"d1d1d1d1", "Revert \"Reapply \"x\"\"\n\nThis reverts commit c1c1c1c1.\n"},
			{"e1e1e1e1", "Reapply \"Reapply \"x\"\"\n\nThis reverts commit d1d1d1d1.\n"},
		}, []State{Reapplied, Reverted, Reapplied, Reverted, InEffect}},
		{"a word in the subject", messageList{{"a1a1a1a1", "x\n"}, {"b1b1b1b1", "mmc: revert to the safe mode\n"}}, []State{InEffect, InEffect}},
		{"a later commit of the same subject", messageList{{"a1a1a1a1", "x\n"}, {"b1b1b1b1", a1Revert}, {"c1c1c1c1", "x\n\nAnother attempt.\n"}},
			[]State{Reverted, InEffect, InEffect}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, commits := linked(t, test.history)
			var states []State
			for _, c := range commits {
				states = append(states, c.State)
			}
			assert.Equal(t, test.want, states)
		})
	}
}

// graph is a history with parents, times and releases.
type graph struct {
	messageList
	parents  map[string][]string
	days     map[string]int64
	releases map[string]string
}

func (g graph) Messages(_ context.Context, each func(Message) error) error {
	for i, m := range g.messageList {
		message := Message{Position: Position(i), Hash: testHash(m.hash), Seconds: 1e9 + secondsPerDay*g.days[m.hash], Text: []byte(m.message)}
		for _, parent := range g.parents[m.hash] {
			message.Parents = append(message.Parents, testHash(parent))
		}
		if err := each(message); err != nil {
			return err
		}
	}
	return nil
}

func (g graph) Releases(context.Context) ([]Release, error) {
	var releases []Release
	for name, hash := range g.releases {
		releases = append(releases, Release{Name: name, Commit: testHash(hash)})
	}
	return releases, nil
}

func (g graph) linked(t *testing.T) map[string]*Commit {
	t.Helper()
	l := &ChainLinker{Messages: g}
	require.NoError(t, l.Open(t.Context()))
	commits := map[string]*Commit{}
	for i, m := range g.messageList {
		c := &Commit{Position: Position(i), Hash: testHash(m.hash), Message: m.message}
		require.NoError(t, l.Process(t.Context(), c, func(*Commit) {}))
		commits[m.hash] = c
	}
	return commits
}

// a1 ── b1 ── d1 (main)
//
//	└── c1 ── e1 (stable)
func branches(b1, c1, d1, e1 string) graph {
	return graph{
		messageList: messageList{{"a1a1a1a1", "x\n"}, {"b1b1b1b1", b1}, {"c1c1c1c1", c1}, {"d1d1d1d1", d1}, {"e1e1e1e1", e1}},
		parents:     map[string][]string{"b1b1b1b1": {"a1a1a1a1"}, "c1c1c1c1": {"a1a1a1a1"}, "d1d1d1d1": {"b1b1b1b1"}, "e1e1e1e1": {"c1c1c1c1"}},
	}
}

func TestARevertCountsOnTheTipsThatHoldIt(t *testing.T) {
	assert.Equal(t, InEffect, branches(a1Revert, "y\n", "z\n", "z\n").linked(t)["a1a1a1a1"].State, "the stable branch still has it")
	assert.Equal(t, Reverted, branches(a1Revert, a1Revert, "z\n", "z\n").linked(t)["a1a1a1a1"].State)
	assert.Equal(t, Reapplied, branches(a1Revert, a1Revert, a1Reapply, "z\n").linked(t)["a1a1a1a1"].State)
	assert.Equal(t, Reverted, branches("y\n", a1Revert, "Revert \"y\"\n\nThis reverts commit b1b1b1b1.\n", "z\n").linked(t)["b1b1b1b1"].State,
		"only one tip holds it")
}

func TestFixDepthCountsTheChain(t *testing.T) {
	_, commits := linked(t, messageList{
		{"a1a1a1a1", "x\n"},
		{"b1b1b1b1", "y\n\nFixes: a1a1a1a1\n"},
		{"c1c1c1c1", "z\n\nFixes: b1b1b1b1\nFixes: a1a1a1a1\n"},
		{"d1d1d1d1", "z\n\nFixes: a1a1a1a1\n"},
		{"e1e1e1e1", "z\n\nFixes: 123456789abc\n"},
	})
	var depths []int
	for _, c := range commits {
		depths = append(depths, c.FixDepth)
	}
	assert.Equal(t, []int{0, 1, 2, 1, 0}, depths)
}

func TestFixDepthIsBounded(t *testing.T) {
	history := messageList{{"00000000", "x\n"}}
	for i := range 400 {
		history = append(history, messageList{{fmt.Sprintf("%08x", i+1), fmt.Sprintf("x\n\nFixes: %08x\n", i)}}...)
	}
	_, commits := linked(t, history)
	assert.Equal(t, 254, commits[254].FixDepth)
	assert.Equal(t, maxFixDepth, commits[400].FixDepth)
}

// The bug b1 is in the releases 1.0 and 1.1 of the main branch and in the point
// release 1.0.1, which is not on the way to the fix.
//
//	b1 ── 1.0 ── c1 ── 1.1 ── f1 ── 1.2 ── g1
//	        └─ 1.0.1
func TestABugLivesThroughReleases(t *testing.T) {
	g := graph{
		messageList: messageList{
			{"b1b1b1b1", "x: add\n"}, {"10000000", "Release 1.0\n"}, {"10100000", "Release 1.0.1\n"}, {"c1c1c1c1", "y: add\n"}, {"11000000", "Release 1.1\n"},
			{"f1f1f1f1", "x: repair\n\nFixes: b1b1b1b1\nFixes: c1c1c1c1\n"}, {"12000000", "Release 1.2\n"}, {"e1e1e1e1", "z: add\n"},
			{"91919191", "y: repair\n\nFixes: c1c1c1c1\nFixes: e1e1e1e1\nFixes: f1f1f1f1\n"},
		},
		parents: map[string][]string{
			"10000000": {"b1b1b1b1"}, "10100000": {"10000000"}, "c1c1c1c1": {"10000000"}, "11000000": {"c1c1c1c1"},
			"f1f1f1f1": {"11000000"}, "12000000": {"f1f1f1f1"}, "e1e1e1e1": {"12000000"}, "91919191": {"e1e1e1e1"},
		},
		days:     map[string]int64{"c1c1c1c1": 5, "f1f1f1f1": 30, "e1e1e1e1": 70, "91919191": 40},
		releases: map[string]string{"v1.0": "10000000", "v1.0.1": "10100000", "v1.1": "11000000", "v1.2": "12000000", "v9": "99999999"},
	}
	commits := g.linked(t)
	lives := func(hash string) (lives [][2]int) {
		for _, link := range commits[hash].Links {
			if link.Kind == Fixes || link.Kind == FixedBy {
				lives = append(lives, [2]int{link.Days, link.Releases})
			}
		}
		return lives
	}
	assert.Equal(t, [][2]int{{30, 2}}, lives("b1b1b1b1"))
	assert.Equal(t, [][2]int{{25, 1}, {35, 2}}, lives("c1c1c1c1"))
	assert.Equal(t, [][2]int{{35, 2}, {0, 0}, {10, 1}}, lives("91919191"), "the tip counts as a release to come, and clocks may run backwards")
}

func TestAHistoryOfTooManyReleasesCountsNone(t *testing.T) {
	b := newHistoryBuilder()
	history := graph{parents: map[string][]string{}}
	for i := range 3 * maxReleases {
		hash, parent := fmt.Sprintf("%08x", i+1), fmt.Sprintf("%08x", i)
		history.messageList = append(history.messageList, messageList{{hash, "x\n"}}...)
		if i > 0 {
			history.parents[hash] = []string{parent}
		}
		b.releases = append(b.releases, Release{Commit: testHash(hash)})
	}
	require.NoError(t, b.readMessages(t.Context(), history))
	assert.Nil(t, b.countReleases())
	assert.Zero(t, b.countReleases().between(0, 5))
	b.releases = b.releases[:maxReleases-1]
	assert.Equal(t, 5, b.countReleases().between(0, 5))
}

func TestStableRequests(t *testing.T) {
	tests := []struct {
		line     string
		versions []string
		auto     bool
		note     string
		requires []Reference
	}{
		{"Cc: stable@vger.kernel.org", nil, true, "", nil},
		{"Cc: <stable@vger.kernel.org>", nil, true, "", nil},
		{"CC: stable@kernel.org", nil, true, "", nil},
		{"Cc: Stable Team <stable@vger.kernel.org> # v5.10+", []string{"v5.10+"}, true, "v5.10+", nil},
		{"Cc: <stable@vger.kernel.org> # 3.3.x", []string{"3.3.x"}, true, "3.3.x", nil},
		{"Cc: stable@vger.kernel.org # >= 4.14, 5.4", []string{">=4.14", "5.4"}, true, ">= 4.14, 5.4", nil},
		{"Cc: stable@vger.kernel.org [3.8+]", []string{"3.8+"}, true, "[3.8+]", nil},
		{"Cc: stable@vger.kernel.org # 3.2-3.10", []string{"3.2-3.10"}, true, "3.2-3.10", nil},
		{"Cc: stable@vger.kernel.org # after -rc3", nil, true, "after -rc3", nil},
		{"Cc: <stable@vger.kernel.org> # see patch description, needs adjustments for <= 6.3", nil, true, "see patch description, needs adjustments for <= 6.3", nil},
		{"Cc: <stable+noautosel@kernel.org> # reason goes here", nil, false, "reason goes here", nil},
		{"Cc: <stable@vger.kernel.org> # 3.3.x: a1f84a3: sched: Check for idle", []string{"3.3.x"}, true, "3.3.x: a1f84a3: sched: Check for idle",
			[]Reference{{Kind: Requires, Hex: "a1f84a3", Subject: "sched: Check for idle"}}},
		{"Cc: <stable@vger.kernel.org> # 3.3.x: fd21073: sched: Fix affinity logic", []string{"3.3.x"}, true, "3.3.x: fd21073: sched: Fix affinity logic",
			[]Reference{{Kind: Requires, Hex: "fd21073", Subject: "sched: Fix affinity logic"}}},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			message := "x\n\n" + test.line + "\nSigned-off-by: A <a@example.org>\n"
			c := &Commit{}
			c.SetMessage(message)
			assert.Equal(t, []StableRequest{{Versions: test.versions, NoAutosel: !test.auto, Note: test.note}}, stableRequests(c.Trailers))
			c.SetMessage(message + "\nNo trailer.\n")
			assert.Len(t, stableRequests(c.Trailers), 1, "outside of the last paragraph")
			assert.Equal(t, test.requires, References(message))
		})
	}
	for _, line := range []string{
		"Cc: unstable@vger.kernel.org", "Cc: stable@example.org", "Cc: A <a@kernel.org> # stable@vger.kernel.org", "Reported-by: stable@kernel.org", "the stable trees", "Cc: stable",
	} {
		c := &Commit{}
		c.SetMessage("x\n\n" + line + "\n")
		assert.Empty(t, stableRequests(c.Trailers), line)
	}
}

// FuzzStableRequests holds what is read of a "Cc:" line to be of that line.
func FuzzStableRequests(f *testing.F) {
	for _, value := range []string{
		"stable@vger.kernel.org", "Stable Team <stable@vger.kernel.org> # v5.10+", "<stable@vger.kernel.org> # 3.3.x: a1f84a3: sched: Check for idle",
		"stable@vger.kernel.org # >= 4.14, 5.4", "<stable+noautosel@kernel.org> # reason", "unstable stable@kernel.org # 3.2-3.10 & 5.y", "stable", "#stable@kernel.org", "stable@vger.kernel.org # ><=.x:",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, r := range stableRequests([]Trailer{{Key: "Cc", Value: value}}) {
			require.Contains(t, value, r.Note)
			for _, version := range r.Versions {
				require.True(t, isVersion(version), version)
				require.Contains(t, r.Note, strings.TrimLeft(version, "<>=~"))
			}
		}
		for _, r := range References("x\n\nCc: " + value + "\n") {
			if r.Kind == Requires {
				require.GreaterOrEqual(t, len(r.Hex), minProseDigits)
				require.Contains(t, strings.ToLower(value), r.Hex)
			}
		}
	})
}

func TestAPrerequisiteIsALink(t *testing.T) {
	_, commits := linked(t, messageList{
		{"a1a1a1a1", "sched: Check for idle\n"},
		{"b1b1b1b1", "sched: y\n\nCc: <stable@vger.kernel.org> # 3.3.x: a1a1a1a: sched: Check for idle\n"},
	})
	assert.Equal(t, []Link{{Kind: RequiredBy, Commit: testHash("b1b1b1b1"), Basis: ByPrefix, Confidence: ConfidenceHigh}}, commits[0].Links)
	assert.Equal(t, []Link{{Kind: Requires, Commit: testHash("a1a1a1a1"), Basis: ByPrefix, Confidence: ConfidenceHigh}}, commits[1].Links)
}

// To revert a merge reverts what it brought, and nothing else.
//
//	a1 ── c1 ────── d1 ── e1 ── f1
//	  └── b1 ── b2 ─┘
func TestTheRevertOfAMergeRevertsWhatItBrought(t *testing.T) {
	revert := "Revert \"Merge branch 'b'\"\n\nThis reverts commit d1d1d1d1, reversing\nchanges made to c1c1c1c1.\n"
	g := graph{
		messageList: messageList{
			{"a1a1a1a1", "a\n"}, {"b1b1b1b1", "b\n"}, {"b2b2b2b2", "bb\n"}, {"c1c1c1c1", "c\n"},
			{"d1d1d1d1", "Merge branch 'b'\n"}, {"e1e1e1e1", revert}, {"f1f1f1f1", "f\n"},
		},
		parents: map[string][]string{
			"b1b1b1b1": {"a1a1a1a1"}, "b2b2b2b2": {"b1b1b1b1"}, "c1c1c1c1": {"a1a1a1a1"},
			"d1d1d1d1": {"c1c1c1c1", "b2b2b2b2"}, "e1e1e1e1": {"d1d1d1d1"}, "f1f1f1f1": {"e1e1e1e1"},
		},
	}
	states := func(g graph) (states []State) {
		commits := g.linked(t)
		for _, m := range g.messageList {
			states = append(states, commits[m.hash].State)
		}
		return states
	}
	assert.Equal(t, []State{InEffect, Reverted, Reverted, InEffect, Reverted, InEffect, InEffect}, states(g))

	g.messageList[6].message = "Revert \"Revert \"Merge branch 'b'\"\"\n\nThis reverts commit e1e1e1e1.\n"
	assert.Equal(t, []State{InEffect, Reapplied, Reapplied, InEffect, Reapplied, Reverted, InEffect}, states(g))

	g.messageList[6].message = "Reapply \"bb\"\n\nOf all that was reverted this is needed.\n"
	assert.Equal(t, []State{InEffect, Reverted, Reapplied, InEffect, Reverted, InEffect, InEffect}, states(g))
}
