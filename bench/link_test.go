package bench

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// BenchmarkLink makes a linker's index of messages that are in memory, and
// links the commits by it. Bytes are those of the messages.
func BenchmarkLink(b *testing.B) {
	git := sampled(b)
	commits := commitsOf(b, git)
	size := messageBytes(commits)
	var messages messageList
	require.NoError(b, git.Messages(b.Context(), func(m stage.Message) error {
		m.Text = bytes.Clone(m.Text)
		messages = append(messages, m)
		return nil
	}))
	b.Run("index", func(b *testing.B) {
		measure(b, amount{len(commits), "commit", size}, func() {
			linker := stage.ChainLinker{Messages: messages}
			require.NoError(b, linker.Open(b.Context()))
		})
	})
	b.Run("commits", func(b *testing.B) {
		linker := &stage.ChainLinker{Messages: messages}
		require.NoError(b, linker.Open(b.Context()))
		process(b, linker, commits, size)
	})
}

// messageList is messages in memory.
type messageList []stage.Message

// Messages gives them in their order.
func (l messageList) Messages(_ context.Context, each func(stage.Message) error) error {
	for _, m := range l {
		if err := each(m); err != nil {
			return err
		}
	}
	return nil
}
