package tokenizer

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A table of pairs is a map, whatever room it was made with; Go's is the judge.
func TestPairsAreAMap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, room := range []int{0, 1, 100, 5000} {
		ours, theirs := newPairs(room), map[[2]uint32]merge{}
		for range 5000 {
			pair := [2]uint32{random.Uint32N(100), random.Uint32N(100)}
			m := merge{random.Uint32(), random.Uint32()}
			ours.add(pair, m)
			theirs[pair] = m
		}
		require.Equal(t, len(theirs), ours.used)
		for first := range uint32(101) {
			for second := range uint32(101) {
				pair := [2]uint32{first, second}
				want, known := theirs[pair]
				got, ok := ours.find(pair)
				require.Equal(t, known, ok, pair)
				if known {
					require.Equal(t, want, got)
				}
			}
		}
	}
	empty := newPairs(0)
	_, ok := empty.find(noPair)
	require.False(t, ok)
}
