package bench

import (
	"testing"

	"github.com/commitflow/commitflow/stage"
)

// BenchmarkClassify finds the tags and the subsystems of commits. Bytes are
// those of their messages and paths.
func BenchmarkClassify(b *testing.B) {
	commits := commitsOf(b, sampled(b))
	size := messageBytes(commits)
	for _, c := range commits {
		for i := range c.Files {
			size += len(c.Files[i].Path())
		}
	}
	b.Run("tags", func(b *testing.B) { process(b, stage.Classifier{}, commits, size) })
	b.Run("subsystems", func(b *testing.B) { process(b, stage.Subsystems{}, commits, size) })
}
