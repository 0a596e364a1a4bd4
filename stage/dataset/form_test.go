package dataset_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// What follows applies answers as a reader of the documentation would, by the texts
// alone.

const noNewlineMark = "\\ No newline at end of file\n"

// applyBlocks gives a content after the blocks of one file.
func applyBlocks(before, text string) (string, error) {
	type edit struct {
		at, length int
		by         string
	}
	var edits []edit
	for {
		_, rest, ok := strings.Cut("\n"+text, "\n<<<<<<< SEARCH\n")
		if !ok {
			break
		}
		search, rest, ok := cutLine(rest, "=======\n")
		if !ok {
			return "", errors.New("no middle")
		}
		replace, rest, ok := cutLine(rest, ">>>>>>> REPLACE\n")
		if !ok {
			return "", errors.New("no end")
		}
		text = rest
		search, replace = withoutMark(search), withoutMark(replace)
		if search == "" {
			if before != "" {
				return "", errors.New("a search for nothing in a file that has something")
			}
			edits = append(edits, edit{0, 0, replace})
			continue
		}
		var places []int
		for at := 0; at+len(search) <= len(before); at++ {
			if (at == 0 || before[at-1] == '\n') && strings.HasPrefix(before[at:], search) {
				places = append(places, at)
			}
		}
		if len(places) != 1 {
			return "", fmt.Errorf("%d places for %q", len(places), search)
		}
		edits = append(edits, edit{places[0], len(search), replace})
	}
	after, done := "", 0
	for _, e := range edits {
		if e.at < done {
			return "", errors.New("blocks overlap or are out of order")
		}
		after += before[done:e.at] + e.by
		done = e.at + e.length
	}
	return after + before[done:], nil
}

// cutLine cuts at a line.
func cutLine(text, line string) (before, after string, ok bool) {
	if rest, ok := strings.CutPrefix(text, line); ok {
		return "", rest, true
	}
	before, after, ok = strings.Cut(text, "\n"+line)
	return before + "\n", after, ok
}

func withoutMark(text string) string {
	if rest, ok := strings.CutSuffix(text, "\n"+noNewlineMark); ok {
		return rest
	}
	return text
}

// shownPiece is a piece of code as the texts have it.
type shownPiece struct {
	first, lines int
	text         string
}

// readPieces reads the pieces of one file's part of an input or an answer. Lines of
// code may look like headings, so that their number is what counts.
func readPieces(text, sign string) (pieces []shownPiece, err error) {
	lines := strings.SplitAfter(text, "\n")
	for i := 0; i < len(lines); {
		var p shownPiece
		if n, _ := fmt.Sscanf(lines[i], "@@ "+sign+"%d,%d @@", &p.first, &p.lines); n != 2 {
			i++
			continue
		}
		i++
		if i+p.lines > len(lines) {
			return nil, errors.New("too few lines")
		}
		p.text = strings.Join(lines[i:i+p.lines], "")
		i += p.lines
		if i < len(lines) && lines[i] == noNewlineMark {
			p.text = strings.TrimSuffix(p.text, "\n")
			i++
		}
		pieces = append(pieces, p)
	}
	return pieces, nil
}

// applyCode replaces the pieces of the input by those of the answer.
func applyCode(before, input, answer string) (string, error) {
	old, err := readPieces(input, "-")
	if err != nil {
		return "", err
	}
	new, err := readPieces(answer, "+")
	if err != nil {
		return "", err
	}
	if before == "" && len(old) == 0 && len(new) == 1 {
		return new[0].text, nil
	}
	if len(old) != len(new) {
		return "", fmt.Errorf("%d pieces became %d", len(old), len(new))
	}
	lines := strings.SplitAfter(before, "\n")
	var after strings.Builder
	next := 1
	for i, p := range old {
		for ; next < p.first; next++ {
			after.WriteString(lines[next-1])
		}
		after.WriteString(new[i].text)
		next += p.lines
	}
	for ; next <= len(lines); next++ {
		after.WriteString(lines[next-1])
	}
	return after.String(), nil
}

// isText tells that the forms can show a file's change by its contents.
func isText(f *stage.FileChange) bool {
	return !f.Binary && !f.Missing && !f.Truncated && f.Kind != stage.TypeChanged && f.NewPath != "" && len(f.Hunks) > 0 &&
		f.OldMode.Type() != stage.ModeSubmodule && f.NewMode.Type() != stage.ModeSubmodule && utf8.Valid(f.Before) && utf8.Valid(f.After)
}

