package dataset

import (
	"strings"
	"testing"

	"github.com/cespare/xxhash/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wordsOf is what a folded hash is the hash of, made by the standard library.
func wordsOf(texts ...string) (all string) {
	for _, text := range texts {
		for _, word := range strings.Fields(text) {
			all += word + " "
		}
		all += "\x00"
	}
	return all
}

func FuzzFoldedHash(f *testing.F) {
	f.Add("", " a\tb  c\n", "\u00a0é\u2028 x\u0085\xff\xc3")
	f.Add(strings.Repeat("x", 1023), strings.Repeat("é ", 700), "\v\f\r")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		var h foldedHash
		h.digest.Reset()
		for _, text := range []string{a, b, c} {
			h.add(text)
		}
		require.Equal(t, xxhash.Sum64String(wordsOf(a, b, c)), h.sum())
	})
}

func TestWhereATextEndsCounts(t *testing.T) {
	one, other := &Example{Input: "a", Output: "b"}, &Example{Input: "a b"}
	assert.NotEqual(t, one.textKey(), other.textKey())
	assert.Equal(t, one.textKey(), (&Example{Input: "\ta\n", Output: " b"}).textKey())
}

func BenchmarkFoldedHash(b *testing.B) {
	text := strings.Repeat("\tif (foo->bar < 0)\n\t\treturn -EINVAL;\n", 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		var h foldedHash
		h.digest.Reset()
		h.add(text)
		h.sum()
	}
}
