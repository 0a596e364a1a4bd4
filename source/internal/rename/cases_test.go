package rename_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source/internal/gitoracle"
	"github.com/commitflow/commitflow/stage"
)

// lines writes the numbered lines from one number to another, ten bytes each.
func lines(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "line %04d\n", i)
	}
	return b.String()
}

// brief writes changes as "R090 from to" and "M path".
func brief(files []stage.FileChange) string {
	var parts []string
	for i := range files {
		f := &files[i]
		if f.Kind == stage.Renamed || f.Kind == stage.Copied {
			parts = append(parts, fmt.Sprintf("%s%03d %s %s", f.Kind, f.Similarity, f.OldPath, f.NewPath))
		} else {
			parts = append(parts, f.Kind.String()+" "+f.Path())
		}
	}
	return strings.Join(parts, ", ")
}

// with adds files to a snapshot.
func with(s gitoracle.Snapshot, mode stage.FileMode, pathAndContent ...string) gitoracle.Snapshot {
	for path, f := range gitoracle.Texts(pathAndContent...) {
		f.Mode = mode
		s[path] = f
	}
	return s
}

// TestWhatIsARename shows what git's rules make of each case, and that they are
// git's rules.
func TestWhatIsARename(t *testing.T) {
	texts := gitoracle.Texts
	commit := strings.Repeat("1", 40)
	crlf := strings.NewReplacer("\n", "\r\n")
	tests := []struct {
		name          string
		before, after gitoracle.Snapshot
		renames       string // with -M
		copies        string // with -C, where it is not the same
		harder        string // with -C -C, where it is not the same as with -C
	}{
		{
			name:   "a file moves as it is",
			before: texts("a", lines(0, 10)), after: texts("b", lines(0, 10)),
			renames: "R100 a b",
		},
		{
			name:   "a file moves and changes",
			before: texts("a", lines(0, 10)), after: texts("b", lines(1, 10)),
			renames: "R090 a b",
		},
		{
			name:   "a rename stands where the new file stands",
			before: texts("b", lines(0, 9), "m", "1", "z", "1"), after: texts("a", "1", "m", "2", "x/b", lines(0, 9)),
			renames: "R100 z a, M m, R100 b x/b",
		},
		{
			name:   "half of the content is enough",
			before: texts("a", lines(0, 10)), after: texts("b", lines(5, 15)),
			renames: "R050 a b",
		},
		{
			name:   "less than half is not",
			before: texts("a", lines(0, 11)), after: texts("b", lines(6, 17)),
			renames: "D a, A b",
		},
		{
			name:   "the index is rounded down",
			before: texts("a", lines(0, 3)), after: texts("b", lines(0, 2)+lines(7, 8)),
			renames: "R066 a b",
		},
		{
			name:   "more than double the size is too different",
			before: texts("a", lines(0, 10)), after: texts("b", lines(0, 21)),
			renames: "D a, A b",
		},
		{
			name:   "lines in another order are the same content, nearly",
			before: texts("a", lines(0, 10)), after: texts("b", lines(5, 10)+lines(0, 5)),
			renames: "R100 a b",
		},
		{
			name:   "two files that change places are modified",
			before: texts("a", lines(0, 10), "b", lines(10, 20)), after: texts("b", lines(0, 10), "a", lines(10, 20)),
			renames: "M a, M b",
		},
		{
			name:   "empty files move only when equal",
			before: texts("a", "", "b", "x"), after: texts("c", "", "d", ""),
			renames: "D b, R100 a c, A d", copies: "D b, C100 a c, R100 a d",
		},
		{
			name:   "of equal sources, the one of the same base name",
			before: texts("a", lines(0, 9), "b", lines(0, 9), "x/c", lines(0, 9)), after: texts("y/c", lines(0, 9)),
			renames: "D a, D b, R100 x/c y/c",
		},
		{
			name:   "of equal sources, else the first",
			before: texts("b", lines(0, 9), "a", lines(0, 9)), after: texts("y/c", lines(0, 9)),
			renames: "D b, R100 a y/c",
		},
		{
			name:   "one source, two destinations",
			before: texts("a", lines(0, 9)), after: texts("b", lines(0, 9), "c", lines(0, 9)),
			renames: "R100 a b, A c", copies: "C100 a b, R100 a c",
		},
		{
			name:   "one source, two destinations that are edited: the more similar one",
			before: texts("a", lines(0, 9)), after: texts("b", lines(2, 9), "c", lines(1, 9)),
			renames: "A b, R088 a c", copies: "C077 a b, R088 a c",
		},
		{
			name:   "of equal sources, one that is not used yet",
			before: texts("a/x", lines(0, 9), "a/y", lines(0, 9)), after: texts("b/p", lines(0, 9), "b/q", lines(0, 9)),
			renames: "R100 a/x b/p, R100 a/y b/q",
		},
		{
			name:   "not to be used yet and to have the same base name count the same",
			before: texts("a/x", lines(0, 9), "a/y", lines(0, 9)), after: texts("b/x", lines(0, 9), "c/x", lines(0, 9)),
			renames: "R100 a/x b/x, R100 a/y c/x", copies: "D a/y, C100 a/x b/x, R100 a/x c/x",
		},
		{
			name:   "a modified file is the source of a copy",
			before: texts("a", lines(0, 10)), after: texts("a", lines(0, 11), "b", lines(0, 10), "c", lines(0, 9)),
			renames: "M a, A b, A c", copies: "M a, C100 a b, C090 a c",
		},
		{
			name:   "a file that turns into a symlink is the source of a copy",
			before: texts("a", lines(0, 10)), after: with(texts("b", lines(0, 9)), stage.ModeSymlink, "a", "b"),
			renames: "T a, A b", copies: "T a, C090 a b",
		},
		{
			name:   "an unchanged file is the source of a copy only if asked for",
			before: texts("a", lines(0, 10)), after: texts("a", lines(0, 10), "b", lines(0, 10), "c", lines(0, 9)),
			renames: "A b, A c", harder: "C100 a b, C090 a c",
		},
		{
			name:   "moved and copied",
			before: texts("a", lines(0, 10), "m", lines(50, 60)), after: texts("b", lines(0, 9), "m", lines(50, 59), "n", lines(50, 60)),
			renames: "R090 a b, M m, A n", copies: "R090 a b, M m, C100 m n",
		},
		{
			name:   "a unique base name is enough at three quarters",
			before: texts("x/a", lines(0, 20)), after: texts("y/a", lines(0, 15)+lines(95, 100), "y/b", lines(0, 19)),
			renames: "R075 x/a y/a, A y/b", copies: "C075 x/a y/a, R095 x/a y/b",
		},
		{
			name:   "a unique base name under three quarters gives way to the more similar",
			before: texts("x/a", lines(0, 20)), after: texts("y/a", lines(0, 14)+lines(94, 100), "y/b", lines(0, 19)),
			renames: "A y/a, R095 x/a y/b", copies: "C070 x/a y/a, R095 x/a y/b",
		},
		{
			name:   "a base name that is there twice does not help",
			before: texts("x/a", lines(0, 20), "z/a", lines(50, 70)), after: texts("y/a", lines(0, 16)+lines(96, 100), "y/b", lines(0, 19)),
			renames: "A y/a, R095 x/a y/b, D z/a", copies: "C080 x/a y/a, R095 x/a y/b, D z/a",
		},
		{
			name: "of equally similar sources, the one of the same base name, even as the sixth",
			before: texts("a1", lines(0, 9)+lines(9, 10), "a2", lines(1, 10)+lines(0, 1), "a3", lines(2, 10)+lines(0, 2),
				"a4", lines(3, 10)+lines(0, 3), "a5", lines(4, 10)+lines(0, 4), "x/c", lines(5, 10)+lines(0, 5), "y/c", lines(50, 60)),
			after:   texts("z/c", lines(6, 10)+lines(0, 6)),
			renames: "D a1, D a2, D a3, D a4, D a5, D y/c, R100 x/c z/c",
		},
		{
			name:   "becoming executable on the way",
			before: texts("a", lines(0, 9)), after: with(texts(), stage.ModeExecutable, "b", lines(0, 9)),
			renames: "R100 a b",
		},
		{
			name:   "a symlink moves",
			before: with(texts(), stage.ModeSymlink, "a", "target"), after: with(texts(), stage.ModeSymlink, "b", "target"),
			renames: "R100 a b",
		},
		{
			name:   "a symlink that changes does not move, however similar",
			before: with(texts(), stage.ModeSymlink, "a", lines(0, 10)), after: with(texts(), stage.ModeSymlink, "b", lines(0, 9)),
			renames: "D a, A b",
		},
		{
			name:   "a symlink does not become a file of the same content",
			before: with(texts(), stage.ModeSymlink, "a", lines(0, 10)), after: texts("b", lines(0, 10)),
			renames: "D a, A b",
		},
		{
			name:   "a submodule moves",
			before: with(texts(), stage.ModeSubmodule, "a", commit), after: with(texts(), stage.ModeSubmodule, "b", commit),
			renames: "R100 a b",
		},
		{
			name:   "a file makes room for a directory, and moves into it",
			before: texts("a", lines(0, 10)), after: texts("a/a", lines(0, 9)),
			renames: "R090 a a/a",
		},
		{
			name:   "CR before LF does not count, but for the size",
			before: texts("a", lines(0, 10)), after: texts("b", crlf.Replace(lines(0, 10))),
			renames: "R090 a b",
		},
		{
			name:   "CR before LF counts in a binary file",
			before: texts("a", "\x00\n"+lines(0, 10)), after: texts("b", "\x00\n"+crlf.Replace(lines(0, 10))),
			renames: "D a, A b",
		},
		{
			name:   "a NUL after the first 8,000 bytes does not make a file binary",
			before: texts("a", lines(0, 727)), after: texts("b", crlf.Replace(lines(0, 727))+"xxx\x00\n"),
			renames: "R090 a b",
		},
		{
			name:   "a NUL as the 8,000th byte does",
			before: texts("a", lines(0, 727)), after: texts("b", crlf.Replace(lines(0, 727))+"xx\x00\n"),
			renames: "D a, A b",
		},
		{
			name:   "an incomplete last line does not count",
			before: texts("a", "one\ntwo\nthree"), after: texts("b", "one\nthree"),
			renames: "D a, A b",
		},
		{
			name:   "an incomplete last line does not count even if it is all, or short of 64 bytes",
			before: texts("a", strings.Repeat("x", 63)), after: texts("b", strings.Repeat("x", 62)),
			renames: "D a, A b",
		},
		{
			name:   "64 bytes without a newline are a piece",
			before: texts("a", strings.Repeat("x", 64)+"a"), after: texts("b", strings.Repeat("x", 64)+"b"),
			renames: "R098 a b",
		},
		{
			name:   "a newline as the 64th byte ends the piece, as the 65th it is one",
			before: texts("a", strings.Repeat("x", 63)+"\n"+strings.Repeat("x", 64)+"\n"), after: texts("b", strings.Repeat("x", 64)+"\n"+strings.Repeat("x", 63)+"\n!"),
			renames: "R099 a b",
		},
		{
			name:   "a CR at the very end counts",
			before: texts("a", strings.Repeat("x", 63)+"\r"), after: texts("b", strings.Repeat("x", 63)+"\r\r"),
			renames: "R098 a b",
		},
	}
	repo := gitoracle.NewRepo(t)
	var histories [][]gitoracle.Snapshot
	for _, tt := range tests {
		histories = append(histories, []gitoracle.Snapshot{tt.before, tt.after})
	}
	repo.Import(t, histories...)
	objects := repo.Objects(t)
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.copies == "" {
				tt.copies = tt.renames
			}
			if tt.harder == "" {
				tt.harder = tt.copies
			}
			for n, want := range []string{tt.renames, tt.copies, tt.harder} {
				m := modes[n]
				commits := repo.Log(t, "h"+strconv.Itoa(i), append(slices.Clone(m.git), "-1")...)
				parent := repo.Log(t, "h"+strconv.Itoa(i)+"^")
				require.Len(t, commits, 1)
				commits[0].Parent = parent[0].Tree
				files, limitHit := m.files(t, objects, commits[0])
				assert.Equal(t, gitoracle.Lines(commits[0].Files), gitoracle.Lines(files), m.name)
				assert.Equal(t, want, brief(files), m.name)
				assert.False(t, limitHit)
			}
		})
	}
}

