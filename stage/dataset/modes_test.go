package dataset_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// Every mode can be made by its name, refuses bad settings, and tells its settings.
func TestModesByName(t *testing.T) {
	for _, mode := range dataset.Modes() {
		m, err := mode.Maker(dataset.Options{Related: &dataset.Related{Commits: noCommits{}}})
		require.NoError(t, err)
		require.NoError(t, m.Open(t.Context()), mode)
		require.Contains(t, m.Configuration(), "max tokens")
		bad, err := mode.Maker(dataset.Options{Settings: dataset.Settings{MaxLines: -1}, Related: &dataset.Related{Commits: noCommits{}}})
		require.NoError(t, err)
		require.ErrorContains(t, bad.Open(t.Context()), "MaxLines")
		_, err = mode.Maker(dataset.Options{Per: dataset.PerFile})
		require.Equal(t, mode == dataset.ModeStandard, err == nil, mode)
		_, dropped := stage.DropReason(m.Process(t.Context(), &stage.Commit{Subject: "x", Parents: make([]stage.Hash, 2)}, nil))
		require.True(t, dropped, "%s: merges make no examples", mode)
	}
	for _, mode := range []dataset.Mode{dataset.ModeBugfix, dataset.ModeReview, dataset.ModeBackport, dataset.ModePreference} {
		m, err := mode.Maker(dataset.Options{})
		require.NoError(t, err)
		require.ErrorContains(t, m.Open(t.Context()), "give it a Related")
	}
	_, err := dataset.Mode("poetry").Maker(dataset.Options{})
	require.ErrorContains(t, err, "poetry")
}

type noCommits struct{ stage.Commits }

// broken is a history in which a commit brings a bug in, which is fixed later.
func broken(t *testing.T) (r *repository, bug, fix string) {
	r = newRepository(t)
	r.commit("lib: begin", "lib/x.c", twoFunctions, "lib/other.c", twoFunctions)
	worse := strings.Replace(twoFunctions, "return x + y", "return x - y", 1)
	bug = r.commit("lib: count otherwise\n\nIt counts in another way now.\n\nSigned-off-by: A <a@example.com>", "lib/x.c", worse, "doc/x.rst", "text\n")
	r.commit("doc: tell", "doc/y.rst", "text\n")
	fix = r.commit("lib: count right again\n\nThe sum was a difference.\n\nFixes: "+bug[:12]+" (\"lib: count otherwise\")\nSigned-off-by: A <a@example.com>",
		"lib/x.c", twoFunctions)
	return r, bug, fix
}

func TestBugfix(t *testing.T) {
	r, bug, fix := broken(t)
	examples, report := r.run(func(related *dataset.Related, _ stage.Horizon) dataset.Maker {
		return &dataset.Bugfix{Related: related}
	})
	require.Len(t, examples, 1)
	require.Equal(t, map[string]uint64{"no fix": 3}, report.Stage("mode").Dropped)
	e := examples[0]
	require.Equal(t, "bugfix/"+fix, e.ID)
	require.Equal(t, "There is a bug in this code. Say what is wrong, and fix it.", e.Instruction)
	require.Contains(t, e.Input, "return x - y")
	require.True(t, strings.HasPrefix(e.Output, "lib: count right again\n\nThe sum was a difference.\n\ndiff --git a/lib/x.c b/lib/x.c\n"), e.Output)
	require.Contains(t, e.Output, "-\treturn x - y;\n+\treturn x + y;\n")
	d := e.Details.(*dataset.BugfixDetails)
	require.Equal(t, "fixes-link", d.Evidence)
	require.Equal(t, "The sum was a difference.", d.Explanation)
	require.Equal(t, 2, d.LifetimeDays)
	require.Len(t, d.IntroducedBy, 1)
	require.Equal(t, bug, d.IntroducedBy[0].Commit.String())
	require.Equal(t, "lib: count otherwise", d.IntroducedBy[0].Subject)
	require.Contains(t, d.IntroducedBy[0].Patch, "+\treturn x - y;\n")
	require.NotContains(t, d.IntroducedBy[0].Patch, "doc/x.rst", "the fix does not touch it")
}

