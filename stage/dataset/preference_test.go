package dataset_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

func preference(related *dataset.Related, _ stage.Horizon) dataset.Maker {
	return &dataset.Preference{Related: related}
}

func TestPreferenceForACommitWithItsFix(t *testing.T) {
	r := newRepository(t)
	r.commit("lib: begin", "lib/x.c", twoFunctions)
	worse := strings.NewReplacer("return x + y", "return x - y", "return 2", "return 4").Replace(twoFunctions)
	bug := r.commit("lib: count otherwise\n\nIn another way.", "lib/x.c", worse, "doc/x.rst", "text\n")
	fixed := strings.Replace(worse, "return x - y", "return y + x", 1)
	otherwise := strings.NewReplacer("int x = 1", "int x = 9")
	r.commit("lib: nine", "lib/x.c", otherwise.Replace(worse))
	r.commit("lib: fix the sum\n\nFixes: "+bug[:12]+" (\"lib: count otherwise\")", "lib/x.c", otherwise.Replace(fixed))
	examples, report := r.run(preference)
	require.Empty(t, examples, "the fix was made on other lines")
	require.Equal(t, map[string]uint64{"no pair": 3, "later change does not apply to it": 1}, report.Stage("mode").Dropped)

	// Once more, with something elsewhere in between.
	r = newRepository(t)
	r.commit("lib: begin", "lib/x.c", twoFunctions)
	bug = r.commit("lib: count otherwise\n\nIn another way.", "lib/x.c", worse, "doc/x.rst", "text\n")
	r.commit("lib: licence", "lib/x.c", "/* licence */\n\n\n\n\n"+worse)
	fix := r.commit("lib: fix the sum\n\nFixes: "+bug[:12]+" (\"lib: count otherwise\")", "lib/x.c", "/* licence */\n\n\n\n\n"+fixed)
	examples, _ = r.run(preference)
	require.Len(t, examples, 1)
	e := examples[0]
	require.Equal(t, "preference/"+bug, e.ID)
	require.Equal(t, "lib: count otherwise\n\nIn another way.", e.Instruction)
	require.Contains(t, e.Rejected, "+\treturn x - y;\n")
	require.Equal(t, strings.Replace(e.Rejected, "+\treturn x - y;\n", "+\treturn y + x;\n", 1), e.Output)
	require.NotContains(t, e.Output, "licence")
	require.Contains(t, e.Output, "diff --git a/doc/x.rst b/doc/x.rst\n")
	require.Equal(t, fix, e.Details.(*dataset.PreferenceDetails).Later.String())
	require.Equal(t, "fix", e.Details.(*dataset.PreferenceDetails).Kind)
	require.Equal(t, 2, e.Details.(*dataset.PreferenceDetails).Days)
}

func TestPreferenceOfAFixThatUndoesAll(t *testing.T) {
	r, _, _ := broken(t)
	examples, _ := r.run(preference)
	require.Len(t, examples, 1)
	require.NotContains(t, examples[0].Output, "lib/x.c", "nothing is left of that file's change")
	require.Contains(t, examples[0].Output, "doc/x.rst")
}

func TestPreferenceFromReverts(t *testing.T) {
	r := newRepository(t)
	r.commit("lib: begin", "lib/x.c", twoFunctions, "lib/y.c", twoFunctions, "lib/z.c", twoFunctions)
	change := func(by string) string { return strings.Replace(twoFunctions, "y = 2", by, 1) }
	reasoned := r.commit("lib: three", "lib/x.c", change("y = 3"))
	r.commit("Revert \"lib: three\"\n\nThis reverts commit "+reasoned+".\n\nIt breaks the counting of sheep on all boards that have some.", "lib/x.c", twoFunctions)
	silent := r.commit("lib: four", "lib/y.c", change("y = 4"))
	r.commit("Revert \"lib: four\"\n\nThis reverts commit "+silent+".", "lib/y.c", twoFunctions)
	again := r.commit("lib: five", "lib/z.c", change("y = 5"))
	r.commit("Revert \"lib: five\"\n\nThis reverts commit "+again+".\n\nIt breaks the counting of sheep on all boards that have some.", "lib/z.c", twoFunctions)
	r.commit("Reapply \"lib: five\"\n\nThis time right.", "lib/z.c", change("y = 5 + 0"))
	examples, report := r.run(preference)
	require.Len(t, examples, 2)
	require.Equal(t, uint64(2), report.Stage("mode").Dropped["no reason given"], "nor does that which reverts the revert say more")

	require.Equal(t, "preference/"+reasoned, examples[0].ID)
	require.Equal(t, "This should be left as it is.\n\nIt breaks the counting of sheep on all boards that have some.", examples[0].Output)
	require.Contains(t, examples[0].Rejected, "+\tint y = 3;\n")
	require.Equal(t, "revert", examples[0].Details.(*dataset.PreferenceDetails).Kind)

	require.Equal(t, "preference/"+again, examples[1].ID)
	require.Contains(t, examples[1].Output, "+\tint y = 5 + 0;\n")
	require.Contains(t, examples[1].Rejected, "+\tint y = 5;\n")
	require.Equal(t, "reapplied", examples[1].Details.(*dataset.PreferenceDetails).Kind)
}
