package bench

import (
	"testing"

	"github.com/commitflow/commitflow/stage"
)

// BenchmarkMessageParse splits messages into subject, body and trailers, and
// finds what they say of other commits.
func BenchmarkMessageParse(b *testing.B) {
	commits := commitsOf(b, sampled(b))
	size := messageBytes(commits)
	b.Run("trailers", func(b *testing.B) {
		measure(b, amount{len(commits), "commit", size}, func() {
			var parsed stage.Commit
			for _, c := range commits {
				parsed.SetMessage(c.Message)
			}
		})
	})
	b.Run("references", func(b *testing.B) {
		measure(b, amount{len(commits), "commit", size}, func() {
			for _, c := range commits {
				stage.References(c.Message)
			}
		})
	})
}
