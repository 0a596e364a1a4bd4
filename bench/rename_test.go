package bench

import (
	"testing"

	"github.com/commitflow/commitflow/stage"
)

// BenchmarkRenames finds the changed paths of commits that both add and delete
// files, the objects being in the cache. Bytes are those of the files that
// renames are looked for among.
func BenchmarkRenames(b *testing.B) {
	git := sampled(b)
	var commits []*stage.Commit
	var among []stage.Hash
	for _, c := range commitsOf(b, git) {
		if !mayRename(c) {
			continue
		}
		commits = append(commits, c)
		for _, f := range c.Files {
			if f.Kind != stage.Modified {
				among = append(among, f.OldID, f.NewID)
			}
		}
	}
	load(b, git, commits, sizeOf(described(b, among)))
}

// mayRename tells whether git looks for renames in the commit: it has some, or
// both new files and files that are gone.
func mayRename(c *stage.Commit) bool {
	var added, deleted bool
	for _, f := range c.Files {
		added = added || f.Kind == stage.Added || f.Kind == stage.Renamed
		deleted = deleted || f.Kind == stage.Deleted || f.Kind == stage.Renamed
	}
	return added && deleted
}
