package dataset

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/internal/enclosing"
)

func TestOldSideOfAHunk(t *testing.T) {
	type runs = []enclosing.Range
	tests := []struct {
		name  string
		hunk  stage.Hunk
		lines enclosing.Range
		runs  runs
	}{
		{
			"two changes", stage.Hunk{OldStart: 10, OldLines: 5, NewStart: 10, NewLines: 6, Text: " a\n-b\n-c\n+d\n e\n+f\n+g\n h\n"},
			enclosing.Range{First: 10, Last: 14}, runs{{First: 11, Last: 12}, {First: 14, Last: 13}},
		},
		{
			"added before removed", stage.Hunk{OldStart: 1, OldLines: 1, NewStart: 1, NewLines: 1, Text: "+a\n-b\n"},
			enclosing.Range{First: 1, Last: 1}, runs{{First: 1, Last: 1}},
		},
		{
			"lines in a gap", stage.Hunk{OldStart: 5, OldLines: 0, NewStart: 6, NewLines: 2, Text: "+a\n+b\n"},
			enclosing.Range{First: 6, Last: 5}, runs{{First: 6, Last: 5}},
		},
		{
			"a deleted file", stage.Hunk{OldStart: 1, OldLines: 2, NewStart: 0, NewLines: 0, Text: "-a\n-b\n\\ No newline at end of file\n"},
			enclosing.Range{First: 1, Last: 2}, runs{{First: 1, Last: 2}},
		},
		{
			"no newline at the end", stage.Hunk{OldStart: 1, OldLines: 2, NewStart: 1, NewLines: 2, Text: " a\n-b\n\\ No newline at end of file\n+b\n"},
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
		require.Equal(t, want, oldName(&stage.FileChange{OldPath: "old", Patch: patch}), "%q", patch)
	}
}

// The input's size is known before it is written, and numbers may be of any length.
func TestInputIsOfTheRightSize(t *testing.T) {
	content := []byte(strings.Repeat("int a;\n\n", 3000))
	file := stage.FileChange{Kind: stage.Modified, OldPath: "x.c", NewPath: "x.c", Before: content}
	for n := 1; n < 6000; n += 500 {
		file.Hunks = append(file.Hunks, stage.Hunk{OldStart: n, OldLines: 1, NewStart: n, NewLines: 1, Text: "-int a;\n+int b;\n"})
	}
	link := stage.FileChange{Kind: stage.Deleted, OldPath: "sub", OldMode: stage.ModeSubmodule, Hunks: []stage.Hunk{{OldStart: 1, OldLines: 1, Text: "-Subproject commit 0\n"}}}
	files := []stage.FileChange{file, link, file}
	var w inputWriter
	for i := range files {
		require.NoError(t, w.add(&files[i], 400))
	}
	text := w.text()
	require.LessOrEqual(t, len(text), w.size)
	require.Less(t, w.size-len(text), (len(w.pieces)+1)*pieceBytes)
	require.Contains(t, text, "@@ -5501,1 @@\nint a;\n--- a/sub\n@@ -1,1 @@\nSubproject commit "+stage.Hash{}.String()+"\n--- a/x.c\n@@ -1,1 @@\nint a;\n")
}
