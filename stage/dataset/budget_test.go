package dataset_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
	"github.com/commitflow/commitflow/stage/dataset/tokenizer"
)

// bytesAsTokens takes every byte for a token, so that sizes are easy to tell.
type bytesAsTokens struct{}

func (bytesAsTokens) Count(text string, limit int) int {
	if limit > 0 && len(text) > limit {
		return limit + 1
	}
	return len(text)
}

func (bytesAsTokens) Name() string { return "bytes" }

// function writes a function of so many lines, the middle one of which may be
// changed.
func function(name string, lines int, middle string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "int %s(void)\n{\n", name)
	for i := range lines {
		if i == lines/2 {
			fmt.Fprintf(&out, "\t%s;\n", middle)
		} else {
			fmt.Fprintf(&out, "\tline_%s_%d();\n", name, i)
		}
	}
	return out.String() + "}\n"
}

// threeFunctions change, the one in the middle most.
func threeFunctions(t testing.TB) stage.FileChange {
	before := function("far", 40, "a()") + strings.Repeat("\nstatic int between;\n", 40) + function("near", 40, "b()") + strings.Repeat("\nstatic int between;\n", 10) + function("middle", 40, "c()")
	after := function("far", 40, "A()") + strings.Repeat("\nstatic int between;\n", 40) + function("near", 40, "B()") + strings.Repeat("\nstatic int between;\n", 10) + function("middle", 40, "C();\n\tD();\n\tE()")
	return fileChange(t, "x.c", before, after)
}

func TestInputIsMadeToFit(t *testing.T) {
	f := threeFunctions(t)
	second := fileChange(t, "y.c", function("other", 30, "a()"), function("other", 30, "b()"))
	c := &stage.Commit{Subject: "subject", Files: []stage.FileChange{f, second}}
	whole, err := made(t, &dataset.Standard{Settings: dataset.Settings{Tokenizer: bytesAsTokens{}}}, c)
	require.NoError(t, err)
	require.Empty(t, whole[0].LeftOut)
	require.Equal(t, len(whole[0].Instruction)+len(whole[0].Input), whole[0].PromptTokens)
	require.Equal(t, len(whole[0].Output), whole[0].OutputTokens)
	total := whole[0].PromptTokens + whole[0].OutputTokens

	shows := func(e *dataset.Example, name string) string {
		first, last := fmt.Sprintf("line_%s_0()", name), fmt.Sprintf("line_%s_14()", name)
		switch {
		case strings.Contains(e.Input, first):
			return "whole"
		case strings.Contains(e.Input, last) || strings.Contains(e.Input, fmt.Sprintf("line_%s_19()", name)):
			return "hunk"
		}
		return "nothing"
	}
	var seen []string
	for budget := total; ; budget -= 20 {
		got, err := made(t, &dataset.Standard{Settings: dataset.Settings{Tokenizer: bytesAsTokens{}, MaxTokens: budget}}, c)
		if err != nil {
			require.Equal(t, stage.Drop("over the token budget"), err)
			break
		}
		e := got[0]
		require.LessOrEqual(t, e.PromptTokens+e.OutputTokens, budget)
		state := strings.Join([]string{shows(e, "other"), shows(e, "far"), shows(e, "near"), shows(e, "middle")}, " ")
		if len(seen) == 0 || seen[len(seen)-1] != state {
			seen = append(seen, state)
		}
		changed := 0
		for _, left := range e.LeftOut {
			if left.Changed {
				changed++
			}
		}
		require.Equal(t, strings.Count(state, "nothing"), changed, state)
		require.Equal(t, strings.Count(state, "nothing")+strings.Count(state, "hunk"), len(e.LeftOut), state)
		if changed == 0 {
			requireInputShowsPatch(t, e, c.Files)
		}
		requireInputShowsPatch(t, e, []stage.FileChange{{OldPath: "x.c", Hunks: f.Hunks[2:]}})
	}
	require.Equal(t, []string{
		"whole whole whole whole",
		"hunk whole whole whole",
		"hunk hunk whole whole",
		"hunk hunk hunk whole",
		"hunk hunk hunk hunk",
		"nothing hunk hunk hunk",
		"nothing nothing hunk hunk",
		"nothing nothing nothing hunk",
	}, seen)
}

func TestWhatIsLeftOfAFunctionSaysWhereItWas(t *testing.T) {
	f := threeFunctions(t)
	c := &stage.Commit{Subject: "subject", Files: []stage.FileChange{f}}
	whole, err := made(t, &dataset.Standard{Settings: dataset.Settings{Tokenizer: bytesAsTokens{}}}, c)
	require.NoError(t, err)
	got, err := made(t, &dataset.Standard{Settings: dataset.Settings{Tokenizer: bytesAsTokens{}, MaxTokens: whole[0].PromptTokens + whole[0].OutputTokens - 1}}, c)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(got[0].Input, "--- a/x.c\n@@ -20,7 @@ part of lines 1-43: int far(void)\n\tline_far_17();\n"), got[0].Input)
	require.Equal(t, []dataset.LeftOut{{Path: "x.c", First: 1, Last: 43}}, got[0].LeftOut)
}

func TestABudgetNeedsATokenizer(t *testing.T) {
	require.ErrorContains(t, (&dataset.Standard{Settings: dataset.Settings{MaxTokens: 1}}).Open(t.Context()), "no Tokenizer")
	require.ErrorContains(t, (&dataset.Standard{Settings: dataset.Settings{MaxTokens: -1}}).Open(t.Context()), "MaxTokens is -1")
}

// In whole histories no example is over the budget, and all of those that do not say
// otherwise show all old lines.
func TestBudgetsAreKeptInHistories(t *testing.T) {
	counter, err := tokenizer.Default()
	require.NoError(t, err)
	const budget = 1500
	histories(t, func(dir string, every int) {
		fitted, leftOut, dropped := 0, 0, 0
		eachCommit(t, dir, every, func(c *stage.Commit) {
			got, err := made(t, &dataset.Standard{Settings: dataset.Settings{Tokenizer: counter, MaxTokens: budget}}, c)
			if err != nil {
				_, ok := stage.DropReason(err)
				require.True(t, ok, err)
				dropped++
				return
			}
			e := got[0]
			require.Equal(t, counter.Count(e.Instruction, 0)+counter.Count(e.Input, 0), e.PromptTokens)
			require.Equal(t, counter.Count(e.Output, 0), e.OutputTokens)
			require.LessOrEqual(t, e.PromptTokens+e.OutputTokens, budget)
			changed := false
			for _, left := range e.LeftOut {
				changed = changed || left.Changed
			}
			switch {
			case changed:
				leftOut++
			default:
				fitted++
				requireInputShowsPatch(t, e, c.Files)
			}
		})
		require.Positive(t, fitted)
		t.Logf("%d show all old lines, %d say what is left out, %d make no row", fitted, leftOut, dropped)
	})
}
