package stage_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

var (
	_ stage.Processor[*stage.Commit, *stage.Example] = stage.Dataset{}
	_ stage.Opener                                   = stage.Dataset{}
)

func rows(t testing.TB, d stage.Dataset, c *stage.Commit) (rows []*stage.Example, err error) {
	t.Helper()
	require.NoError(t, d.Open(context.Background()))
	err = d.Process(context.Background(), c, func(row *stage.Example) { rows = append(rows, row) })
	return rows, err
}

// change makes the change of a file from its two contents.
func fileChange(t testing.TB, path, before, after string) stage.FileChange {
	t.Helper()
	r := newPatchRepo(t)
	r.write(path, before)
	if before == "" {
		require.NoError(t, os.Remove(r.dir+"/"+path))
	}
	r.commit("before")
	r.write(path, after)
	if after == "" {
		require.NoError(t, os.Remove(r.dir+"/"+path))
	}
	r.commit("after")
	files, err := stage.ParsePatch(r.git("diff-tree", "-p", "--full-index", "HEAD~1", "HEAD"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	if before != "" {
		files[0].Before = []byte(before)
	}
	return files[0]
}

const twoFunctions = `#include <x.h>

/* first() is first. */
int first(int a)
{
	int x = 1;
	int y = 2;

	return x + y;
}

static int unrelated;

static int also_unrelated;

int second(void)
{
	return 2;
}
`

func TestDatasetMakesTheStandardRow(t *testing.T) {
	modified := fileChange(t, "lib/x y.c", twoFunctions, strings.NewReplacer("int y = 2", "int y = 3", "return 2", "return 4").Replace(twoFunctions))
	modified.License = "GPL-2.0 OR MIT"
	added := fileChange(t, "doc/new.rst", "", "text\n")
	added.License = "BSD-2-Clause"
	fixed := stage.Hash{1, 2, 3}
	commit := &stage.Commit{
		Repo: "linux", Hash: stage.Hash{9}, Subject: "lib: count right",
		Body:   "It was wrong.\n\nFixes: 0102030000 (\"lib: count\")\nCc: stable@vger.kernel.org # 5.4\nSigned-off-by: A <a@example.com>\n",
		Author: stage.Signature{Seconds: 1112904793, Zone: 200},
		Files:  []stage.FileChange{modified, added}, Subsystems: []string{"LIB", "DOCS"},
		Quality: stage.Quality{Score: 71.5}, Tags: []stage.Tag{{Name: "security"}, {Name: "driver"}},
		Links: []stage.Link{{Kind: stage.Fixes, Commit: fixed, Basis: stage.ByPrefix}},
	}
	got, err := rows(t, stage.Dataset{}, commit)
	require.NoError(t, err)
	want := &stage.Example{
		Instruction: "lib: count right\n\nIt was wrong.\n\nFixes: 0102030000 (\"lib: count\")",
		Input: `--- a/lib/x y.c
@@ -3,8 @@
/* first() is first. */
int first(int a)
{
	int x = 1;
	int y = 2;

	return x + y;
}
@@ -15,5 @@

int second(void)
{
	return 2;
}
`,
		Output: modified.Patch + added.Patch,
		Repo:   "linux", Commit: stage.Hash{9}, Date: "2005-04-07T20:13:13Z",
		Paths: []string{"lib/x y.c", "doc/new.rst"}, Subsystems: []string{"LIB", "DOCS"},
		Tags: []string{"security", "driver"}, Quality: 71.5, License: "(GPL-2.0 OR MIT) AND BSD-2-Clause",
		Links: []stage.ExampleLink{{Kind: stage.Fixes, Commit: fixed}},
	}
	require.Equal(t, []*stage.Example{want}, got)

	got, err = rows(t, stage.Dataset{Per: stage.PerFile}, commit)
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, []string{"doc/new.rst"}, got[1].Paths)
	require.Equal(t, added.Patch, got[1].Output)
	require.Equal(t, "BSD-2-Clause", got[1].License)
	require.Empty(t, got[1].Input)
	require.Equal(t, got[0].Instruction, got[1].Instruction)
}

func TestDatasetWritesListsAndNeverNull(t *testing.T) {
	got, err := rows(t, stage.Dataset{}, &stage.Commit{Subject: "x", Files: []stage.FileChange{{Kind: stage.Added, NewPath: "x", Patch: "patch\n"}}})
	require.NoError(t, err)
	require.NotNil(t, got[0].Paths)
	require.NotNil(t, got[0].Subsystems)
	require.NotNil(t, got[0].Tags)
	require.NotNil(t, got[0].Links)
}

func TestDatasetInstruction(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"no body", "", "subject"},
		{"people only", "Signed-off-by: A <a@example.com>\n", "subject"},
		{"people in the middle", "Why.\n\nReported-by: B <b@example.com>\n\nHow.\n\nAcked-by: C\n", "subject\n\nWhy.\n\nHow."},
		{"any case, any key by someone", "x\n\nSIGNED-OFF-BY: a\nBased-on-patch-by: D <d@example.com>\nReported-and-tested-by: x\n", "subject\n\nx"},
		{"folded", "x\n\nCc: a@example.com,\n\tb@example.com\nLink: https://example.com/1\n", "subject\n\nx\n\nLink: https://example.com/1"},
		{"tools' identifiers", "x\n\nChange-Id: I123\ngit-svn-id: http://x@1 y\n", "subject\n\nx"},
		{"what tells of other commits stays", "Fixes: 123 (\"x\")\nCloses: https://example.com\n(cherry picked from commit 123)\n[a@example.com: fixed it]\n", "subject\n\nFixes: 123 (\"x\")\nCloses: https://example.com\n(cherry picked from commit 123)\n[a@example.com: fixed it]"},
		{"prose", "To: be or not.\nStand-by: on\nby: the way\nNote: x@y\n  Cc: indented\n", "subject\n\nTo: be or not.\nStand-by: on\nby: the way\nNote: x@y\n  Cc: indented"},
		{"empty lines", "a\n\n\n\nb\n\n\n", "subject\n\na\n\nb"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			commit := &stage.Commit{Subject: "subject", Body: test.body, Files: []stage.FileChange{{Kind: stage.Added, NewPath: "x", Patch: "patch\n"}}}
			got, err := rows(t, stage.Dataset{}, commit)
			require.NoError(t, err)
			require.Equal(t, test.want, got[0].Instruction)
		})
	}
}

