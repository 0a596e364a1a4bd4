package object

import (
	"hash/adler32"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAdlerIsTheStandardLibrarys(t *testing.T) {
	ways := map[string]func([]byte) uint32{
		"as this processor does": adler,
		"by words":               func(p []byte) uint32 { return adlerByWords(1, 0, p) },
	}
	random := rand.New(rand.NewPCG(5, 6))
	noise, highest := make([]byte, 300_000), make([]byte, 300_000)
	for i := range noise {
		noise[i], highest[i] = byte(random.Uint32()), 0xff
	}
	sizes := []int{adlerPart - 1, adlerPart, adlerPart + 1, 2*adlerPart + adlerBlock, len(noise)}
	for size := range 700 {
		sizes = append(sizes, size)
	}
	for range 100 {
		sizes = append(sizes, random.IntN(len(noise)))
	}
	for name, sum := range ways {
		for _, size := range sizes {
			require.Equal(t, adler32.Checksum(noise[:size]), sum(noise[:size]), "%d bytes of noise, %s", size, name)
			require.Equal(t, adler32.Checksum(highest[:size]), sum(highest[:size]), "%d bytes of 255, %s", size, name)
		}
	}
}