func TestEvidenceOfAFix(t *testing.T) {
	f := fileChange(t, "x.c", "a\nb\n", "a\nc\n")
	tests := []struct {
		subject, trailer string
		unresolved       []stage.Reference
		want             string
	}{
		{"lib: x", "", []stage.Reference{{Kind: stage.Fixes}}, "fixes-trailer"},
		{"lib: x", "Fixes: 123456789abc (\"x\")", nil, "fixes-trailer"},
		{"lib: x", "Cc: <stable+noautosel@kernel.org> # no", nil, "stable"},
		{"lib: x", "Cc: stable@vger.kernel.org # 5.4", nil, "stable"},
		{"lib: x", "Cc: unstable@example.com", nil, ""},
		{"lib: x", "Reported-by: A <a@example.com>", nil, "report"},
		{"lib: x", "Closes: https://example.com/1", nil, "report"},
		{"lib: fix a leak", "", nil, "subject"},
		{"lib: Fixes for x", "", nil, "subject"},
		{"lib: fix typo", "", nil, ""},
		{"lib: fix checkpatch warnings", "", nil, ""},
		{"lib: prefix names", "", nil, ""},
		{"lib: fixture", "", nil, ""},
		{"Revert \"lib: fix a leak\"", "", nil, ""},
	}
	for _, test := range tests {
		c := &stage.Commit{Subject: test.subject, Files: []stage.FileChange{f}, Unresolved: test.unresolved}
		if test.trailer != "" {
			key, value, _ := strings.Cut(test.trailer, ": ")
			c.Trailers, c.Body = []stage.Trailer{{Key: key, Value: value}}, test.trailer+"\n"
		}
		got, err := made(t, &dataset.Bugfix{Related: &dataset.Related{Commits: noCommits{}}}, c)
		if test.want == "" {
			require.Equal(t, stage.Drop("no fix"), err, test.subject)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, test.want, got[0].Details.(*dataset.BugfixDetails).Evidence, test.subject+test.trailer)
		require.Equal(t, -1, got[0].Details.(*dataset.BugfixDetails).LifetimeDays)
	}
	added := fileChange(t, "x.c", "", "a\n")
	_, err := made(t, &dataset.Bugfix{Related: &dataset.Related{Commits: noCommits{}}}, &stage.Commit{Subject: "fix x", Files: []stage.FileChange{added}})
	require.Equal(t, stage.Drop("no code before"), err)
}

func TestCommitMessageAndExplain(t *testing.T) {
	f := fileChange(t, "x.c", twoFunctions, strings.Replace(twoFunctions, "y = 2", "y = 3", 1))
	why := strings.TrimSpace(strings.Repeat("a long story of why ", 5))
	c := &stage.Commit{
		Subject: "lib: count right", Files: []stage.FileChange{f},
		Body: "commit 0123456789012345678901234567890123456789 upstream.\n\n" + why + "\n\n\n\nSecond.\n\nFixes: 123456789abc (\"lib:\n  count\")\nLink: https://example.com\n" +
			"Reported-by: A <a@example.com>\n[a@example.com: changed it]\n(cherry picked from commit 0123456789abc)\n",
		Trailers: []stage.Trailer{{Key: "Link", Value: "https://example.com"}},
	}
	got, err := made(t, &dataset.CommitMessage{}, c)
	require.NoError(t, err)
	told := why + "\n\nSecond.\n\n[a@example.com: changed it]"
	require.Equal(t, "lib: count right\n\n"+told, got[0].Output)
	require.Equal(t, withoutIndex(f.Patch), got[0].Input)
	require.Equal(t, []string{"x.c"}, got[0].Paths)

	got, err = made(t, &dataset.Explain{}, c)
	require.NoError(t, err)
	require.Equal(t, "lib: count right\n\n"+told, got[0].Output)
	require.True(t, strings.HasPrefix(got[0].Input, "The patch:\n\ndiff --git a/x.c b/x.c\n"))
	require.Contains(t, got[0].Input, "\nThe code before:\n\n--- a/x.c\n@@ -3,8 @@\n/* first() is first. */\n")

	c.Body = "Too short.\n"
	_, err = made(t, &dataset.Explain{}, c)
	require.Equal(t, stage.Drop("no explanation"), err)
	got, err = made(t, &dataset.CommitMessage{}, c)
	require.NoError(t, err)
	require.Equal(t, "lib: count right\n\nToo short.", got[0].Output)
	c.Subject, c.Body = "", ""
	_, err = made(t, &dataset.CommitMessage{}, c)
	require.Equal(t, stage.Drop("no message"), err)
}

