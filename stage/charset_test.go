package stage

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// What is valid stays, what is not becomes Latin-1, and no byte is lost: texts of
// characters, halves of characters and bytes of Latin-1, in any order.
func TestCharsetKeepsWhatIsUTF8(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []struct{ stored, want string }{
		{"\n", "\n"}, {"text ", "text "}, {"é", "é"}, {"€", "€"}, {"\ufffd", "\ufffd"},
		{"\xe9.", "é."}, {"\xff", "ÿ"}, {"\xe2\x82.", "â\u0082."}, {"\xc3\n", "Ã\n"},
	}
	repaired := 0
	for i := range 5000 {
		var text, want strings.Builder
		for range r.IntN(1 + i%50) {
			piece := pieces[r.IntN(len(pieces))]
			text.WriteString(piece.stored)
			want.WriteString(piece.want)
		}
		got, repair := Charset{}.UTF8(text.String())
		require.Equal(t, want.String(), got, "%q", text.String())
		require.Equal(t, text.String() != got, repair != "")
		if repair != "" {
			repaired++
		}
	}
	require.Greater(t, repaired, 1000)
}

// Whatever the declaration and the text, what comes out is UTF-8; ASCII stays as it
// is unless the character set has shifts.
func FuzzCharset(f *testing.F) {
	for _, name := range []string{"", "utf8", "ISO-8859-1", "latin-9", "eucJP", "ISO-2022-JP", "hz", "UTF-16", "klingon", "8859-1", "x-user-defined", "replacement"} {
		f.Add(name, "plain sch\xf6n \x1b$BF|K\\\x1b(B \xc6\xfc 日本")
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		charset := NewCharset(name)
		got, _ := charset.UTF8(text)
		require.True(t, utf8.ValidString(got), "%q", got)
		if isASCII(text) && !charset.shifts {
			require.Equal(t, text, got)
		}
	})
}