// TestManyEqualSources shows that a hundred sources of the same content are
// looked at, and not more.
func TestManyEqualSources(t *testing.T) {
	for n, want := range map[int]string{99: "z/b", 100: "a000"} {
		before := gitoracle.Texts("z/b", lines(0, 9))
		for i := range n {
			before[fmt.Sprintf("a%03d", i)] = gitoracle.File{Content: lines(0, 9)}
		}
		repo := gitoracle.NewRepo(t)
		repo.Import(t, []gitoracle.Snapshot{before, gitoracle.Texts("y/b", lines(0, 9))})
		objects := repo.Objects(t)
		for _, m := range modes {
			m.compareWithGit(t, repo, objects, "h0")
			files, _ := m.files(t, objects, repo.Log(t, "h0")[0])
			i := slices.IndexFunc(files, func(f stage.FileChange) bool { return f.Kind == stage.Renamed })
			assert.Equal(t, want, files[i].OldPath, "%d others", n)
		}
	}
}

// TestLimit shows where the limit lies, and that it is told when it is passed.
func TestLimit(t *testing.T) {
	// Symlinks count, although they are never similar; so this is quick.
	crowd := func(sources, destinations int) []gitoracle.Snapshot {
		before, after := gitoracle.Texts("from", lines(0, 10)), gitoracle.Texts("to", lines(0, 9))
		before["moved as it is"], after["moved"] = gitoracle.File{Content: "1"}, gitoracle.File{Content: "1"}
		for i := 1; i < sources; i++ {
			before["s"+strconv.Itoa(i)] = gitoracle.File{Mode: stage.ModeSymlink, Content: "s" + strconv.Itoa(i)}
		}
		for i := 1; i < destinations; i++ {
			after["d"+strconv.Itoa(i)] = gitoracle.File{Mode: stage.ModeSymlink, Content: "d" + strconv.Itoa(i)}
		}
		return []gitoracle.Snapshot{before, after}
	}
	tests := []struct {
		sources, destinations int
		mode                  mode
		hit                   bool
	}{
		{3, 3, renames.limited("3", 3), false},
		{3, 4, renames.limited("3", 3), true},
		{4, 3, renames.limited("3", 3), true},
		{9, 1, renames.limited("3", 3), false},
		{10, 1, renames.limited("3", 3), true},
		{10, 10, renames.limited("0", -1), false},
		{1000, 1000, renames, false},
		{1000, 1001, renames, true},
		{4, 3, copies.limited("3", 3), true},
		{4, 3, harder.limited("3", 3), true},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d×%d %s", tt.sources, tt.destinations, tt.mode.name), func(t *testing.T) {
			repo := gitoracle.NewRepo(t)
			repo.Import(t, crowd(tt.sources, tt.destinations))
			objects := repo.Objects(t)
			tt.mode.compareWithGit(t, repo, objects, "h0")
			files, hit := tt.mode.files(t, objects, repo.Log(t, "h0")[0])
			assert.Equal(t, tt.hit, hit)
			assert.Equal(t, !tt.hit, strings.Contains(brief(files), "R090 from to"))
			assert.Contains(t, brief(files), "R100 moved as it is moved")
		})
	}
}

