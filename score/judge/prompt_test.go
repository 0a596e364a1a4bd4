package judge

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// withFiles is a commit that changes functions: files × functions of so many
// lines each.
func withFiles(files, functions, lines int) *stage.Commit {
	c := &stage.Commit{Hash: stage.Hash{1}}
	c.SetMessage("net: fix things\n\nBecause they were broken.\n\nFixes: 1234567890ab (\"net: break things\")\nSigned-off-by: A <a@example.org>\n")
	for f := range files {
		name := fmt.Sprintf("net/file%02d.c", f)
		var before, patch strings.Builder
		header := fmt.Sprintf("diff --git a/%[1]s b/%[1]s\n--- a/%[1]s\n+++ b/%[1]s\n", name)
		change := stage.FileChange{Kind: stage.Modified, OldPath: name, NewPath: name}
		patch.WriteString(header)
		line := 1
		for g := range functions {
			fmt.Fprintf(&before, "int f%d_%d(void)\n{\n", f, g)
			for l := range lines {
				fmt.Fprintf(&before, "\tcall(%d);\n", l)
			}
			before.WriteString("\treturn 0;\n}\n\n")
			text := fmt.Sprintf(" \tcall(%d);\n-\treturn 0;\n+\treturn %d;\n }\n", lines-1, g)
			at := line + lines + 1
			fmt.Fprintf(&patch, "@@ -%d,3 +%d,3 @@ int f%d_%d(void)\n%s", at, at, f, g, text)
			change.Hunks = append(change.Hunks, stage.Hunk{OldStart: at, OldLines: 3, NewStart: at, NewLines: 3, Text: text})
			line += lines + 5
		}
		change.Before, change.Patch = []byte(before.String()), patch.String()
		c.Files = append(c.Files, change)
	}
	return c
}

func prompterWith(budget int) *prompter {
	return &prompter{rubric: DefaultRubric.rubric, count: EstimateTokens, budget: budget}
}

func TestPromptHoldsTheWholeCommit(t *testing.T) {
	c := withFiles(2, 2, 10)
	p, err := prompterWith(6000).write(c)
	require.NoError(t, err)
	assert.Equal(t, DefaultRubric.system, p.system)
	assert.Contains(t, p.commit, "MESSAGE\nnet: fix things\n\nBecause they were broken.\n\nFixes: 1234567890ab")
	assert.NotContains(t, p.commit, "a@example.org", "people are nobody's business")
	for _, f := range c.Files {
		assert.Contains(t, p.commit, f.Patch)
		assert.Contains(t, p.commit, "--- "+f.OldPath+"\n@@ -")
	}
	assert.Equal(t, 4, strings.Count(p.commit, "(void)\n{\n\tcall(0);"), "each function once, whole")
	assert.NotContains(t, p.commit, "LEFT OUT")
	assert.LessOrEqual(t, p.tokens, 6000)
}

// Whatever the budget, the prompt keeps to it, shows whole functions and whole
// hunks, and says what is missing.
func TestPromptIsCutByWholeParts(t *testing.T) {
	for _, size := range [][3]int{{1, 1, 5}, {1, 40, 20}, {30, 1, 30}, {10, 5, 100}, {1, 1, 3000}, {60, 2, 3}} {
		c := withFiles(size[0], size[1], size[2])
		for budget := 1700; budget < 9000; budget += 700 {
			p, err := prompterWith(budget).write(c)
			require.NoError(t, err)
			assert.LessOrEqual(t, p.tokens, budget)
			assert.Equal(t, p.tokens, framing+EstimateTokens(p.system)+EstimateTokens(p.commit))
			code, rest, _ := strings.Cut(p.commit, "\nPATCH\n")
			patch, left, cut := strings.Cut(rest, "LEFT OUT FOR WANT OF SPACE\n")
			assert.Equal(t, strings.Count(patch, "\n@@ -"), strings.Count(patch, "\n+\treturn "), "whole hunks")
			assert.NotZero(t, strings.Count(patch, "\n+\treturn "))
			functions := strings.Count(code, "\treturn 0;\n}\n")
			if size[2] < 400 {
				assert.Equal(t, strings.Count(code, "(void)\n{"), functions, "whole functions")
			}
			all := size[0] * size[1]
			shown := strings.Count(patch, "\n+\treturn ")
			assert.Equal(t, shown < all || functions < all, cut, "it is told what is missing")
			assert.LessOrEqual(t, strings.Count(left, "\n- "), maxLeftOutLines)
		}
	}
}

