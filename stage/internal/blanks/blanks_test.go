package blanks

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// plain is what Append is to do, byte by byte.
func plain(text string) string {
	return strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(text)
}

func TestOnlyWhiteSpaceIsLeftOut(t *testing.T) {
	var every strings.Builder
	for c := range 256 {
		every.WriteByte(byte(c))
	}
	tests := map[string]string{
		"nothing":                   "",
		"one blank":                 " ",
		"nothing but white space":   strings.Repeat(" \t\r\n", 50),
		"no white space":            strings.Repeat("abcdefghij", 50),
		"every byte":                every.String(),
		"form feeds, vertical tabs": strings.Repeat("a\fb\vc\x00d\x85e\xa0", 20),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) { requireStripped(t, text) })
	}
}

func TestEveryPlaceOfWhiteSpace(t *testing.T) {
	for mask := range 1 << 16 {
		text := []byte("abcdefghijklmnop")
		for i := range text {
			if mask>>i&1 == 1 {
				text[i] = " \t\r\n"[i%4]
			}
		}
		requireStripped(t, string(text))
	}
}

func TestEveryLength(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for size := range 300 {
		text := make([]byte, size)
		for i := range text {
			text[i] = "ab \n\t\rcd"[random.IntN(8)]
		}
		requireStripped(t, string(text))
	}
}

func FuzzAppend(f *testing.F) {
	f.Add("")
	f.Add("+\tif (a == b)\n \treturn 0;\r\n")
	f.Add("no-white-space-at-all-in-this-text")
	f.Fuzz(func(t *testing.T, text string) { requireStripped(t, text) })
}

// requireStripped holds both ways against the plain one, in memory that ends where
// the text has room for no more, and tells whether anything beyond it was written.
func requireStripped(t *testing.T, text string) {
	t.Helper()
	want := plain(text)
	if got := string(Append(nil, text)); got != want {
		require.Equal(t, want, got, "of %q", text)
	}
	if got := string(Append([]byte("before"), text)); got != "before"+want {
		require.Equal(t, "before"+want, got, "of %q", text)
	}
	for name, way := range map[string]func([]byte, string) (int, int){"strip": strip, "stripWords": stripWords} {
		room := []byte(strings.Repeat("#", len(text)+16))
		done, kept := way(room[:len(text):len(text)], text)
		if string(room[:kept])+plain(text[done:]) != want || string(room[len(text):]) != strings.Repeat("#", 16) {
			require.Fail(t, name, "%d bytes of %q became %q, and %q behind", done, text, room[:kept], room[len(text):])
		}
		if len(text)-done >= 16 {
			require.Fail(t, name, "%d bytes of %q were left", len(text)-done, text)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	text := strings.Repeat("-\tif (ret < 0)\n+\tif (IS_ERR_VALUE(ret))\n \t\treturn ret;\n", 600)
	for name, way := range map[string]func([]byte, string) (int, int){"vectors": strip, "words": stripWords} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			dst := make([]byte, len(text))
			for b.Loop() {
				way(dst, text)
			}
		})
	}
}
