package utf8text

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every line is converted as it would be alone.
func TestFromLines(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"\n", "\n", "a", "text ", "\xe9", "\xff", "é", "\xc3", "\xa9", "\r\n", "\u20ac", "\xe2\x82"}
	converted := 0
	for i := range 5000 {
		var text, want strings.Builder
		for range r.IntN(1 + i%50) {
			text.WriteString(pieces[r.IntN(len(pieces))])
		}
		for line := range strings.Lines(text.String()) {
			line, _ = From(line, "")
			want.WriteString(line)
		}
		got, repaired := FromLines(text.String())
		require.Equal(t, want.String(), got, "%q", text.String())
		require.Equal(t, text.String() != got, repaired)
		if repaired {
			converted++
		}
	}
	require.Greater(t, converted, 1000)
}