func TestOptimize(t *testing.T) {
	f := fileChange(t, "x.c", twoFunctions, strings.Replace(twoFunctions, "y = 2", "y = 3", 1))
	c := &stage.Commit{
		Subject: "lib: count faster", Files: []stage.FileChange{f},
		Body: "It was slow. Now a run takes 12.5 ms instead of 1,000 ms. Version 2 is next.\n\nBefore and after:\n\n    a   10 MiB/s  20 MiB/s\n    b   none\n\nThis saves 30% of the text.\n",
		Tags: []stage.Tag{{Name: "performance", Evidence: []stage.Evidence{{Rule: "speed", Text: "faster"}}}},
	}
	got, err := made(t, &dataset.Optimize{}, c)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(got[0].Output, "lib: count faster\n\nIt was slow. "))
	require.Equal(t, &dataset.OptimizeDetails{
		Figures:  []string{"Now a run takes 12.5 ms instead of 1,000 ms.", "a   10 MiB/s  20 MiB/s", "This saves 30% of the text."},
		Evidence: []string{"speed: faster"},
	}, got[0].Details)
	c.Tags = nil
	_, err = made(t, &dataset.Optimize{}, c)
	require.Equal(t, stage.Drop("no optimization"), err)
}

func TestSecurity(t *testing.T) {
	f := fileChange(t, "x.c", twoFunctions, strings.Replace(twoFunctions, "y = 2", "y = 3", 1))
	c := &stage.Commit{
		Subject: "lib: check the length", Body: "Else it overflows.\n", Message: "lib: check the length (cve-2022-12345)\n\nCVE-2022-12345, CVE-2021-0001\n",
		Files: []stage.FileChange{f}, Tags: []stage.Tag{{Name: "security", Evidence: []stage.Evidence{{Rule: "cve", Text: "CVE-2021-0001"}}}},
	}
	got, err := made(t, &dataset.Security{}, c)
	require.NoError(t, err)
	require.Len(t, got, 3)
	ids := map[string]bool{}
	for i, want := range []dataset.SecurityDetails{{Task: "fix", Label: "vulnerable"}, {Task: "detect", Label: "vulnerable"}, {Task: "detect", Label: "fixed"}} {
		want.Strength, want.Evidence, want.CVEs = "keyword", []string{"cve: CVE-2021-0001"}, []string{"CVE-2022-12345", "CVE-2021-0001"}
		require.Equal(t, &want, got[i].Details)
		ids[got[i].ID] = true
	}
	require.Len(t, ids, 3)
	require.Contains(t, got[0].Output, "Else it overflows.\n\ndiff --git")
	require.Equal(t, "Yes. lib: check the length\n\nElse it overflows.", got[1].Output)
	require.Equal(t, "No vulnerability is known in this code.", got[2].Output)
	require.Equal(t, got[0].Input, got[1].Input)
	require.Equal(t, strings.Replace(got[1].Input, "y = 2", "y = 3", 1), got[2].Input, "nothing else tells the two apart")

	c.Tags[0].Strength = stage.StrengthCVE
	c.CVEs = []stage.CVE{{ID: "CVE-2022-1", Role: stage.CVEFix, Score: 7.5}, {ID: "CVE-2020-2", Role: stage.CVEIntroduces, Score: 9}, {ID: "CVE-2022-3", Role: stage.CVEFix}}
	got, err = made(t, &dataset.Security{}, c)
	require.NoError(t, err)
	require.Equal(t, &dataset.SecurityDetails{Task: "fix", Label: "vulnerable", Strength: "cve", Evidence: []string{"cve: CVE-2021-0001"},
		CVEs: []string{"CVE-2022-1", "CVE-2022-3"}, CVSS: 7.5}, got[0].Details)

	c.Tags = nil
	_, err = made(t, &dataset.Security{OrdinaryShare: -1}, c)
	require.Equal(t, stage.Drop("not about security"), err)
	got, err = made(t, &dataset.Security{OrdinaryShare: 1}, c)
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, "ordinary", got[0].Details.(*dataset.SecurityDetails).Label)
	require.Contains(t, got[0].Input, "y = 3")
	for _, unfit := range []stage.Commit{
		{Subject: "lib: fix it"}, {Subject: "x", Links: []stage.Link{{Kind: stage.FixedBy}}}, {Subject: "x", Links: []stage.Link{{Kind: stage.RevertedBy}}},
	} {
		unfit.Files = c.Files
		_, err = made(t, &dataset.Security{OrdinaryShare: 1}, &unfit)
		require.Equal(t, stage.Drop("not about security"), err, "a bug may well be a vulnerability")
	}
	require.ErrorContains(t, (&dataset.Security{OrdinaryShare: 2}).Open(t.Context()), "share up to 1")
}

