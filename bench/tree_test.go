package bench

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// BenchmarkTreeDiff finds the changed paths of commits that add or delete, but
// not both, so that no renames are looked for. The objects are in the cache.
// Bytes are those of the directories that differ, the root apart.
func BenchmarkTreeDiff(b *testing.B) {
	git := sampled(b)
	var commits []*stage.Commit
	for _, c := range commitsOf(b, git) {
		if !mayRename(c) {
			commits = append(commits, c)
		}
	}
	load(b, git, commits, sizeOf(described(b, changedTrees(b))))
}

// load measures how commits are loaded. Most of that is finding what they
// change; reading their headers and messages takes a microsecond or two.
func load(b *testing.B, git *source.Git, commits []*stage.Commit, bytes int) {
	b.Helper()
	measure(b, amount{len(commits), "commit", bytes}, func() {
		for _, c := range commits {
			again := stage.Commit{Position: c.Position, Repo: c.Repo, Hash: c.Hash, Blobs: c.Blobs}
			if err := git.Load(b.Context(), &again); err != nil || len(again.Files) != len(c.Files) {
				b.Fatalf("%s: %d files instead of %d: %v", c.Hash, len(again.Files), len(c.Files), err)
			}
		}
	})
}

// changedTrees lists the directories that the sample's commits change, before
// and after.
func changedTrees(b *testing.B) (trees []stage.Hash) {
	b.Helper()
	args := append([]string{"log", "-t", "--raw", "--no-abbrev", "--no-renames", "--format="}, sample...)
	for line := range strings.Lines(gitOutput(b, nil, repository(b), args...)) {
		fields := strings.Fields(line) // :040000 040000 <id> <id> M <path>
		for i := range 2 {
			if strings.HasSuffix(fields[i], "040000") {
				id, err := stage.ParseHash(fields[i+2])
				require.NoError(b, err)
				trees = append(trees, id)
			}
		}
	}
	return trees
}
