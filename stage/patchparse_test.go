package stage_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// oddHistory is a repository with a commit for every form that a patch's headers
// and lines can take.
func oddHistory(t testing.TB) *patchRepo {
	r := newPatchRepo(t)
	numbered := func(from, to int) string {
		var b strings.Builder
		for i := from; i < to; i++ {
			b.WriteString("line " + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + "\n")
		}
		return b.String()
	}

	r.write("query.sql", "select 1;\n-- first comment\n++ odd\n-- \nlast\n")
	r.write("plain.c", "int f(void)\n{\n\treturn 0;\n}\n"+numbered(0, 60))
	r.write("noeol", "one\ntwo")
	r.write("crlf.txt", "one\r\ntwo\r\n\r\n")
	r.write("binary", "\x00\x01\x02")
	r.write("empty", "")
	r.write("becomes-link", "target\nline\n")
	r.write("moved", numbered(0, 40))
	r.write("moved and edited", numbered(5, 60))
	r.write("copied", numbered(9, 70))
	r.write("script.sh", "#!/bin/sh\n")
	for _, name := range []string{"with space", "x b/x", "tab\there", "quote\"back\\slash", "ünïcode", "new\nline", "\x01\xff", " lead", "trail "} {
		r.write("names/"+name, "first\n")
	}
	r.commit("Begin\n\nWith a body.\n")

	r.write("query.sql", "select 1;\n++ odd\nlast\n")
	r.write("plain.c", strings.Replace(numbered(0, 60), "line xa\n", "", 1)+"end\n")
	r.write("noeol", "one\ntwo\n")
	r.write("crlf.txt", "one\r\nTWO\r\n\r\nthree")
	r.write("binary", "\x00\x01\x02\x03")
	r.write("empty", "no longer\n")
	r.symlink("somewhere", "becomes-link")
	r.git("mv", "moved", "moved here")
	r.git("mv", "moved and edited", "ünd edited")
	r.write("ünd edited", numbered(5, 60)+"more\n")
	r.write("copied", numbered(9, 70)+"changed\n")
	r.write("copy", numbered(9, 70))
	r.git("update-index", "--chmod=+x", "script.sh")
	for _, name := range []string{"with space", "x b/x", "tab\there", "quote\"back\\slash", "ünïcode", "new\nline", "\x01\xff", " lead", "trail "} {
		r.write("names/"+name, "first\nsecond\n")
	}
	r.commit("Change everything\n\ncommit 0123456789 is not this one\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")

	r.git("rm", "-q", "query.sql", "noeol", "empty", "binary", "becomes-link")
	r.git("update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("ab", 20)+",sub")
	r.gitIn("Delete\n\tand indent\n", "commit", "-q", "-F", "-")
	return r
}

func TestPatchesAreAsGitHasThem(t *testing.T) {
	r := oddHistory(t)
	tests := []struct {
		name               string
		logArgs, patchArgs []string
	}{
		{name: "plain"},
		{name: "copies", logArgs: []string{"-C", "-C"}},
		{name: "no renames", logArgs: []string{"--no-renames"}},
		{name: "binary", patchArgs: []string{"--binary"}},
		{name: "no prefix", patchArgs: []string{"--no-prefix"}},
		{name: "own prefixes", patchArgs: []string{"--src-prefix=before/", "--dst-prefix=after/"}},
		{name: "no context", patchArgs: []string{"-U0"}},
		{name: "whole files", patchArgs: []string{"-U9999"}},
		{name: "with a stat", patchArgs: []string{"--stat", "--summary"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			commits, files := requireSameAsGit(t, r.dir, test.logArgs, test.patchArgs...)
			require.Equal(t, 3, commits)
			require.Greater(t, files, 30)
		})
	}
	t.Run("names unquoted where they can be", func(t *testing.T) {
		r.git("config", "core.quotePath", "false")
		requireSameAsGit(t, r.dir, nil)
	})
}

// Every file's Patch is git's own text: put together they are what git printed.
func TestPatchIsTheExactText(t *testing.T) {
	r := oddHistory(t)
	for _, args := range [][]string{{"-p"}, {"-p", "--binary", "-M"}, {"-p", "-C", "-C", "--abbrev=9"}} {
		text := r.git(append([]string{"diff-tree", "HEAD~2", "HEAD~1"}, args...)...)
		files, err := stage.ParsePatch(text)
		require.NoError(t, err)
		var joined strings.Builder
		for _, f := range files {
			joined.WriteString(f.Patch)
		}
		require.Equal(t, text, joined.String())
	}
}

func TestParsePatch(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef01234567"
	hash, err := stage.ParseHash(id)
	require.NoError(t, err)
	tests := []struct {
		name, text string
		want       []stage.FileChange
	}{
		{name: "nothing", text: "no patch here\n-- \n2.39.5\n"},
		{
			name: "abbreviated ids stay zero",
			text: "diff --git a/x b/x\nindex 0123456..89abcde 100644\n",
			want: []stage.FileChange{{Kind: 'M', OldPath: "x", NewPath: "x", OldMode: 0o100644, NewMode: 0o100644}},
		},
		{
			name: "a mode only",
			text: "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n",
			want: []stage.FileChange{{Kind: 'M', OldPath: "x", NewPath: "x", OldMode: 0o100644, NewMode: 0o100755}},
		},
		{
			name: "a rename without edits",
			text: "diff --git a/x b/y z\nsimilarity index 100%\nrename from x\nrename to y z\n",
			want: []stage.FileChange{{Kind: 'R', OldPath: "x", NewPath: "y z", Similarity: 100}},
		},
		{
			name: "full ids",
			text: "diff --git a/x b/x\ndeleted file mode 100644\nindex " + id + "..0000000000000000000000000000000000000000\n",
			want: []stage.FileChange{{Kind: 'D', OldPath: "x", OldMode: 0o100644, OldID: hash}},
		},
		{
			name: "lines that look like headers",
			text: "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n--- a/y\n-@@ -1 +1 @@\n+++ b/y\n+diff --git a/z b/z\n  same\n",
			want: []stage.FileChange{{
				Kind: 'M', OldPath: "x", NewPath: "x", Added: 2, Deleted: 2,
				Hunks: []stage.Hunk{{
					OldStart: 1, OldLines: 3, NewStart: 1, NewLines: 3,
					Text: "--- a/y\n-@@ -1 +1 @@\n+++ b/y\n+diff --git a/z b/z\n  same\n",
				}},
			}},
		},
		{
			name: "diff -u with times",
			text: "Only in linux: y\n--- linux.orig/x y.c\t2005-04-07 22:13:13.000000000 +0200\n+++ linux/x y.c\t2005-04-08 01:02:03.000000000 +0200\n@@ -7 +7,2 @@ int f(void)\n a\n+b\n",
			want: []stage.FileChange{{
				Kind: 'M', OldPath: "x y.c", NewPath: "x y.c", Added: 1,
				Hunks: []stage.Hunk{{OldStart: 7, OldLines: 1, NewStart: 7, NewLines: 2, Heading: "int f(void)", Text: " a\n+b\n"}},
			}},
		},
		{
			name: "diff -u of a new and a backed-up file",
			text: "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n--- y.orig\n+++ y\n@@ -1 +1 @@\n-a\n+b\n",
			want: []stage.FileChange{
				{Kind: 'A', NewPath: "x", Added: 1, Hunks: []stage.Hunk{{NewStart: 1, NewLines: 1, Text: "+a\n"}}},
				{Kind: 'M', OldPath: "y", NewPath: "y", Added: 1, Deleted: 1, Hunks: []stage.Hunk{{OldStart: 1, OldLines: 1, NewStart: 1, NewLines: 1, Text: "-a\n+b\n"}}},
			},
		},
		{
			name: "CRLF added on the way",
			text: "diff --git a/x b/x\r\nnew file mode 100644\r\n--- /dev/null\r\n+++ b/x\r\n@@ -0,0 +1 @@\r\n+a\r\n\\ No newline at end of file\r\n",
			want: []stage.FileChange{{
				Kind: 'A', NewPath: "x", NewMode: 0o100644, Added: 1,
				Hunks: []stage.Hunk{{NewStart: 1, NewLines: 1, Text: "+a\r\n\\ No newline at end of file\r\n"}},
			}},
		},
		{
			name: "blanks lost at the ends of lines",
			text: "--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n\n+a\n\n-- \nname\n",
			want: []stage.FileChange{{
				Kind: 'M', OldPath: "x", NewPath: "x", Added: 1,
				Hunks: []stage.Hunk{{OldStart: 1, OldLines: 2, NewStart: 1, NewLines: 3, Text: "\n+a\n\n"}},
			}},
		},
		{
			name: "no newline at the text's end",
			text: "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b",
			want: []stage.FileChange{{
				Kind: 'M', OldPath: "x", NewPath: "x", Added: 1, Deleted: 1,
				Hunks: []stage.Hunk{{OldStart: 1, OldLines: 1, NewStart: 1, NewLines: 1, Text: "-a\n+b"}},
			}},
		},
		{
			name: "binary notice",
			text: "diff --git a/x b/x\nindex 1..2 100644\nBinary files a/x and b/x differ\n",
			want: []stage.FileChange{{Kind: 'M', OldPath: "x", NewPath: "x", OldMode: 0o100644, NewMode: 0o100644, Binary: true}},
		},
		{
			name: "file to link",
			text: "diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n" +
				"diff --git a/x b/x\nnew file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+y\n\\ No newline at end of file\n",
			want: []stage.FileChange{{
				Kind: 'T', OldPath: "x", NewPath: "x", OldMode: 0o100644, NewMode: 0o120000, Added: 1, Deleted: 1,
				Hunks: []stage.Hunk{
					{OldStart: 1, OldLines: 1, Text: "-a\n"},
					{NewStart: 1, NewLines: 1, Text: "+y\n\\ No newline at end of file\n"},
				},
			}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files, err := stage.ParsePatch(test.text)
			require.NoError(t, err)
			for i := range files {
				require.Contains(t, test.text, files[i].Patch)
				files[i].Patch = ""
			}
			require.Equal(t, test.want, files)
		})
	}
}

func TestMalformedPatchNamesTheLine(t *testing.T) {
	const header = "--- a/x\n+++ b/x\n"
	tests := []struct{ name, text, want string }{
		{"too few lines", header + "@@ -1,3 +1,3 @@\n a\n-b\n", `patch line 6: want a line of the hunk, 1 old and 2 new ones being left, got the end of the text`},
		{"too many lines", header + "@@ -1 +1 @@\n-a\n+b\n+c\n", `patch line 6: want the next hunk, file or commit, as the hunk's counts are complete, got "+c\n"`},
		{"one side too long", header + "@@ -1,2 +1 @@\n a\n+b\n", `patch line 5: want a line of the hunk, 1 old and 0 new ones being left, got "+b\n"`},
		{"a wrapped line", header + "@@ -1,2 +1,2 @@\n some\nthing\n", `patch line 5: want a line of the hunk, 1 old and 1 new ones being left, got "thing\n"`},
		{"a hunk header cut short", header + "@@ -1,2 +1\n", `patch line 3: want a hunk header: @@ -start,lines +start,lines @@, got "@@ -1,2 +1\n"`},
		{"a hunk without lines", header + "@@ -1,0 +1,0 @@\n", `patch line 3: want a hunk that has lines, got "@@ -1,0 +1,0 @@\n"`},
		{"a count out of range", header + "@@ -1,99999999999999999999 +1 @@\n", `patch line 3: want a hunk header: @@ -start,lines +start,lines @@, got "@@ -1,99999999999999999999 +1 @@\n"`},
		{"a hunk without a file", "text\n@@ -1 +1 @@\n-a\n+b\n", `patch line 2: want the file's --- and +++ lines before its first hunk, got "@@ -1 +1 @@\n"`},
		{"half a rename", "diff --git a/x b/y\nrename from x\n", `patch line 3: want both names of a renamed or copied file, got the end of the text`},
		{"a mode that is none", "diff --git a/x b/x\nold mode 9\n", `patch line 2: want a value that fits "old mode ", got "old mode 9\n"`},
		{"binary data cut", "diff --git a/x b/x\nGIT binary patch\nliteral 5\nMabc\n", `patch line 4: want a line of base 85 data, or the empty line that ends it, got "Mabc\n"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := stage.ParsePatch(test.text)
			require.EqualError(t, err, test.want)
			var malformed *stage.PatchError
			require.ErrorAs(t, err, &malformed)
			require.Positive(t, malformed.Line)
		})
	}
}

// mergeHistory ends in a merge that changes what both sides have changed.
func mergeHistory(t testing.TB) *patchRepo {
	r := newPatchRepo(t)
	r.write("f", "a\nb\nc")
	r.commit("base")
	r.git("checkout", "-q", "-b", "side")
	r.write("f", "a\nb\nside")
	r.commit("side")
	r.git("checkout", "-q", "main")
	r.write("f", "a\nb\nmain")
	r.commit("main")
	tree := func() string {
		r.write("f", "a\n--- x\nboth\n")
		r.write("ünder", "\n")
		r.git("add", "-A")
		return strings.TrimSpace(r.git("write-tree"))
	}()
	merge := strings.TrimSpace(r.git("commit-tree", "-p", "main", "-p", "side", "-m", "Merge side", tree))
	r.git("reset", "-q", "--hard", merge)
	r.write("f", "after\n")
	r.commit("after")
	return r
}

func TestCombinedDiffsAreReportedAndPassedOver(t *testing.T) {
	r := mergeHistory(t)
	for _, format := range []string{"--cc", "-c"} {
		text := r.git("show", format, "HEAD~1") + r.git("show", "HEAD")
		files, err := stage.ParsePatch(text)
		require.ErrorIs(t, err, stage.ErrCombined)
		require.ErrorContains(t, err, "f, ünder")
		require.Len(t, files, 1)

		reader := stage.NewPatchReader(strings.NewReader(text), stage.PatchOptions{})
		merge, err := reader.Next()
		require.NoError(t, err)
		require.True(t, merge.IsMerge())
		require.Equal(t, []string{"f", "ünder"}, merge.Combined)
		require.Empty(t, merge.Files)
		after, err := reader.Next()
		require.NoError(t, err)
		require.Equal(t, "after", after.Subject)
		require.Len(t, after.Files, 1)
	}
}

// No text makes the parser panic, loop or give changes that contradict
// themselves; and what it gives it would give again.
func FuzzParsePatch(f *testing.F) {
	r := oddHistory(f)
	f.Add(r.git("diff-tree", "-p", "-M", "--binary", "--full-index", "HEAD~2", "HEAD~1"))
	f.Add(r.git("diff-tree", "-p", "HEAD~1", "HEAD"))
	f.Add(mergeHistory(f).git("show", "--cc", "HEAD~1"))
	f.Add("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n-- \n")
	f.Add("diff --git \"a/\\303\\244\" b/x y\nrename from \"\\\"\"\nrename to y\n@@@ -1 -1 +1 @@@\n")
	f.Fuzz(func(t *testing.T, text string) {
		files, err := stage.ParsePatch(text)
		for i := range files {
			requireSound(t, &files[i])
			require.NotEmpty(t, files[i].Path())
		}
		if err == nil {
			for i := range files {
				requireRoundTrip(t, files[i:i+1])
			}
		}
	})
}

func BenchmarkParsePatch(b *testing.B) {
	text := oddHistory(b).git("diff-tree", "-p", "-M", "--full-index", "HEAD~2", "HEAD~1")
	var long strings.Builder
	for range 200 {
		long.WriteString(text)
	}
	b.SetBytes(int64(long.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := stage.ParsePatch(long.String()); err != nil {
			b.Fatal(err)
		}
	}
}
