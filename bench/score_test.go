package bench

import (
	"testing"

	"github.com/commitflow/commitflow/score"
)

// BenchmarkScore scores commits. Bytes are those of their messages.
func BenchmarkScore(b *testing.B) {
	commits := commitsOf(b, sampled(b))
	process(b, score.Heuristic{}, commits, messageBytes(commits))
}
