package unified

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage/internal/linediff"
)

func TestAppendPath(t *testing.T) {
	for path, want := range map[string]string{
		"plain/path.c":     "a/plain/path.c",
		"with space":       "a/with space",
		"tab\t":            `"a/tab\t"`,
		"\a\b\n\v\f\r":     `"a/\a\b\n\v\f\r"`,
		`quote"back\slash`: `"a/quote\"back\\slash"`,
		"é":                `"a/\303\251"`,
		"\x01\x7f\xff":     `"a/\001\177\377"`,
		"":                 "a/",
	} {
		assert.Equal(t, want, string(AppendPath(nil, "a/", path)), "%q", path)
	}
}

func TestHeading(t *testing.T) {
	long := strings.Repeat("x", 79)
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"int f()\n{\n\tx;\n", "int f()"},
		{"int f()\nint g()\n", "int g()"},
		{"\tint f()\n{\n9\n-\n\n", ""},
		{"_start:\n", "_start:"},
		{"$(obj)\n", "$(obj)"},
		{"é\n", ""},
		{"no newline", "no newline"},
		{"trimmed \t \r\n", "trimmed"},
		{"form feed\f\n", "form feed\f"},
		{long + "yz\n", long + "y"},
		{long + "é\n", long},
		{"x" + strings.Repeat(" ", 79) + "y\n", "x"},
		{"bad \xff byte\n", "bad "},
		{"noncharacter \ufffe\n", "noncharacter "},
		{"replacement \ufffd character\n", "replacement \ufffd character"},
	} {
		assert.Equal(t, c.want, string(heading([]byte(c.text))), "%q", c.text)
	}
}

func BenchmarkAppendHunks(b *testing.B) {
	var old strings.Builder
	for i := range 2000 {
		if i%40 == 0 {
			fmt.Fprintf(&old, "int function_%d(struct device *dev)\n", i)
		}
		fmt.Fprintf(&old, "\treturn call_something(dev, %d);\n", i)
	}
	before := []byte(old.String())
	after := []byte(strings.ReplaceAll(old.String(), "00);\n", "00);\n\tadded_line();\n"))
	var d linediff.Differ
	changes := d.Diff(before, after)
	var text []byte
	var hunks []Hunk
	b.ReportAllocs()
	for b.Loop() {
		text, hunks = AppendHunks(text[:0], hunks[:0], before, after, changes, 3)
	}
	b.SetBytes(int64(len(text)))
}

// What is found several bytes at a time is what is found line by line.
func TestHeadingIsThatOfTheLastLineWithOne(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	const often = "\n\n\n\n\t  ${}/aZ@[`_\x7f\xe1\xff#*4<'.\x00"
	const seldom = "\n\t\t\t        {}{}@/#*4<'.\x00\xe1\xff0123456789()()()+-+-=,,;;a"
	for i := range 40000 {
		bytes := often
		if i%2 == 0 {
			bytes = seldom
		}
		text := make([]byte, random.IntN(200))
		for i := range text {
			text[i] = bytes[random.IntN(len(bytes))]
		}
		var want []byte
		for line := range strings.Lines(string(text)) {
			if opensHeading(line[0]) {
				want = trimHeading([]byte(line))
			}
		}
		require.Equal(t, string(want), string(heading(text)), "%q", text)
	}
}
