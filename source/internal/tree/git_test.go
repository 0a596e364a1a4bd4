package tree_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source/internal/gitoracle"
	"github.com/commitflow/commitflow/source/internal/tree"
	"github.com/commitflow/commitflow/stage"
)

// kinds writes changes in short: the letter and the path of each.
func kinds(files []stage.FileChange) string {
	var parts []string
	for i := range files {
		parts = append(parts, files[i].Kind.String()+" "+files[i].Path())
	}
	return strings.Join(parts, ", ")
}

func file(mode stage.FileMode, content string) gitoracle.File {
	return gitoracle.File{Mode: mode, Content: content}
}

// TestChangesOfCommits shows what each change between two commits is called,
// and that git says the same.
func TestChangesOfCommits(t *testing.T) {
	commit1, commit2 := strings.Repeat("1", 40), strings.Repeat("2", 40)
	texts := gitoracle.Texts
	tests := []struct {
		name          string
		before, after gitoracle.Snapshot
		want          string
	}{
		{"nothing", texts("a", "1"), texts("a", "1"), ""},
		{"everything goes", texts("a", "1", "d/b", "1"), texts(), "D a, D d/b"},
		{"everything comes", texts(), texts("a", "1", "d/b", "1"), "A a, A d/b"},
		{"add, modify, delete", texts("a", "1", "b", "1"), texts("b", "2", "c", "1"), "D a, M b, A c"},
		{
			"deep in a tree", texts("a/b/c/d/e", "1", "a/b/x", "1", "z", "1"), texts("a/b/c/d/e", "2", "a/b/x", "1", "z", "1"),
			"M a/b/c/d/e",
		},
		{
			"several in several directories", texts("a/a", "1", "a/b", "1", "b/a", "1", "c/a", "1"), texts("a/a", "2", "a/b", "1", "b/a", "1", "c/b", "1"),
			"M a/a, D c/a, A c/b",
		},
		{"a file becomes a directory", texts("a", "1"), texts("a/x", "1", "a/y", "1"), "D a, A a/x, A a/y"},
		{"a directory becomes a file", texts("a/x", "1", "a/y", "1"), texts("a", "1"), "A a, D a/x, D a/y"},
		{
			"names between a file and a directory of one name",
			texts("a", "1", "a-b", "1", "a.c", "1", "a0", "1"), texts("a/x", "1", "a-b", "2", "a.c", "2", "a0", "2"),
			"D a, M a-b, M a.c, A a/x, M a0",
		},
		{
			"directories sort as if they ended in a slash",
			texts("a/x", "1", "a.c", "1", "a0", "1", "a-/x", "1"), texts("a/x", "2", "a.c", "2", "a0", "2", "a-/x", "2"),
			"M a-/x, M a.c, M a/x, M a0",
		},
		{"one name is the start of the other", texts("ab", "1"), texts("a", "1", "abc", "1"), "A a, D ab, A abc"},
		{
			"executable", gitoracle.Snapshot{"a": file(0, "1")}, gitoracle.Snapshot{"a": file(stage.ModeExecutable, "1")},
			"M a",
		},
		{
			"a file becomes a symlink", texts("a", "1"), gitoracle.Snapshot{"a": file(stage.ModeSymlink, "1")},
			"T a",
		},
		{
			"a symlink becomes a submodule", gitoracle.Snapshot{"a": file(stage.ModeSymlink, "1")}, gitoracle.Snapshot{"a": file(stage.ModeSubmodule, commit1)},
			"T a",
		},
		{
			"a symlink points elsewhere", gitoracle.Snapshot{"a": file(stage.ModeSymlink, "1")}, gitoracle.Snapshot{"a": file(stage.ModeSymlink, "2")},
			"M a",
		},
		{
			"a submodule moves on", gitoracle.Snapshot{"a": file(stage.ModeSubmodule, commit1)}, gitoracle.Snapshot{"a": file(stage.ModeSubmodule, commit2)},
			"M a",
		},
		{
			"a submodule becomes a directory", gitoracle.Snapshot{"a": file(stage.ModeSubmodule, commit1)}, texts("a/x", "1"),
			"D a, A a/x",
		},
		{
			"names of any bytes", texts("\xff\xfe", "1", " a\tb\n", "1", "é", "1", "\"", "1"), texts("\xff\xfe", "2", " a\tb\n", "2", "é", "2", "\"", "2"),
			"M  a\tb\n, M \", M é, M \xff\xfe",
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
			commits := repo.Log(t, "h"+strconv.Itoa(i), "--no-renames")
			require.Len(t, commits, 2)
			for _, c := range commits {
				files, err := tree.Diff(t.Context(), objects, c.Parent, c.Tree, tree.Options{})
				require.NoError(t, err)
				assert.Equal(t, gitoracle.Lines(c.Files), gitoracle.Lines(files))
			}
			assert.Equal(t, tt.want, kinds(commits[0].Files))
		})
	}
}