func TestDatasetDates(t *testing.T) {
	for seconds, want := range map[int64]string{
		0:                "1970-01-01T00:00:00Z",
		-1:               "1969-12-31T23:59:59Z",
		4398046511104:    "9999-12-31T23:59:59Z",
		math.MaxInt64:    "9999-12-31T23:59:59Z",
		math.MinInt64:    "0001-01-01T00:00:00Z",
		253402300799:     "9999-12-31T23:59:59Z",
		-62135596800:     "0001-01-01T00:00:00Z",
		-62135596800 - 1: "0001-01-01T00:00:00Z",
	} {
		commit := &stage.Commit{Subject: "x", Author: stage.Signature{Seconds: seconds, Zone: -7200}, Files: []stage.FileChange{{Kind: stage.Added, NewPath: "x", Patch: "patch\n"}}}
		got, err := rows(t, stage.Dataset{}, commit)
		require.NoError(t, err)
		require.Equal(t, want, got[0].Date)
		_, err = time.Parse(time.RFC3339, got[0].Date)
		require.NoError(t, err)
	}
}

func TestDatasetLeavesOut(t *testing.T) {
	text := stage.FileChange{Kind: stage.Added, NewPath: "x", Patch: "patch\n"}
	binary := stage.FileChange{Kind: stage.Modified, OldPath: "b", NewPath: "b", Binary: true, Patch: "Binary files a/b and b/b differ\n"}
	missing := stage.FileChange{Kind: stage.Modified, OldPath: "m", NewPath: "m", Missing: true}
	large := stage.FileChange{Kind: stage.Modified, OldPath: "l", NewPath: "l", Truncated: true}
	tests := []struct {
		name       string
		commit     stage.Commit
		perCommit  string // the reason, or "" for a row
		perFile    string
		filesPaths []string
	}{
		{"a merge", stage.Commit{Subject: "x", Parents: make([]stage.Hash, 2), Files: []stage.FileChange{text}}, "merge", "merge", nil},
		{"no files", stage.Commit{Subject: "x"}, "no files", "no files", nil},
		{"no message", stage.Commit{Body: "Cc: a\n", Files: []stage.FileChange{text}}, "no message", "no message", nil},
		{"binary only", stage.Commit{Subject: "x", Files: []stage.FileChange{binary, binary}}, "binary only", "binary only", nil},
		{"binary among others", stage.Commit{Subject: "x", Files: []stage.FileChange{binary, text}}, "", "", []string{"x"}},
		{"missing", stage.Commit{Subject: "x", Files: []stage.FileChange{text, missing}}, "missing content", "", []string{"x"}},
		{"too large", stage.Commit{Subject: "x", Files: []stage.FileChange{large}}, "content over the limit", "content over the limit", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := rows(t, stage.Dataset{}, &test.commit)
			if test.perCommit != "" {
				require.Equal(t, stage.Drop(test.perCommit), err)
				require.Empty(t, got)
			} else {
				require.NoError(t, err)
				require.Len(t, got, 1)
			}
			got, err = rows(t, stage.Dataset{Per: stage.PerFile}, &test.commit)
			if test.perFile != "" {
				require.Equal(t, stage.Drop(test.perFile), err)
			} else {
				require.NoError(t, err)
			}
			var paths []string
			for _, row := range got {
				paths = append(paths, row.Paths...)
			}
			require.Equal(t, test.filesPaths, paths)
		})
	}
}

