package bench

import (
	"testing"

	"github.com/commitflow/commitflow/stage"
)

// BenchmarkLineDiff compares files line by line and writes the patches, with
// the contents of both sides in memory. Bytes are those of both contents.
func BenchmarkLineDiff(b *testing.B) {
	commits, size := inMemory(b, commitsOf(b, sampled(b)), func(f *stage.FileChange) bool {
		return f.Kind == stage.Modified || f.Kind == stage.Renamed && f.Similarity < 100
	})
	process(b, stage.DiffParser{}, commits, size)
}
