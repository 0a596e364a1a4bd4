package tree

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCommonPrefixAndSuffix(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		common := make([]byte, random.IntN(2)*random.IntN(600)+random.IntN(20))
		for i := range common {
			common[i] = byte(random.Uint32())
		}
		longer := func() []byte { return make([]byte, random.IntN(20)) }

		a, b := append(common, longer()...), append(common[:len(common):len(common)], longer()...)
		want := len(common)
		for want < min(len(a), len(b)) && a[want] == b[want] {
			want++
		}
		if len(a) > len(common) && len(b) > len(common) && random.IntN(2) == 0 {
			a[len(common)], want = b[len(common)]^1<<random.IntN(8), len(common)
		}
		require.Equal(t, want, commonPrefix(a, b))
		require.Equal(t, want, commonSuffix(reversed(a), reversed(b)))
	}
}

func reversed(data []byte) []byte {
	turned := make([]byte, len(data))
	for i, c := range data {
		turned[len(data)-1-i] = c
	}
	return turned
}
