package linediff

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLineStartAndEnd(t *testing.T) {
	text := []byte("\n\nshort\nthis line is longer than a few words are\nend")
	for at := range text {
		start := bytes.LastIndexByte(text[:at], '\n') + 1
		assert.Equal(t, start, LineStart(text, at+1), at)
		end := len(text)
		if n := bytes.IndexByte(text[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		assert.Equal(t, end, LineEnd(text, at), at)
	}
}

func TestEndsOfLines(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		before := strings.Repeat("#\n", random.IntN(40))
		var middle strings.Builder
		for range random.IntN(1 + random.IntN(100)) {
			middle.WriteString(strings.Repeat("x", random.IntN(4)*random.IntN(60)))
			middle.WriteByte('\n')
		}
		after := strings.Repeat("\n", random.IntN(80))
		if after == "" && random.IntN(2) == 0 {
			middle.WriteString("no newline at the end")
		}
		want := []int32{-1}
		at := len(before)
		for line := range strings.Lines(middle.String()) {
			at += len(line)
			want = append(want, int32(at))
		}
		data := []byte(before + middle.String() + after)
		data = data[:len(data):len(data)]
		require.Equal(t, want, appendEnds([]int32{-1}, data, len(before), len(before)+middle.Len()))
	}
}

func BenchmarkEnds(b *testing.B) {
	b.SetBytes(int64(len(benchmarkText)))
	var ends []int32
	for b.Loop() {
		ends = appendEnds(ends[:0], benchmarkText, 0, len(benchmarkText))
	}
}

var benchmarkText = bytes.Repeat([]byte("\tif (IS_ERR_VALUE(ret)) {\n\t\treturn ret;\n\t}\n\n\tpriv->regs = dev_read_addr_ptr(dev); /* as the manual says */\n"), 100)
