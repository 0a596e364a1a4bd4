package object

import (
	"hash/adler32"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAdlerIsTheStandardLibrarys(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	noise, highest := make([]byte, 300_000), make([]byte, 300_000)
	for i := range noise {
		noise[i], highest[i] = byte(random.Uint32()), 0xff
	}
	for size := range 700 {
		require.Equal(t, adler32.Checksum(noise[:size]), adler(noise[:size]), "%d bytes of noise", size)
		require.Equal(t, adler32.Checksum(highest[:size]), adler(highest[:size]), "%d bytes of 255", size)
	}
	for range 100 {
		size := random.IntN(len(noise))
		require.Equal(t, adler32.Checksum(noise[:size]), adler(noise[:size]), "%d bytes of noise", size)
		require.Equal(t, adler32.Checksum(highest[:size]), adler(highest[:size]), "%d bytes of 255", size)
	}
}
