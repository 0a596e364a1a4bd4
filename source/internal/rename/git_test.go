package rename_test

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source/internal/gitoracle"
	"github.com/commitflow/commitflow/source/internal/rename"
	"github.com/commitflow/commitflow/source/internal/tree"
	"github.com/commitflow/commitflow/stage"
)

// mode is a way to look for renames, and git's options for the same.
type mode struct {
	name   string
	git    []string
	tree   tree.Options
	rename rename.Options
}

var (
	renames = mode{name: "-M", git: []string{"-M"}}
	copies  = mode{name: "-C", git: []string{"-C"}, rename: rename.Options{Copies: true}}
	harder  = mode{
		name: "-C -C", git: []string{"-C", "-C"},
		tree: tree.Options{Unchanged: true}, rename: rename.Options{Copies: true},
	}
	modes = []mode{renames, copies, harder}

	limitedModes = []mode{
		renames.limited("2", 2), copies.limited("2", 2), harder.limited("2", 2),
		renames.limited("5", 5), copies.limited("5", 5), harder.limited("5", 5),
		renames.limited("0", -1), harder.limited("0", -1),
	}
)

// limited sets diff.renameLimit.
func (m mode) limited(git string, limit int) mode {
	m.name += " -l" + git
	m.git = append(slices.Clone(m.git), "-l"+git)
	m.rename.Limit = limit
	return m
}

// files gives our view of a commit.
func (m mode) files(t *testing.T, objects *gitoracle.Objects, c gitoracle.Commit) (files []stage.FileChange, limitHit bool) {
	t.Helper()
	files, err := tree.Diff(t.Context(), objects, c.Parent, c.Tree, m.tree)
	require.NoError(t, err, c.Hash)
	files, limitHit, err = rename.Detect(t.Context(), objects, files, m.rename)
	require.NoError(t, err, c.Hash)
	return files, limitHit
}

// compareWithGit compares every change of a history with git's, and logs how
// many are equal.
func (m mode) compareWithGit(t *testing.T, repo gitoracle.Repo, objects *gitoracle.Objects, revision string) {
	t.Helper()
	commits := repo.Log(t, revision, m.git...)
	require.NotEmpty(t, commits)
	slices.Reverse(commits)
	equal, kinds := 0, map[string]int{}
	for _, c := range commits {
		for _, f := range c.Files {
			kinds[f.Kind.String()]++
		}
		files, _ := m.files(t, objects, c)
		if want, got := gitoracle.Lines(c.Files), gitoracle.Lines(files); slices.Equal(want, got) {
			equal++
		} else {
			assert.Equal(t, strings.Join(want, "\n"), strings.Join(got, "\n"), c.Hash)
		}
	}
	t.Logf("%d of %d commits are equal; git's changes by kind: %v", equal, len(commits), kinds)
}

// TestManyAtATime shows that concurrent searches do not disturb each other.
func TestManyAtATime(t *testing.T) {
	repo := gitoracle.NewRepo(t)
	repo.Import(t, randomHistory(99, 40))
	objects := repo.Objects(t)
	commits := repo.Log(t, "h0", renames.git...)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for _, c := range commits {
				files, err := tree.Diff(t.Context(), objects, c.Parent, c.Tree, tree.Options{})
				assert.NoError(t, err)
				files, _, err = rename.Detect(t.Context(), objects, files, rename.Options{})
				assert.NoError(t, err)
				assert.Equal(t, gitoracle.Lines(c.Files), gitoracle.Lines(files))
			}
		})
	}
	group.Wait()
}

// TestWholeHistory compares every change of a history with git's.
func TestWholeHistory(t *testing.T) {
	dir := os.Getenv("COMMITFLOW_REPO")
	if dir == "" {
		t.Skip("set COMMITFLOW_REPO to a git directory to compare its whole history with git")
	}
	repo := gitoracle.Repo{Dir: dir}
	objects := repo.Objects(t)
	for _, m := range []mode{renames, copies} {
		t.Run(m.name, func(t *testing.T) { m.compareWithGit(t, repo, objects, "HEAD") })
	}
}