// TestOddTrees compares trees that no tool writes today, and some that none
// should.
func TestOddTrees(t *testing.T) {
	id1, id2 := stage.Hash{1}, stage.Hash{2}
	entries := func(modeAndName ...string) []byte {
		var data []byte
		for i := 0; i < len(modeAndName); i += 2 {
			data = appendEntry(data, modeAndName[i], modeAndName[i+1], id1)
		}
		return data
	}
	repo := gitoracle.NewRepo(t)
	empty := repo.WriteTree(t, nil)
	holdsEmpty := repo.WriteTree(t, appendEntry(nil, "40000", "d", empty))
	oneFile := repo.WriteTree(t, entries("100644", "f"))
	tests := []struct {
		name          string
		before, after []byte
		want          string
	}{
		{"the historic group-writable mode", entries("100664", "a"), entries("100644", "a"), ""},
		{"a mode with a leading zero", appendEntry(nil, "040000", "a", oneFile), appendEntry(nil, "40000", "a", oneFile), ""},
		{"only the owner may execute", entries("100644", "a"), entries("100744", "a"), "M a"},
		{"only others may execute", entries("100644", "a"), entries("100655", "a"), ""},
		{"an unknown type", entries("100644", "a"), entries("140000", "a"), "T a"},
		{"no type", entries("160000", "a"), entries("0", "a"), ""},
		{"a symlink with permissions", entries("120000", "a"), entries("120777", "a"), ""},
		{"an empty directory comes", entries("100644", "a"), appendEntry(entries("100644", "a"), "40000", "d", empty), ""},
		{"a directory becomes empty", appendEntry(nil, "40000", "d", oneFile), appendEntry(nil, "40000", "d", empty), "D d/f"},
		{"a directory of empty directories", nil, appendEntry(nil, "40000", "d", holdsEmpty), ""},
		{"a file becomes an empty directory", entries("100644", "d"), appendEntry(nil, "40000", "d", empty), "D d"},
		{"one name twice", entries("100644", "a"), appendEntry(entries("100644", "a"), "100644", "a", id2), "A a"},
		{"a mode in the middle differs only", entries("100644", "a", "100644", "b", "100644", "c"), entries("100644", "a", "100755", "b", "100644", "c"), "M b"},
		{"lengths differ", entries("100644", "a", "100644", "b", "100644", "c"), entries("100644", "a", "100644", "bb", "100644", "c"), "D b, A bb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, after := repo.WriteTree(t, tt.before), repo.WriteTree(t, tt.after)
			objects := repo.Objects(t)
			for _, sides := range [][2]stage.Hash{{before, after}, {after, before}} {
				files, err := tree.Diff(t.Context(), objects, sides[0], sides[1], tree.Options{})
				require.NoError(t, err)
				assert.Equal(t, gitoracle.Lines(repo.DiffTree(t, sides[0], sides[1])), gitoracle.Lines(files))
			}
			files, err := tree.Diff(t.Context(), objects, before, after, tree.Options{})
			require.NoError(t, err)
			assert.Equal(t, tt.want, kinds(files))
		})
	}
}

// TestUnchangedFilesOnRequest lists all files in git's order, as -C -C needs
// them.
func TestUnchangedFilesOnRequest(t *testing.T) {
	repo := gitoracle.NewRepo(t)
	repo.Import(t, []gitoracle.Snapshot{
		gitoracle.Texts("a", "1", "b/x", "1", "b.c", "1", "c/d/e", "1"),
		gitoracle.Texts("a", "1", "b/x", "2", "b.c", "1", "c/d/e", "1", "c/d/f", "1"),
	})
	c := repo.Log(t, "h0")[0]
	files, err := tree.Diff(t.Context(), repo.Objects(t), c.Parent, c.Tree, tree.Options{Unchanged: true})
	require.NoError(t, err)
	assert.Equal(t, "\x00 a, \x00 b.c, M b/x, \x00 c/d/e, A c/d/f", kinds(files))

	files, err = tree.Diff(t.Context(), repo.Objects(t), c.Tree, c.Tree, tree.Options{Unchanged: true})
	require.NoError(t, err)
	assert.Len(t, files, 5, "nothing changes, but all files are asked for")
	for _, f := range files {
		assert.Equal(t, tree.Unchanged, f.Kind)
		assert.Equal(t, f.OldPath, f.NewPath)
		assert.Equal(t, f.OldID, f.NewID)
	}
}

// TestWholeHistory compares all changes of a history with git's, without
// renames.
func TestWholeHistory(t *testing.T) {
	dir := os.Getenv("COMMITFLOW_REPO")
	if dir == "" {
		t.Skip("set COMMITFLOW_REPO to a git directory to compare its whole history with git")
	}
	repo := gitoracle.Repo{Dir: dir}
	objects := repo.Objects(t)
	commits := repo.Log(t, "HEAD", "--no-renames")
	slices.Reverse(commits)
	changes := 0
	for _, c := range commits {
		files, err := tree.Diff(t.Context(), objects, c.Parent, c.Tree, tree.Options{})
		require.NoError(t, err, c.Hash)
		require.Equal(t, gitoracle.Lines(c.Files), gitoracle.Lines(files), c.Hash)
		changes += len(files)
	}
	t.Logf("all %d commits are equal, with %d changes", len(commits), changes)
}
