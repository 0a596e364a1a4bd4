package sink

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// How a frame is compressed depends on the number of processors; what comes of it
// does not.
func TestShardsAreTheSameOnAnyNumberOfProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	stored := func(processors int) *Manifest {
		runtime.GOMAXPROCS(processors)
		random := rand.New(rand.NewPCG(1, 2))
		j := &JSONL[text]{Dir: t.TempDir(), ShardBytes: 4 << 20}
		require.NoError(t, j.Open(t.Context()))
		for i := range 50 {
			var words []byte
			for len(words) < 100_000 {
				words = fmt.Append(words, random.IntN(1000), "\n")
			}
			row := text{string(words)}
			require.NoError(t, j.Write(t.Context(), stage.Item[text]{Position: stage.Position(i), Value: row}))
		}
		require.NoError(t, j.Finish(t.Context()))
		require.NoError(t, j.Close())
		return j.Manifest()
	}
	one := stored(1)
	assert.Len(t, one.Shards(), 2)
	assert.Equal(t, one, stored(4))
}
