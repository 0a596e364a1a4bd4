package stage

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage/internal/enclosing"
)

func TestOldSideOfAHunk(t *testing.T) {
	type runs = []enclosing.Range
	tests := []struct {
		name  string
		hunk  Hunk
		lines enclosing.Range
		runs  runs
	}{
		{
			"two changes", Hunk{OldStart: 10, OldLines: 5, NewStart: 10, NewLines: 6, Text: " a\n-b\n-c\n+d\n e\n+f\n+g\n h\n"},
			enclosing.Range{First: 10, Last: 14}, runs{{First: 11, Last: 12}, {First: 14, Last: 13}},
		},
		{
			"added before removed", Hunk{OldStart: 1, OldLines: 1, NewStart: 1, NewLines: 1, Text: "+a\n-b\n"},
			enclosing.Range{First: 1, Last: 1}, runs{{First: 1, Last: 1}},
		},
		{
			"lines in a gap", Hunk{OldStart: 5, OldLines: 0, NewStart: 6, NewLines: 2, Text: "+a\n+b\n"},
			enclosing.Range{First: 6, Last: 5}, runs{{First: 6, Last: 5}},
		},
		{
			"a deleted file", Hunk{OldStart: 1, OldLines: 2, NewStart: 0, NewLines: 0, Text: "-a\n-b\n\\ No newline at end of file\n"},
			enclosing.Range{First: 1, Last: 2}, runs{{First: 1, Last: 2}},
		},
		{
			"no newline at the end", Hunk{OldStart: 1, OldLines: 2, NewStart: 1, NewLines: 2, Text: " a\n-b\n\\ No newline at end of file\n+b\n"},
			enclosing.Range{First: 1, Last: 2}, runs{{First: 2, Last: 2}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := runs{{First: 1, Last: 1}}
			lines, got := appendOldSide(before, &test.hunk)
			require.Equal(t, test.lines, lines)
			require.Equal(t, append(before, test.runs...), got)
		})
	}
}

func TestOldNameIsThatOfThePatch(t *testing.T) {
	for patch, want := range map[string]string{
		"diff --git a/x b/y\nindex 1..2\n--- a/x\n+++ b/y\n@@ -1 +1 @@\n--- a/no\n+b\n": "--- a/x",
		"diff --git a/x y b/x y\n--- a/x y\t\n+++ b/x y\t\n@@ -1 +1 @@\n-a\n":           "--- a/x y",
		"diff --git \"a/\\303\" b/y\n--- \"a/\\303\"\r\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n": "--- \"a/\\303\"",
		"--- a/first line\n@@ -1 +1 @@\n-a\n":                                           "--- a/old",
		"":                                                                              "--- a/old",
	} {
		require.Equal(t, want, oldName(&FileChange{OldPath: "old", Patch: patch}), "%q", patch)
	}
}

// The input's size is known before it is written, and numbers may be of any length.
func TestInputIsOfTheRightSize(t *testing.T) {
	content := []byte(strings.Repeat("int a;\n\n", 3000))
	file := FileChange{Kind: Modified, OldPath: "x.c", NewPath: "x.c", Before: content}
	for n := 1; n < 6000; n += 500 {
		file.Hunks = append(file.Hunks, Hunk{OldStart: n, OldLines: 1, NewStart: n, NewLines: 1, Text: "-int a;\n+int b;\n"})
	}
	link := FileChange{Kind: Deleted, OldPath: "sub", OldMode: ModeSubmodule, Hunks: []Hunk{{OldStart: 1, OldLines: 1, Text: "-Subproject commit 0\n"}}}
	files := []FileChange{file, link, file}
	var w inputWriter
	for i := range files {
		require.NoError(t, w.add(&files[i], 400))
	}
	text := w.text()
	require.LessOrEqual(t, len(text), w.size)
	require.Less(t, w.size-len(text), (len(w.pieces)+1)*pieceBytes)
	require.Contains(t, text, "@@ -5501,1 @@\nint a;\n--- a/sub\n@@ -1,1 @@\nSubproject commit "+Hash{}.String()+"\n--- a/x.c\n@@ -1,1 @@\nint a;\n")

	pooled, err := codeBefore(files, 400)
	require.NoError(t, err)
	require.Equal(t, text, pooled)
}

func TestPatchesAreJoinedWithoutACopyWherePossible(t *testing.T) {
	text := "first\nsecond\nthird\n"
	files := []FileChange{{Patch: text[:6]}, {Patch: text[6:13]}, {Patch: text[13:]}}
	tests := []struct {
		name  string
		files []FileChange
		text  string
		want  string
		same  bool
	}{
		{"all files", files, text, text, true},
		{"the last was taken out", files[:2], text, "first\nsecond\n", true},
		{"the first was taken out", files[1:], text, "second\nthird\n", false},
		{"in another order", []FileChange{files[1], files[0]}, text, "second\nfirst\n", false},
		{"one was changed", []FileChange{files[0], {Patch: "other\n"}, files[2]}, text, "first\nother\nthird\n", false},
		{"no common text", files, "", text, false},
		{"a text too short", files, text[:8], text, false},
		{"one file", files[1:2], files[1].Patch, "second\n", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, joinPatches(test.files, test.text))
			allocs := testing.AllocsPerRun(10, func() { joinPatches(test.files, test.text) })
			require.Equal(t, test.same, allocs == 0)
		})
	}
}

func TestExamplesCountAsBytesInFlight(t *testing.T) {
	e := &Example{Instruction: "12", Input: "345", Output: "6789", Paths: []string{"0"}, Tags: []string{"12"}, Subsystems: []string{"345"}}
	more := *e
	more.Output += strings.Repeat("x", 1000)
	size := sizeOf[*Example]()
	require.Greater(t, size(e), 18)
	require.Equal(t, 1000, size(&more)-size(e), fmt.Sprint(size(e)))
}