func TestSharesAreOfTheWhole(t *testing.T) {
	f := fileChange(t, "x.c", "a\nb\n", "a\nc\n")
	kept := 0
	const all = 4000
	for i := range all {
		c := &stage.Commit{Subject: "x", Hash: stage.Hash{byte(i), byte(i >> 8)}, Files: []stage.FileChange{f}}
		got, err := made(t, &dataset.Security{OrdinaryShare: 0.25}, c)
		if err == nil {
			kept += len(got)
		}
		again, _ := made(t, &dataset.Security{OrdinaryShare: 0.25}, c)
		require.Len(t, again, len(got), "the same commits every time")
	}
	require.InDelta(t, all/4, kept, 120)
}

func TestReview(t *testing.T) {
	r, bug, fix := broken(t)
	mode := func(related *dataset.Related, horizon stage.Horizon) dataset.Maker {
		return &dataset.Review{Related: related, Horizon: horizon, SoundShare: 1}
	}
	examples, report := r.run(mode)
	require.Len(t, examples, 1)
	require.Equal(t, uint64(3), report.Stage("mode").Dropped["nothing known of it"])
	e := examples[0]
	require.Equal(t, "review/"+bug, e.ID)
	require.Equal(t, "> lib/x.c\n> +\treturn x - y;\n\nlib: count right again\n\nThe sum was a difference.", e.Output)
	require.True(t, strings.HasPrefix(e.Input, "lib: count otherwise\n\nIt counts in another way now.\n\ndiff --git a/doc/x.rst"), e.Input)
	require.Contains(t, e.Input, "\nThe code before:\n\n--- a/lib/x.c\n")
	d := e.Details.(*dataset.ReviewDetails)
	require.Equal(t, "defect", d.Verdict)
	require.Len(t, d.Findings, 1)
	require.Equal(t, fix, d.Findings[0].Commit.String())
	require.Equal(t, stage.FixedBy, d.Findings[0].Kind)
	require.Equal(t, 1, d.Findings[0].Quoted)
	require.Equal(t, 2, d.Findings[0].Days)
}