func TestDatasetNeedsPatchesAndContents(t *testing.T) {
	f := fileChange(t, "x.c", "a\n", "b\n")
	f.Before = nil
	_, err := rows(t, stage.Dataset{}, &stage.Commit{Subject: "x", Files: []stage.FileChange{f}})
	require.ErrorIs(t, err, stage.ErrNoContents)
	require.ErrorContains(t, err, "x.c")
	f.Patch, f.Hunks = "", nil
	_, err = rows(t, stage.Dataset{}, &stage.Commit{Subject: "x", Files: []stage.FileChange{f}})
	require.ErrorIs(t, err, stage.ErrNoPatch)
	require.ErrorContains(t, stage.Dataset{Per: 7}.Open(context.Background()), "Per(7)")
	require.ErrorContains(t, stage.Dataset{MaxLines: -1}.Open(context.Background()), "MaxLines")
}

func TestDatasetReadsOldTextAsLatin1(t *testing.T) {
	f := fileChange(t, "x.c", "/* gr\xf6\xdfer */\nint a;\n", "/* größer */\nint a;\n")
	got, err := rows(t, stage.Dataset{}, &stage.Commit{Subject: "x", Files: []stage.FileChange{f}})
	require.NoError(t, err)
	require.True(t, got[0].Repaired)
	require.Contains(t, got[0].Output, "-/* größer */\n+/* größer */\n")
	require.Contains(t, got[0].Input, "/* größer */\nint a;\n")
}

func TestDatasetMarksWhatItDoesNotShow(t *testing.T) {
	long := "int f(void)\n{\n" + strings.Repeat("\tx++;\n", 100) + "\ty++;\n" + strings.Repeat("\tx++;\n", 100) + "}\n"
	f := fileChange(t, "x.c", long, strings.Replace(long, "y++", "y--", 1))
	got, err := rows(t, stage.Dataset{MaxLines: 50}, &stage.Commit{Subject: "x", Files: []stage.FileChange{f}})
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(got[0].Input, "--- a/x.c\n@@ -85,37 @@ part of lines 1-204: int f(void)\n\tx++;\n"), got[0].Input)
}

// requireInputShowsPatch checks that the input holds all old lines of all hunks, as
// they are.
func requireInputShowsPatch(t testing.TB, row *stage.Example, files []stage.FileChange) {
	t.Helper()
	for i := range files {
		for _, hunk := range files[i].Hunks {
			var old strings.Builder
			for line := range strings.Lines(hunk.Text) {
				if line[0] == ' ' || line[0] == '-' {
					old.WriteString(line[1:])
				}
			}
			text := old.String()
			if !utf8.ValidString(text) {
				continue // the row holds it converted
			}
			require.Contains(t, row.Input, text, "commit %s, %s @@ -%d", row.Commit, files[i].OldPath, hunk.OldStart)
		}
	}
}

// historyWithContents reads commits with the contents that a DiffParser would load.
func historyWithContents(t testing.TB, dir, input string, each func(*stage.Commit), logArgs ...string) {
	t.Helper()
	blobs := newBlobReader(t, dir)
	log := gitOutput(t, dir, input, append([]string{"log", "-p", "-M", "--full-index", "--no-merges", "--format=raw"}, logArgs...)...)
	reader := stage.NewPatchReader(log, stage.PatchOptions{})
	for {
		c, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
		for i := range c.Files {
			f := &c.Files[i]
			if !f.OldID.IsZero() && f.OldMode.Type() != stage.ModeSubmodule {
				f.Before = blobs.read(f.OldID)
			}
		}
		each(&c.Commit)
	}
}

// blobReader reads contents from git cat-file.
type blobReader struct {
	t   testing.TB
	in  io.Writer
	out *bufio.Reader
}

func newBlobReader(t testing.TB, dir string) *blobReader {
	cmd := gitCommand(dir, "cat-file", "--batch")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		in.Close()
		var exit *exec.ExitError
		if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
			t.Error(err)
		}
	})
	return &blobReader{t: t, in: in, out: bufio.NewReaderSize(out, 1<<20)}
}

func (b *blobReader) read(id stage.Hash) []byte {
	_, err := fmt.Fprintln(b.in, id)
	require.NoError(b.t, err)
	header, err := b.out.ReadString('\n')
	require.NoError(b.t, err)
	if strings.HasSuffix(header, " missing\n") {
		return nil
	}
	var size int
	_, err = fmt.Sscanf(header, id.String()+" blob %d\n", &size)
	require.NoError(b.t, err, header)
	content := make([]byte, size+1)
	_, err = io.ReadFull(b.out, content)
	require.NoError(b.t, err)
	return content[:size]
}

