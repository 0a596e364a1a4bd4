package stage

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzThreads(f *testing.F) {
	f.Add([]byte("Link: https://lore.kernel.org/r/20240105101112.3456-1-me@example.org\nMessage-ID: <x@y>"))
	f.Add([]byte("link:20240105-a-v2-1-0123@x\nLink: cover.1704450000.git.me@x\nLINK: 20240105101112.-1-@"))
	f.Fuzz(func(t *testing.T, text []byte) {
		eachThread(text, func(before, behind []byte) {
			require.LessOrEqual(t, len(before)+len(behind), len(text))
			require.NotEmpty(t, behind)
		})
	})
}