func TestReviewOfWhatNothingIsKnownOf(t *testing.T) {
	const years = 365.25 * 24 * 3600
	f := fileChange(t, "x.c", twoFunctions, strings.Replace(twoFunctions, "y = 2", "y = 3", 1))
	c := &stage.Commit{Subject: "lib: count", Files: []stage.FileChange{f}, Committer: stage.Signature{Seconds: 1_000_000_000}}
	at := func(y float64) int64 { return c.Committer.Seconds + int64(y*years) }
	releases := []int64{at(-1), at(1), at(2), at(3), at(3.5), at(9)}
	review := func(end float64, releases []int64) *dataset.Review {
		return &dataset.Review{Related: &dataset.Related{Commits: noCommits{}}, Horizon: stage.Horizon{End: at(end), Releases: releases}, SoundShare: 1}
	}
	got, err := made(t, review(4, releases), c)
	require.NoError(t, err)
	require.Equal(t, "No defect is known.", got[0].Output)
	require.Equal(t, &dataset.ReviewDetails{Verdict: "no defect known", Findings: []dataset.Finding{}, YearsKnown: 4, ReleasesKnown: 4}, got[0].Details)
	for name, m := range map[string]*dataset.Review{
		"too few years":    review(2.9, nil),
		"too few releases": review(3.2, releases),
		"no horizon":       {Related: &dataset.Related{Commits: noCommits{}}, SoundShare: 1},
		"none wanted":      {Related: &dataset.Related{Commits: noCommits{}}, Horizon: stage.Horizon{End: at(9)}, SoundShare: -1},
	} {
		_, err = made(t, m, c)
		require.Equal(t, stage.Drop("nothing known of it"), err, name)
	}
	c.Links = []stage.Link{{Kind: stage.Reverts}}
	_, err = made(t, review(4, releases), c)
	require.Equal(t, stage.Drop("nothing known of it"), err, "a revert is no change to learn from")
	require.ErrorContains(t, (&dataset.Review{SoundShare: 2}).Open(t.Context()), "share up to 1")
}

func TestReviewOfARevert(t *testing.T) {
	r := newRepository(t)
	r.commit("lib: begin", "lib/x.c", twoFunctions)
	reverted := func(subject, reason string) string {
		bug := r.commit(subject, "lib/x.c", strings.Replace(twoFunctions, "y = 2", "y = 3", 1))
		r.commit("Revert \""+subject+"\"\n\nThis reverts commit "+bug+".\n\n"+reason, "lib/x.c", twoFunctions)
		return bug
	}
	bug := reverted("lib: three", "It breaks the counting of sheep.\n")
	reverted("lib: silently", "")
	examples, report := r.run(func(related *dataset.Related, horizon stage.Horizon) dataset.Maker {
		return &dataset.Review{Related: related, Horizon: horizon}
	})
	require.Len(t, examples, 1)
	require.Equal(t, "review/"+bug, examples[0].ID)
	require.Equal(t, "This had to be reverted:\n\nIt breaks the counting of sheep.", examples[0].Output)
	require.Equal(t, uint64(1), report.Stage("mode").Dropped["no reason given"])
}

func TestBackport(t *testing.T) {
	r := newRepository(t)
	r.commit("lib: begin", "lib/x.c", twoFunctions)
	r.git("branch", "stable")
	r.commit("lib: more", "lib/x.c", strings.Replace(twoFunctions, "int x = 1;", "int x = 7;", 1))
	upstream := r.commit("lib: count right\n\nBecause.", "lib/x.c", strings.NewReplacer("int x = 1;", "int x = 7;", "int y = 2", "int y = 3").Replace(twoFunctions))
	r.git("checkout", "-q", "stable")
	backport := r.commit("lib: count right\n\ncommit "+upstream+" upstream.\n\nBecause.", "lib/x.c", strings.Replace(twoFunctions, "int y = 2", "int y = 3", 1))
	r.git("merge", "-q", "-s", "ours", "-m", "Merge", "master")
	examples, report := r.run(func(related *dataset.Related, _ stage.Horizon) dataset.Maker {
		return &dataset.Backport{Related: related}
	})
	require.Len(t, examples, 1)
	require.Equal(t, map[string]uint64{"no backport": 4}, report.Stage("mode").Dropped)
	e := examples[0]
	require.Equal(t, "backport/"+backport, e.ID)
	require.True(t, strings.HasPrefix(e.Input, "The upstream commit:\n\nlib: count right\n\nBecause.\n\ndiff --git"))
	require.Contains(t, e.Input, " \tint x = 7;\n-\tint y = 2;\n")
	require.Contains(t, e.Input, "\nThe code to bring it to:\n\n--- a/lib/x.c\n")
	require.Contains(t, e.Output, " \tint x = 1;\n-\tint y = 2;\n+\tint y = 3;\n")
	require.Equal(t, &dataset.BackportDetails{Upstream: e.Details.(*dataset.BackportDetails).Upstream, UpstreamDate: "2017-07-16T02:40:00Z"}, e.Details)
	require.Equal(t, upstream, e.Details.(*dataset.BackportDetails).Upstream.String())
}
