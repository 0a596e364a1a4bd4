package rename_test

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source/internal/gitoracle"
	"github.com/commitflow/commitflow/source/internal/rename"
	"github.com/commitflow/commitflow/source/internal/tree"
)

// mode is a way to look for renames, and git's options for the same.
type mode struct {
	name    string
	git     []string
	tree    tree.Options
	rename  rename.Options
	noSweep bool // not over a large history: it reads whole trees
}

var modes = []mode{
	{name: "-M", git: []string{"-M"}},
	{name: "-C", git: []string{"-C"}, rename: rename.Options{Copies: true}},
	{
		name: "-C -C", git: []string{"-C", "-C"}, noSweep: true,
		tree: tree.Options{Unchanged: true}, rename: rename.Options{Copies: true},
	},
}

// TestWholeHistory compares every change of a history with git's.
func TestWholeHistory(t *testing.T) {
	dir := os.Getenv("COMMITFLOW_REPO")
	if dir == "" {
		t.Skip("set COMMITFLOW_REPO to a git directory to compare its whole history with git")
	}
	repo := gitoracle.Repo{Dir: dir}
	objects := repo.Objects(t)
	for _, m := range modes {
		if m.noSweep {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			commits := repo.Log(t, "HEAD", m.git...)
			slices.Reverse(commits)
			equal, changes := 0, 0
			for _, c := range commits {
				files, err := tree.Diff(t.Context(), objects, c.Parent, c.Tree, m.tree)
				require.NoError(t, err, c.Hash)
				files, _, err = rename.Detect(t.Context(), objects, files, m.rename)
				require.NoError(t, err, c.Hash)
				changes += len(c.Files)
				want, got := gitoracle.Lines(c.Files), gitoracle.Lines(files)
				if slices.Equal(want, got) {
					equal++
				} else {
					t.Errorf("commit %s differs:\n git: %q\nours: %q", c.Hash, want, got)
				}
			}
			t.Logf("%d of %d commits are equal, with %d changes in all", equal, len(commits), changes)
			require.Equal(t, len(commits), equal)
		})
	}
}
