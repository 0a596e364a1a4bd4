package stage_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// git's patch-id of every kind of change, and of a commit that makes all of
// them at once.
func TestPatchIDOfEveryKindOfChange(t *testing.T) {
	o := everyKindOfChange(t)
	for _, copies := range []bool{false, true} {
		o.copies = copies
		commits := o.git(nil, "rev-list", "--no-merges", "main")
		blobs := o.blobs()
		var together []stage.FileChange
		var text strings.Builder
		for c := range o.changes(commits) {
			blobs.prefetch(c)
			c.Blobs = blobs
			require.NoError(t, stage.DiffParser{}.Process(t.Context(), c, func(*stage.Commit) {}))
			assertPatchID(t, c.Files)
			together = append(together, c.Files...)
			text.WriteString(patchText(c.Files))
		}
		require.Greater(t, len(together), 100)
		assertPatchID(t, together)
		together = slices.DeleteFunc(together, func(f stage.FileChange) bool { return len(f.Hunks) == 0 })
		before := stage.PatchID(together)
		slices.Reverse(together)
		assert.Equal(t, before, stage.PatchID(together), "the order of the files does not count")
	}
}

func patchText(files []stage.FileChange) string {
	var text strings.Builder
	for i := range files {
		text.WriteString(files[i].Patch)
	}
	return text.String()
}

func assertPatchID(t testing.TB, files []stage.FileChange) {
	t.Helper()
	text := patchText(files)
	assert.Equal(t, patchIDByGit(t, text, "--stable"), stage.PatchID(files).String(), text)
	assert.Equal(t, patchIDByGit(t, text, "--verbatim"), stage.VerbatimPatchID(files).String(), text)
}

func patchIDByGit(t testing.TB, patch, option string) string {
	t.Helper()
	command := messageGit(".", "patch-id", option)
	command.Args = slices.DeleteFunc(command.Args, func(a string) bool { return strings.HasPrefix(a, "--git-dir") })
	command.Stdin = strings.NewReader(patch)
	out, err := command.Output()
	require.NoError(t, err)
	id, _, _ := bytes.Cut(out, []byte(" "))
	if len(id) == 0 {
		return stage.Hash{}.String()
	}
	return string(id)
}

const smallPatch = "diff --git a/x y b/x y\nindex 1111111..2222222 100644\n--- a/x y\t\n+++ b/x y\t\n@@ -1,2 +1,2 @@ head\n a b\n-c\n+d\n"

const binaryPatch = "diff --git a/z b/z\nnew file mode 100644\nindex 0000000..3333333\nBinary files /dev/null and b/z differ\n"

func TestPatchIDOfOddText(t *testing.T) {
	for name, patch := range map[string]string{
		"plain":                        smallPatch,
		"vertical tab is no space":     strings.Replace(smallPatch, "a b", "a\v\f b", 1),
		"carriage return is space":     strings.Replace(smallPatch, "a b\n", "a b\r\n", 1),
		"not UTF-8":                    strings.Replace(smallPatch, "a b", "\xa0\xff", 1),
		"NUL":                          strings.Replace(smallPatch, "a b", "a\x00 b\x00", 1),
		"NUL in two lines":             strings.NewReplacer("a b", "a\x00b", "+d", "+\x00").Replace(smallPatch),
		"no newline":                   smallPatch + "\\ No newline at end of file\n",
		"no newline on either side":    strings.Replace(smallPatch, "-c\n", "-c\n\\ No newline at end of file\n", 1) + "\\ No newline at end of file\n",
		"two hunks":                    smallPatch + "@@ -9 +9 @@\n-q\n+r\n",
		"lines like headers":           "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n--- a\n-index 1..2\n-diff --git a/q b/q\n+++ b\n+@@ -1 +1 @@\n+Binary files a and b differ\n",
		"longer than what is gathered": "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1,20000 @@\n" + strings.Repeat("+ a line of text\n", 20000),
		"binary":                       binaryPatch,
		"mode":                         "diff --git a/z b/z\nold mode 100644\nnew mode 100755\n",
		"one long line":                "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+" + strings.Repeat("long ", 50000) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			assertPatchID(t, []stage.FileChange{{Patch: patch}})
			assertPatchID(t, []stage.FileChange{{Patch: patch}, {Patch: smallPatch}})
			assertPatchID(t, []stage.FileChange{{Patch: smallPatch}, {Patch: patch}, {Patch: binaryPatch}})
		})
	}
}

