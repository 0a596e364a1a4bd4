package unified

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// signed is what writer.lines is to write, line by line.
func signed(sign byte, text string) string {
	var want strings.Builder
	for line := range strings.Lines(text) {
		want.WriteByte(sign)
		want.WriteString(strings.TrimSuffix(line, "\n"))
		if strings.HasSuffix(line, "\n") {
			want.WriteByte('\n')
		} else {
			want.WriteString(noNewline)
		}
	}
	return want.String()
}

func TestLinesAreWrittenAfterTheirSign(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var before, middle, after strings.Builder
		for _, part := range []*strings.Builder{&before, &middle, &after} {
			for range random.IntN(6) {
				part.WriteString(strings.Repeat("x", random.IntN(4)*random.IntN(40)))
				part.WriteByte('\n')
			}
		}
		if after.Len() == 0 && random.IntN(2) == 0 {
			middle.WriteString("no newline at the end")
		}
		text := []byte(before.String() + middle.String() + after.String())
		text = text[:len(text):len(text)]
		want := "before" + signed('+', middle.String())

		// No more room than there has to be, and something behind it.
		memory := bytes.Repeat([]byte("#"), len(want)+spill+8)
		copy(memory, "before")
		w := writer{dst: memory[: len("before") : len(want)+spill]}
		w.lines('+', text, before.Len(), before.Len()+middle.Len())
		require.Equal(t, want, string(w.dst))
		require.Equal(t, "########", string(memory[len(want)+spill:]))
	}
}

// A text that takes more room than there is, which makeRoom never lets happen, is not
// written beyond it.
func TestLinesStayInTheirRoom(t *testing.T) {
	text := []byte(strings.Repeat("a line\n", 50))
	for room := range 400 {
		memory := bytes.Repeat([]byte("#"), room+40)
		from, to := copyLines(memory[:room:room], 0, '-', text, 0, len(text))
		require.Equal(t, signed('-', string(text[:from])), string(memory[:to]))
		require.Equal(t, strings.Repeat("#", 40), string(memory[room:]))
	}
}

func BenchmarkLines(b *testing.B) {
	text := []byte("\tif (IS_ERR_VALUE(ret)) {\n\t\treturn ret;\n\t}\n\n\tpriv->regs = dev_read_addr_ptr(dev); /* as the manual says */\n")
	text = bytes.Repeat(text, 100)
	w := writer{dst: make([]byte, 0, 2*len(text)+spill)}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		w.dst = w.dst[:0]
		w.lines('+', text, 0, len(text))
	}
}
