package dataset_test

import (
	"context"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

var indexLine = regexp.MustCompile(`(?m)^index .*\n`)

func withoutIndex(patch string) string { return indexLine.ReplaceAllString(patch, "") }

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

func TestStandardMakesTheStandardRow(t *testing.T) {
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
	got, err := made(t, &dataset.Standard{}, commit)
	require.NoError(t, err)
	want := &dataset.Example{
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
		Output: withoutIndex(modified.Patch) + withoutIndex(added.Patch),
		Metadata: dataset.Metadata{
			ID:   "standard/" + commit.Hash.String(),
			Repo: "linux", Commit: stage.Hash{9}, Date: "2005-04-07T20:13:13Z",
			Paths: []string{"lib/x y.c", "doc/new.rst"}, Subsystems: []string{"LIB", "DOCS"},
			Tags: []string{"security", "driver"}, Quality: 71.5, License: "(GPL-2.0 OR MIT) AND BSD-2-Clause",
			Links: []dataset.Link{{Kind: stage.Fixes, Commit: fixed}}, LeftOut: []dataset.LeftOut{},
		},
	}
	require.Equal(t, []*dataset.Example{want}, got)

	got, err = made(t, &dataset.Standard{Per: dataset.PerFile}, commit)
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, []string{"doc/new.rst"}, got[1].Paths)
	require.Equal(t, withoutIndex(added.Patch), got[1].Output)
	require.Equal(t, "BSD-2-Clause", got[1].License)
	require.Empty(t, got[1].Input)
	require.Equal(t, got[0].Instruction, got[1].Instruction)
}

func TestStandardWritesListsAndNeverNull(t *testing.T) {
	got, err := made(t, &dataset.Standard{}, &stage.Commit{Subject: "x", Files: []stage.FileChange{{Kind: stage.Added, NewPath: "x", Patch: "patch\n"}}})
	require.NoError(t, err)
	require.NotNil(t, got[0].Paths)
	require.NotNil(t, got[0].Subsystems)
	require.NotNil(t, got[0].Tags)
	require.NotNil(t, got[0].Links)
}

func TestStandardInstruction(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"no body", "", "subject"},
		{"people only", "Signed-off-by: A <a@example.com>\n", "subject"},
		{"people in the middle", "Why.\n\nReported-by: B <b@example.com>\n\nHow.\n\nAcked-by: C\n", "subject\n\nWhy.\n\nHow."},
		{"any case, any key by someone", "x\n\nSIGNED-OFF-BY: a\nBased-on-patch-by: D <d@example.com>\nReported-and-tested-by: x\n", "subject\n\nx"},
		{"folded", "x\n\nCc: a@example.com,\n\tb@example.com\nLink: see below\n", "subject\n\nx\n\nLink: see below"},
		{"tools' identifiers", "x\n\nChange-Id: I123\ngit-svn-id: http://x@1 y\n", "subject\n\nx"},
		{"mails and web pages", "Link: https://example.com/r/1@a.org # v2\nMessage-ID: <1@a.org>\nCloses: https://example.com\nCloses: 5\nSee\nhttps://example.com\n", "subject\n\nCloses: 5\nSee\nhttps://example.com"},
		{"what tells of other commits stays", "Fixes: 123 (\"x\")\n(cherry picked from commit 123)\n[a@example.com: fixed it]\n", "subject\n\nFixes: 123 (\"x\")\n(cherry picked from commit 123)\n[a@example.com: fixed it]"},
		{"prose", "To: be or not.\nStand-by: on\nby: the way\nNote: x@y\n  Cc: indented\n", "subject\n\nTo: be or not.\nStand-by: on\nby: the way\nNote: x@y\n  Cc: indented"},
		{"empty lines", "a\n\n\n\nb\n\n\n", "subject\n\na\n\nb"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			commit := &stage.Commit{Subject: "subject", Body: test.body, Files: []stage.FileChange{{Kind: stage.Added, NewPath: "x", Patch: "patch\n"}}}
			got, err := made(t, &dataset.Standard{}, commit)
			require.NoError(t, err)
			require.Equal(t, test.want, got[0].Instruction)
		})
	}
}

func TestStandardDates(t *testing.T) {
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
		got, err := made(t, &dataset.Standard{}, commit)
		require.NoError(t, err)
		require.Equal(t, want, got[0].Date)
		_, err = time.Parse(time.RFC3339, got[0].Date)
		require.NoError(t, err)
	}
}