func TestPatchIDDoesNotDependOnLineNumbersAndSpace(t *testing.T) {
	id := stage.PatchID([]stage.FileChange{{Patch: smallPatch}})
	for _, same := range []string{
		strings.Replace(smallPatch, "@@ -1,2 +1,2 @@ head", "@@ -91,2 +95,2 @@", 1),
		strings.Replace(smallPatch, "index 1111111..2222222", "index 3333333..4444444", 1),
		strings.Replace(smallPatch, "a b", "\ta   b ", 1),
	} {
		assert.Equal(t, id, stage.PatchID([]stage.FileChange{{Patch: same}}), same)
	}
	assert.NotEqual(t, id, stage.PatchID([]stage.FileChange{{Patch: strings.Replace(smallPatch, "+d", "+e", 1)}}))
	spaced := []stage.FileChange{{Patch: strings.Replace(smallPatch, "a b", "a  b", 1)}}
	assert.NotEqual(t, stage.VerbatimPatchID([]stage.FileChange{{Patch: smallPatch}}), stage.VerbatimPatchID(spaced))
}

func TestPatchIDOfNothing(t *testing.T) {
	assert.Zero(t, stage.PatchID(nil))
	assert.Zero(t, stage.PatchID([]stage.FileChange{{OldPath: "a", NewPath: "a"}}), "not yet parsed")
	assert.Zero(t, stage.PatchID([]stage.FileChange{{Patch: smallPatch}, {Missing: true}}))
	assert.Zero(t, stage.PatchID([]stage.FileChange{{Truncated: true}, {Patch: smallPatch}}))
}

func TestPatchIDsSetsTheField(t *testing.T) {
	for _, verbatim := range []bool{false, true} {
		c := &stage.Commit{Files: []stage.FileChange{{Patch: smallPatch}}}
		emitted := 0
		require.NoError(t, stage.PatchIDs{Verbatim: verbatim}.Process(t.Context(), c, func(*stage.Commit) { emitted++ }))
		assert.Equal(t, 1, emitted)
		want := stage.PatchID(c.Files)
		if verbatim {
			want = stage.VerbatimPatchID(c.Files)
		}
		assert.Equal(t, want, c.PatchID)
	}
	assert.Equal(t, map[string]string{"verbatim": "true"}, stage.PatchIDs{Verbatim: true}.Configuration())
}

// FuzzPatchID gives it text that is no patch: it must come to an end.
func FuzzPatchID(f *testing.F) {
	f.Add(smallPatch)
	f.Add(binaryPatch)
	f.Add("@@ -1,99999999 +1 @@\n")
	f.Add("diff --git a/a b/a\n@@ -1 +1 @@\n\\ No newline\n\\\x00\n-\x00")
	f.Add("Binary files")
	f.Fuzz(func(t *testing.T, patch string) {
		files := []stage.FileChange{{Patch: patch}}
		id := stage.PatchID(files)
		stage.VerbatimPatchID(files)
		if !strings.Contains(patch, "diff --git ") && !strings.Contains(patch, "Binary files ") {
			// Nothing begins a section.
			assert.Zero(t, id)
		}
	})
}

func BenchmarkPatchID(b *testing.B) {
	var patch strings.Builder
	patch.WriteString("diff --git a/x.c b/x.c\nindex 1111111..2222222 100644\n--- a/x.c\n+++ b/x.c\n@@ -0,0 +1,250 @@\n")
	for i := range 250 {
		fmt.Fprintf(&patch, "+\treturn call_something(dev, %d);\n", i)
	}
	files := []stage.FileChange{{Patch: patch.String()}}
	for name, id := range map[string]func([]stage.FileChange) stage.Hash{"stable": stage.PatchID, "verbatim": stage.VerbatimPatchID} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(patch.Len()))
			b.ReportAllocs()
			for b.Loop() {
				id(files)
			}
		})
	}
}
