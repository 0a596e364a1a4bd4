package bench

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// BenchmarkPatchText writes the patches of added and deleted files, in which
// there is nothing to compare, and reads all the sample's patches. Bytes are
// those of the patches.
func BenchmarkPatchText(b *testing.B) {
	b.Run("write", func(b *testing.B) {
		commits, _ := inMemory(b, commitsOf(b, sampled(b)), func(f *stage.FileChange) bool {
			return f.Kind == stage.Added || f.Kind == stage.Deleted
		})
		process(b, stage.DiffParser{}, commits, patchBytes(processed(b, stage.DiffParser{}, commits)))
	})
	b.Run("read", func(b *testing.B) {
		commits := processed(b, stage.DiffParser{}, commitsOf(b, sampled(b)))
		measure(b, amount{len(commits), "commit", patchBytes(commits)}, func() {
			for _, c := range commits {
				for i := range c.Files {
					_, err := stage.ParsePatch(c.Files[i].Patch)
					require.NoError(b, err)
				}
			}
		})
	})
}

func patchBytes(commits []*stage.Commit) (size int) {
	for _, c := range commits {
		for i := range c.Files {
			size += len(c.Files[i].Patch)
		}
	}
	return size
}