func TestStandardLeavesOut(t *testing.T) {
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
			got, err := made(t, &dataset.Standard{}, &test.commit)
			if test.perCommit != "" {
				require.Equal(t, stage.Drop(test.perCommit), err)
				require.Empty(t, got)
			} else {
				require.NoError(t, err)
				require.Len(t, got, 1)
			}
			got, err = made(t, &dataset.Standard{Per: dataset.PerFile}, &test.commit)
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

func TestStandardNeedsPatchesAndContents(t *testing.T) {
	f := fileChange(t, "x.c", "a\n", "b\n")
	f.Before = nil
	_, err := made(t, &dataset.Standard{}, &stage.Commit{Subject: "x", Files: []stage.FileChange{f}})
	require.ErrorIs(t, err, dataset.ErrNoContents)
	require.ErrorContains(t, err, "x.c")
	f.Patch, f.Hunks = "", nil
	_, err = made(t, &dataset.Standard{}, &stage.Commit{Subject: "x", Files: []stage.FileChange{f}})
	require.ErrorIs(t, err, dataset.ErrNoPatch)
	require.ErrorContains(t, (&dataset.Standard{Per: 7}).Open(context.Background()), "Per(7)")
	require.ErrorContains(t, (&dataset.Standard{Settings: dataset.Settings{MaxLines: -1}}).Open(context.Background()), "MaxLines")
}

func TestStandardReadsOldTextAsLatin1(t *testing.T) {
	f := fileChange(t, "x.c", "/* gr\xf6\xdfer */\nint a;\n", "/* größer */\nint a;\n")
	got, err := made(t, &dataset.Standard{}, &stage.Commit{Subject: "x", Files: []stage.FileChange{f}})
	require.NoError(t, err)
	require.True(t, got[0].Repaired)
	require.Contains(t, got[0].Output, "-/* größer */\n+/* größer */\n")
	require.Contains(t, got[0].Input, "/* größer */\nint a;\n")
}

func TestStandardMarksWhatItDoesNotShow(t *testing.T) {
	long := "int f(void)\n{\n" + strings.Repeat("\tx++;\n", 100) + "\ty++;\n" + strings.Repeat("\tx++;\n", 100) + "}\n"
	f := fileChange(t, "x.c", long, strings.Replace(long, "y++", "y--", 1))
	got, err := made(t, &dataset.Standard{Settings: dataset.Settings{MaxLines: 50}}, &stage.Commit{Subject: "x", Files: []stage.FileChange{f}})
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(got[0].Input, "--- a/x.c\n@@ -85,37 @@ part of lines 1-204: int f(void)\n\tx++;\n"), got[0].Input)
}

// requireInputShowsPatch checks that the input holds all old lines of all hunks, as
// they are.
func requireInputShowsPatch(t testing.TB, row *dataset.Example, files []stage.FileChange) {
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

func TestInputShowsAllOldLines(t *testing.T) {
	histories(t, func(dir string, every int) {
		count := 0
		eachCommit(t, dir, every, func(c *stage.Commit) {
			for _, m := range []*dataset.Standard{{}, {Per: dataset.PerFile, Settings: dataset.Settings{MaxLines: 40}}} {
				got, err := made(t, m, c)
				if err != nil {
					_, dropped := stage.DropReason(err)
					require.True(t, dropped, err)
					continue
				}
				if m.Per == dataset.PerCommit {
					require.Len(t, got, 1)
					requireInputShowsPatch(t, got[0], c.Files)
				}
				for i, row := range got {
					require.True(t, utf8.ValidString(row.Input+row.Output+row.Instruction))
					if m.Per == dataset.PerFile && len(got) == len(c.Files) {
						requireInputShowsPatch(t, row, c.Files[i:i+1])
					}
				}
				count += len(got)
			}
		})
		require.Positive(t, count)
		t.Logf("%d rows", count)
	})
}

func BenchmarkStandard(b *testing.B) {
	source := strings.Repeat(twoFunctions, 100)
	f := fileChange(b, "x.c", source, source[:len(source)/2]+strings.Replace(source[len(source)/2:], "int y = 2", "int y = 3", 1))
	commit := &stage.Commit{Subject: "x", Body: "y\n\nSigned-off-by: A <a@example.com>\n", Files: []stage.FileChange{f}}
	b.SetBytes(int64(len(source)))
	b.ReportAllocs()
	for b.Loop() {
		if err := (&dataset.Standard{}).Process(b.Context(), commit, func(*dataset.Example) {}); err != nil {
			b.Fatal(err)
		}
	}
}
