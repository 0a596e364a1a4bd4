package stage

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNewestShare(t *testing.T) {
	var history peopleList
	for n, seconds := range []int64{100, 300, 200, 400, 500, 700, 600, 900, 900, 900} {
		history = append(history, Message{Hash: Hash{byte(n + 1)}, Seconds: seconds})
	}
	l := &ChainLinker{Messages: history}
	assert.Zero(t, l.NewestShare(0.5), "not open")
	require.NoError(t, l.Open(t.Context()))
	for share, want := range map[float64]int64{0: 901, 0.05: 901, 0.1: 901, 0.3: 900, 0.4: 700, 0.99: 200, 1: 100} {
		assert.Equal(t, want, l.NewestShare(share), share)
	}
}