// requireApplies checks that the answers in both forms lead from the content before
// to the one after.
func requireApplies(t testing.TB, f stage.FileChange) {
	t.Helper()
	c := &stage.Commit{Subject: "x", Files: []stage.FileChange{f}}
	got, err := made(t, &dataset.Standard{Settings: dataset.Settings{Form: dataset.Blocks}}, c)
	if err == nil {
		after, err := applyBlocks(string(f.Before), got[0].Output)
		require.NoError(t, err, "%s\n%s", f.Path(), got[0].Output)
		require.Equal(t, string(f.After), after, f.Path())
	} else {
		require.Equal(t, stage.Drop("text like the marks of a block"), err)
	}
	got, err = made(t, &dataset.Standard{Settings: dataset.Settings{Form: dataset.Code, MaxLines: 60}}, c)
	require.NoError(t, err)
	after, err := applyCode(string(f.Before), got[0].Input, got[0].Output)
	require.NoError(t, err, "%s\n%s\n%s", f.Path(), got[0].Input, got[0].Output)
	require.Equal(t, string(f.After), after, f.Path())
}

func TestAnswersInEveryFormLeadToTheContentAfter(t *testing.T) {
	repeated := strings.Repeat("a\nb\nc\n", 20)
	tests := []struct{ name, before, after string }{
		{"one line", twoFunctions, strings.Replace(twoFunctions, "int y = 2", "int y = 3", 1)},
		{"two functions", twoFunctions, strings.NewReplacer("int y = 2", "int y = 3", "return 2", "return 4").Replace(twoFunctions)},
		{"a new file", "", "a\nb\n"},
		{"a new file without a newline", "", "a\nb"},
		{"an end without a newline", "a\nb", "a\nc"},
		{"an end that gets one", "a\nb", "a\nb\n"},
		{"an end that loses one", "a\nb\n", "a\nb"},
		{"lines that occur often", repeated, repeated[:60] + "x\n" + repeated[60:]},
		{"lines removed among their like", repeated, repeated[:60] + repeated[66:]},
		{"the first line", repeated, "x\n" + repeated},
		{"the last line", repeated, repeated + "x\n"},
		{"hunks that meet when widened", repeated, "x\n" + repeated[:30] + "y\n" + repeated[30:60] + "z\n" + repeated[60:]},
		{"all of it", "a\n", "b\n"},
		{"nothing is left but an empty line", "a\nb\n", "\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { requireApplies(t, fileChange(t, "x.c", test.before, test.after)) })
	}
}

func TestAnswersLeadToTheContentAfterInHistories(t *testing.T) {
	histories(t, func(dir string, every int) {
		checked := 0
		eachCommit(t, dir, every, func(c *stage.Commit) {
			for i := range c.Files {
				if f := c.Files[i]; isText(&f) && len(f.Before) < 1<<20 {
					requireApplies(t, f)
					checked++
				}
			}
		})
		require.Positive(t, checked)
		t.Logf("%d files", checked)
	})
}

// git itself applies the patches, though they have no "index" lines.
func TestPatchesApply(t *testing.T) {
	r := newRepository(t)
	r.commit("first", "lib/x.c", twoFunctions, "doc/gone.txt", "a\nb\n", "old.c", twoFunctions)
	r.commit("second", "lib/x.c", strings.Replace(twoFunctions, "y = 2", "y = 3", 1), "doc/gone.txt", "", "new/empty", "")
	r.git("mv", "old.c", "new.c")
	r.commit("third", "no newline", "x", "a\tb", "tab\n")
	r.git("update-index", "--chmod=+x", "new.c")
	r.git("commit", "-q", "-m", "fourth")
	examples, _ := r.run(func(*dataset.Related, stage.Horizon) dataset.Maker { return &dataset.Standard{} })
	require.Len(t, examples, 4)
	work := newRepository(t)
	for _, e := range examples {
		require.NotContains(t, e.Output, "\nindex ")
		patch := filepath.Join(t.TempDir(), "patch")
		require.NoError(t, os.WriteFile(patch, []byte(e.Output), 0o666))
		work.git("apply", "--index", patch)
		require.Equal(t, r.git("rev-parse", e.Commit.String()+"^{tree}"), work.git("write-tree"))
	}
}

func TestFormsTellOfNamesAndModes(t *testing.T) {
	f := fileChange(t, "new.c", "a\nb\nc\nd\n", "a\nx\nc\nd\n")
	f.OldPath = "old.c"
	f.Kind = stage.Renamed
	f.Patch = "diff --git a/old.c b/new.c\nold mode 100644\nnew mode 100755\nsimilarity index 75%\nrename from old.c\nrename to new.c\nindex 1..2\n--- a/old.c\n+++ b/new.c\n" + f.Patch[strings.Index(f.Patch, "@@"):]
	gone := stage.FileChange{Kind: stage.Deleted, OldPath: "gone.c", OldMode: stage.ModeRegular, Before: []byte("a\n"),
		Patch: "diff --git a/gone.c b/gone.c\ndeleted file mode 100644\nindex 1..0\n--- a/gone.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n",
		Hunks: []stage.Hunk{{OldStart: 1, OldLines: 1, Text: "-a\n"}}}
	link := stage.FileChange{Kind: stage.Modified, OldPath: "sub", NewPath: "sub", OldMode: stage.ModeSubmodule, NewMode: stage.ModeSubmodule,
		Patch: "diff --git a/sub b/sub\nindex 1..2 160000\n--- a/sub\n+++ b/sub\n@@ -1 +1 @@\n-Subproject commit 1\n+Subproject commit 2\n",
		Hunks: []stage.Hunk{{OldStart: 1, OldLines: 1, NewStart: 1, NewLines: 1, Text: "-Subproject commit 1\n+Subproject commit 2\n"}}}
	c := &stage.Commit{Subject: "x", Files: []stage.FileChange{f, gone, link}}
	want := map[dataset.Form]string{
		dataset.Blocks: `old mode 100644
new mode 100755
rename from old.c
rename to new.c
new.c
<<<<<<< SEARCH
a
b
c
d
=======
a
x
c
d
>>>>>>> REPLACE

deleted file mode 100644
gone.c

sub
<<<<<<< SEARCH
Subproject commit 1
=======
Subproject commit 2
>>>>>>> REPLACE
`,
		dataset.Code: `old mode 100644
new mode 100755
rename from old.c
rename to new.c
+++ b/new.c
@@ +1,4 @@
a
x
c
d
deleted file mode 100644
+++ /dev/null
` + withoutIndex(link.Patch),
	}
	for form, want := range want {
		got, err := made(t, &dataset.Standard{Settings: dataset.Settings{Form: form}}, c)
		require.NoError(t, err)
		require.Equal(t, want, got[0].Output)
	}
}

func TestTextLikeAMarkMakesNoBlocks(t *testing.T) {
	for _, text := range []string{"Title\n=======\n", "<<<<<<< SEARCH\n", ">>>>>>> REPLACE\r\n", "======="} {
		f := fileChange(t, "x.rst", text, text+"x\n")
		_, err := made(t, &dataset.Standard{Settings: dataset.Settings{Form: dataset.Blocks}}, &stage.Commit{Subject: "x", Files: []stage.FileChange{f}})
		require.Equal(t, stage.Drop("text like the marks of a block"), err, text)
	}
	f := fileChange(t, "x.rst", "Heading\n========\n", "x\n")
	got, err := made(t, &dataset.Standard{Settings: dataset.Settings{Form: dataset.Blocks}}, &stage.Commit{Subject: "x", Files: []stage.FileChange{f}})
	require.NoError(t, err)
	require.Len(t, got, 1)
}

func TestNamesOfFormsAndWhatElseIsNamed(t *testing.T) {
	for _, form := range []dataset.Form{dataset.Patch, dataset.Blocks, dataset.Code} {
		parsed, err := dataset.ParseForm(form.String())
		require.NoError(t, err)
		require.Equal(t, form, parsed)
	}
	_, err := dataset.ParseForm("prose")
	require.ErrorContains(t, err, "choose from patch, blocks, code")
	_, err = dataset.ParsePer("hunk")
	require.ErrorContains(t, err, "commit or file")
	require.ErrorContains(t, dataset.Mode("x").Check(), "choose from standard, bugfix,")
	require.ErrorContains(t, dataset.Format("x").Check(), "choose from alpaca, messages,")
	require.ErrorContains(t, (&dataset.Standard{Settings: dataset.Settings{Form: 9}}).Open(t.Context()), "Form(9)")
}