// TestLimitWithoutUnchangedFiles shows that copies from unchanged files are
// given up first.
func TestLimitWithoutUnchangedFiles(t *testing.T) {
	before, after := gitoracle.Texts("from", lines(0, 10)), gitoracle.Texts("to", lines(0, 9), "new", lines(51, 60))
	for i := range 5 {
		s := strconv.Itoa(i)
		before["stays"+s] = gitoracle.File{Content: lines(50, 60) + s}
		after["stays"+s] = before["stays"+s]
	}
	repo := gitoracle.NewRepo(t)
	repo.Import(t, []gitoracle.Snapshot{before, after})
	objects := repo.Objects(t)
	for limit, want := range map[int]string{
		1: "D from, A new, A to",
		2: "A new, R090 from to",
		4: "C089 stays3 new, R090 from to", // equal to stays0, but in the place of from on the shortlist
	} {
		m := harder.limited(strconv.Itoa(limit), limit)
		m.compareWithGit(t, repo, objects, "h0")
		files, hit := m.files(t, objects, repo.Log(t, "h0")[0])
		assert.Equal(t, want, brief(files))
		assert.Equal(t, limit < 4, hit)
	}
}

// TestOneNameTwice shows that a broken tree, in which a name occurs twice, is
// treated like any other.
func TestOneNameTwice(t *testing.T) {
	repo := gitoracle.NewRepo(t)
	ids := map[string]stage.Hash{}
	for _, content := range []string{lines(0, 10), lines(0, 9), lines(1, 10)} {
		id, err := stage.ParseHash(strings.TrimSpace(string(repo.Git(t, []byte(content), "hash-object", "-w", "--stdin"))))
		require.NoError(t, err)
		ids[content] = id
	}
	entries := func(nameAndContent ...string) stage.Hash {
		var data []byte
		for i := 0; i < len(nameAndContent); i += 2 {
			id := ids[nameAndContent[i+1]]
			data = append(fmt.Appendf(data, "100644 %s\x00", nameAndContent[i]), id[:]...)
		}
		return repo.WriteTree(t, data)
	}
	before := entries("old", lines(0, 10))
	objects := repo.Objects(t)
	for _, after := range []stage.Hash{
		entries("new", lines(0, 10), "new", lines(0, 9)),
		entries("new", lines(0, 9), "new", lines(0, 10)),
		entries("new", lines(0, 9), "new", lines(1, 10)),
		entries("old", lines(0, 10), "old", lines(0, 9)),
	} {
		for _, m := range modes {
			want := repo.DiffTree(t, before, after, m.git...)
			require.NotEmpty(t, want)
			files, _ := m.files(t, objects, gitoracle.Commit{Parent: before, Tree: after})
			assert.Equal(t, gitoracle.Lines(want), gitoracle.Lines(files), m.name)
		}
	}
}