func requireRowsShowPatches(t testing.TB, dir, input string, logArgs ...string) (made int, dropped map[string]int) {
	dropped = map[string]int{}
	historyWithContents(t, dir, input, func(c *stage.Commit) {
		for _, d := range []stage.Dataset{{}, {Per: stage.PerFile, MaxLines: 40}} {
			got, err := rows(t, d, c)
			if err != nil {
				require.ErrorContains(t, err, "dropped: ")
				dropped[err.Error()]++
				continue
			}
			if d.Per == stage.PerCommit {
				require.Len(t, got, 1)
				requireInputShowsPatch(t, got[0], c.Files)
			}
			for i, row := range got {
				require.True(t, utf8.ValidString(row.Input+row.Output+row.Instruction))
				if d.Per == stage.PerFile && len(got) == len(c.Files) {
					requireInputShowsPatch(t, row, c.Files[i:i+1])
				}
			}
			made += len(got)
		}
	}, logArgs...)
	return made, dropped
}

func TestDatasetShowsAllOldLines(t *testing.T) {
	made, _ := requireRowsShowPatches(t, oddHistory(t).dir, "")
	require.Positive(t, made)
	made, _ = requireRowsShowPatches(t, mailHistory(t).dir, "")
	require.Positive(t, made)
}

// TestDatasetShowsAllOldLinesOfRealHistory takes every 30th commit, or 3000 at most.
func TestDatasetShowsAllOldLinesOfRealHistory(t *testing.T) {
	dir, list := bigRepo(t)
	var sample strings.Builder
	for i := 0; i < len(list); i += max(30, len(list)/3000) {
		sample.WriteString(list[i] + "\n")
	}
	made, dropped := requireRowsShowPatches(t, dir, sample.String(), "--no-walk=unsorted", "--stdin")
	t.Logf("%d rows; %v", made, dropped)
}

func BenchmarkDataset(b *testing.B) {
	source := strings.Repeat(twoFunctions, 100)
	f := fileChange(b, "x.c", source, source[:len(source)/2]+strings.Replace(source[len(source)/2:], "int y = 2", "int y = 3", 1))
	commit := &stage.Commit{Subject: "x", Body: "y\n\nSigned-off-by: A <a@example.com>\n", Files: []stage.FileChange{f}}
	b.SetBytes(int64(len(source)))
	b.ReportAllocs()
	for b.Loop() {
		if err := (stage.Dataset{}).Process(b.Context(), commit, func(*stage.Example) {}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDatasetOfRealHistory takes every 100th commit.
func BenchmarkDatasetOfRealHistory(b *testing.B) {
	dir, list := bigRepo(b)
	var sample strings.Builder
	for i := 0; i < len(list); i += 100 {
		sample.WriteString(list[i] + "\n")
	}
	var commits []stage.Commit
	size := 0
	historyWithContents(b, dir, sample.String(), func(c *stage.Commit) {
		commits = append(commits, *c)
		for i := range c.Files {
			size += len(c.Files[i].Before)
		}
	}, "--no-walk=unsorted", "--stdin")
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		made := 0
		for i := range commits {
			_ = stage.Dataset{}.Process(b.Context(), &commits[i], func(*stage.Example) { made++ }) // or drops it
		}
		if made == 0 {
			b.Fatal("no row")
		}
	}
	b.ReportMetric(float64(len(commits))*float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

func ExampleDataset() {
	const before = "/* The answer. */\nint answer(void)\n{\n\treturn 41;\n}\n"
	files, err := stage.ParsePatch(`diff --git a/answer.c b/answer.c
--- a/answer.c
+++ b/answer.c
@@ -3,3 +3,3 @@ int answer(void)
 {
-	return 41;
+	return 42;
 }
`)
	if err != nil {
		fmt.Println(err)
		return
	}
	files[0].Before = []byte(before) // a DiffParser with Contents does this
	commit := &stage.Commit{
		Subject: "answer: correct it",
		Body:    "It was off by one.\n\nSigned-off-by: A U Thor <author@example.com>\n",
		Files:   files,
	}
	err = stage.Dataset{}.Process(context.Background(), commit, func(row *stage.Example) {
		fmt.Println(row.Instruction)
		fmt.Println()
		fmt.Print(row.Input)
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// answer: correct it
	//
	// It was off by one.
	//
	// --- a/answer.c
	// @@ -1,5 @@
	// /* The answer. */
	// int answer(void)
	// {
	// 	return 41;
	// }
}