func TestPromptSaysWhatIsLeftOut(t *testing.T) {
	c := withFiles(3, 1, 10)
	c.Files[1].Truncated, c.Files[1].Patch, c.Files[1].Hunks = true, "", nil
	c.Files[2].Missing, c.Files[2].Patch, c.Files[2].Hunks = true, "", nil
	c.SetMessage("subject\n\n" + strings.Repeat("a long line of the message\n", 2000))
	p, err := prompterWith(6000).write(c)
	require.NoError(t, err)
	assert.Regexp(t, `- the message from line \d+ of 2002\n`, p.commit)
	assert.Contains(t, p.commit, "- the patch of net/file01.c: it is too large\n")
	assert.Contains(t, p.commit, "- the patch of net/file02.c: its content is not in the repository\n")

	big := withFiles(1, 300, 3)
	p, err = prompterWith(3000).write(big)
	require.NoError(t, err)
	assert.Regexp(t, `- hunks \d+ to 300 of the patch of net/file00.c\n`, p.commit)
}

func TestPromptOfHostileCommits(t *testing.T) {
	c := withFiles(1, 1, 5)
	c.SetMessage("\xff\xfe {{.Hash}} \x00")
	c.Files[0].OldPath = strings.Repeat("ä", 4000) + "\xff"
	c.Files[0].NewPath = c.Files[0].OldPath
	c.Files[0].Before = append(c.Files[0].Before, "\xff\xfe"...)
	c.Files[0].Patch += "\xff"
	p, err := prompterWith(3000).write(c)
	require.NoError(t, err)
	assert.True(t, utf8.ValidString(p.commit))
	assert.Contains(t, p.commit, "{{.Hash}}", "texts of commits are no templates")

	c.Files[0].Hunks[0].Text = strings.Repeat("+x\n", 100_000)
	c.Files[0].Patch = "diff --git a/a b/a\n@@ -0,0 +1,100000 @@\n" + c.Files[0].Hunks[0].Text
	_, err = prompterWith(3000).write(c)
	assert.ErrorIs(t, err, errNothingFits)

	merge := &stage.Commit{}
	_, err = prompterWith(3000).write(merge)
	assert.ErrorIs(t, err, errNothingToJudge)
}

func TestRubrics(t *testing.T) {
	good := `{{define "name"}}mine{{end}}{{define "version"}} 2.1 {{end}}{{define "criteria"}}
a: one
b: two: with a colon
{{end}}{{define "system"}}{{range .Criteria}}{{.Name}} {{end}}{{end}}{{define "commit"}}{{.Subject}}{{.Message}}{{.Patch}}{{end}}`
	r, err := ParseRubric(good)
	require.NoError(t, err)
	assert.Regexp(t, `^mine/2\.1@[0-9a-f]{12}$`, r.ID())
	assert.Equal(t, []Criterion{{"a", "one"}, {"b", "two: with a colon"}}, r.Criteria())
	other, err := ParseRubric(good + " ")
	require.NoError(t, err)
	assert.NotEqual(t, r.ID(), other.ID(), "another text is another rubric")
	assert.Equal(t, DefaultRubric.ID(), Rubric{}.ID())

	change := func(old, replacement string) string { return strings.Replace(good, old, replacement, 1) }
	for want, text := range map[string]string{
		"unclosed action":                  "{{",
		`{{define "commit"}} is missing`:   strings.Split(good, `{{define "commit"}}`)[0],
		`the part "name" is ""`:            change("mine", ""),
		`the part "version" is "2 1"`:      change("2.1", "2 1"),
		`criterion "nothing": want`:        change("a: one", "nothing"),
		`criterion "B": want a name`:       change("b:", "B:"),
		`criterion "a": the name is taken`: change("b:", "a:"),
		`criterion "overall": the name is`: change("b:", "overall:"),
		"0 criteria: want 1 to 16":         change("a: one\nb: two: with a colon\n", ""),
		"can't evaluate field Nothing":     change("{{.Subject}}", "{{.Nothing}}"),
		`the part "system" is empty`:       change("{{range .Criteria}}{{.Name}} {{end}}", ""),
		"let it have {{.Message}} and":     change("{{.Patch}}", ""),
		"longer than 262144 bytes":         good + strings.Repeat(" ", 1<<18),
	} {
		_, err := ParseRubric(text)
		assert.ErrorContains(t, err, want)
	}
	_, err = ReadRubric(t.TempDir() + "/none")
	assert.ErrorContains(t, err, "rubric: open ")
}

// Answers that are kept go by the ID: with another they would be asked for, and
// paid for, again.
func TestDefaultRubricKeepsItsID(t *testing.T) {
	assert.Equal(t, "teaching/1@dbd600d56ca1", DefaultRubric.ID())
}

// The default rubric asks for just what the parser takes.
func TestDefaultRubricNamesItsKeys(t *testing.T) {
	for _, c := range DefaultRubric.Criteria() {
		assert.Contains(t, DefaultRubric.system, "- "+c.Name+": ")
		assert.Contains(t, DefaultRubric.system, `"`+c.Name+`", `)
	}
	assert.Contains(t, DefaultRubric.system, `"overall".`)
	assert.Less(t, EstimateTokens(DefaultRubric.system), 1200)
}
