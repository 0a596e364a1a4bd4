//go:build !purego

package linediff

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestEndsStayInTheirRoom(t *testing.T) {
	for _, text := range []string{strings.Repeat("\n", 500), strings.Repeat("0123\n", 100), strings.Repeat("x", 700)} {
		for room := range 300 {
			memory := make([]int32, room+100)
			n, looked := endsByVectors(&memory[0], room, unsafe.StringData(text), 0, len(text))
			require.Equal(t, strings.Count(text[:looked], "\n"), n)
			require.LessOrEqual(t, n, room)
			require.Equal(t, make([]int32, 100), memory[room:], "with room for %d", room)
			require.True(t, len(text)-looked < endsAtOnce || room-n < endsAtOnce, "stopped too early")
		}
	}
}
