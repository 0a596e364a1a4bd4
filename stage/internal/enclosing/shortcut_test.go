package enclosing

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What is searched for many bytes at a time gives what the plain reading gives, on
// text made of all that matters to it.

// cPieces is what random C is made of: mostly what opens and closes something.
var cPieces = []string{
	"\n", "\n", "\n", "\n\n", "\r\n", " ", "\t", "\n}", "\n}\n", "\n{\n", "{", "}", "};\n", "} t[] = {\n",
	"/*", "*/", "/*/", "//", "/", "*", "\"", "'", "\\", "\\\n", "(", ")", ");\n", ";", "\x00",
	"#define X", "\n#if 0\n", "extern \"C\" {\n", "int f(void)\n{\n", "struct s {\n",
	"\tx = \"}\";\n", "\treturn '{';\n", "\t/* why */\n", "\t * }\n", "\tif (a) {\n\t\tb();\n\t}\n",
	"\tsome_function_with_a_long_name(of, many, parameters, and, some, more, of, them, to, pass, a, stride, in, all);\n",
}

// randomC gives text of up to so many pieces, with or without a newline at the end.
func randomC(r *rand.Rand, pieces int) []byte {
	var text []byte
	for range r.IntN(pieces) + 1 {
		text = append(text, cPieces[r.IntN(len(cPieces))]...)
	}
	return text
}

func TestSearches(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 20_000 {
		text := randomC(r, 1+i%100)
		for _, c := range []byte("}/\x01") {
			require.Equal(t, bytes.LastIndexByte(text, c), lastIndexByte(text, c), "%q in %q", c, text)
		}
		require.Equal(t, bytes.LastIndex(text, []byte("\n}")), lastClosing(text), "%q", text)

		open := bytes.LastIndex(text, []byte("/*"))
		require.Equal(t, open >= 0 && !bytes.Contains(text[open+2:], []byte("*/")), inComment(text), "%q", text)

		from := r.IntN(len(text) + 1)
		orEnd := func(at int) int {
			if at < 0 {
				return len(text)
			}
			return from + at
		}
		require.Equal(t, orEnd(bytes.Index(text[from:], []byte("/*"))), nextComment(text, from), "%q from %d", text, from)
		want := -1
		if at := bytes.Index(text[from:], []byte("*/")); at >= 0 {
			want = from + at + 2
		}
		require.Equal(t, want, endOfComment(text, from), "%q from %d", text, from)

		from = bytes.LastIndexByte(text[:from], '\n') + 1
		if want = from; from == len(text) || text[from] != '}' {
			if want = orEnd(bytes.Index(text[from:], []byte("\n}"))); want < len(text) {
				want++
			}
		}
		require.Equal(t, want, nextClosing(text, from), "%q from %d", text, from)
	}
}

// endOfBodyLineByLine is what endOfBody does, by reading every line.
func endOfBodyLineByLine(lines [][]byte, n int, s cState) int {
	strict := lines[n-1][0] == '{'
	for n++; n <= len(lines); n++ {
		line := lines[n-1]
		closing := bytes.HasPrefix(line, []byte("}")) && !s.comment
		if closing {
			s.braces = 1
		}
		s.read(line)
		if s.braces <= 0 && (closing || !strict && s.code) {
			return n
		}
	}
	return len(lines)
}

func TestEndOfBodyIsThatOfReadingEveryLine(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	skipped := 0
	for i := range 20_000 {
		text := append([]byte("int x;\n{\n"), randomC(r, 1+i%100)...)
		if i%4 == 0 {
			text = append([]byte("int x;\nstruct x {\n"), randomC(r, 1+i%100)...)
		}
		lines := bytes.Split(bytes.TrimSuffix(text, newline), newline)
		c := cFile{file: &file{lines: newLines(text), maxLines: 100}, skimmed: 1}
		var s cState
		line, _ := c.line(2)
		s.read(line)
		want := endOfBodyLineByLine(lines, 2, s)
		require.Equal(t, want, c.endOfBody(2, &s), "%q", text)
		skipped += want - 2

		// The file is left at a line that it has, and knows which.
		n := c.number
		line, ok := c.line(n)
		require.True(t, ok)
		require.Equal(t, string(lines[n-1]), string(line), "line %d of %q", n, text)
	}
	require.Greater(t, skipped, 100_000, "lines")
}

func TestSkipToGoesOnAfterTheLastEndOfAUnit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	skips := 0
	for i := range 20_000 {
		text := randomC(r, 4+i%100)
		lines := bytes.Split(bytes.TrimSuffix(text, newline), newline)
		from := 1 + r.IntN(len(lines))
		to := from + r.IntN(len(lines))
		c := cFile{file: &file{lines: newLines(text), maxLines: 100}, skimmed: from}
		c.skipTo(to)

		want := from
		for n, refused := to-1, 0; to <= len(lines) && n > from && refused < maxRefused; n-- {
			line := lines[n-1]
			if !bytes.HasPrefix(line, []byte("}")) {
				continue
			}
			before := bytes.Join(lines[from-1:n-1], newline)
			if !endsIn(line, '{') && !continued(line) && !inComment(before[max(0, len(before)-commentReach):]) {
				want = n + 1
				skips++
				break
			}
			refused++
		}
		require.Equal(t, want, c.skimmed, "from %d to %d in %q", from, to, text)
	}
	require.Greater(t, skips, 2000)
}

// next reads a comment at once, and one that never ends only once.
func TestCommentsAreSkipped(t *testing.T) {
	for _, test := range []struct {
		name, text string
		unit       Range
		ok         bool
		skimmed    int
	}{
		{"before a function", "/*\n * a\n\n#b\n */\nint f(void)\n{\n}\n", Range{1, 8}, true, 9},
		{"code after it", "/*\n */ int f(void)\n{\n}\nint x;\n", Range{1, 4}, true, 5},
		{"another one on its last line", "/*\n */ /*\n */\nint f(void)\n{\n}\n", Range{1, 6}, true, 7},
		{"without an end", "/*\n * a\n *\n", Range{}, false, 4},
		{"without an end and a newline", "/*\n * a\n *", Range{}, false, 4},
		{"on the last line", "/*", Range{}, false, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := cFile{file: &file{lines: newLines([]byte(test.text)), maxLines: 100}, skimmed: 1}
			unit, ok := c.next(1)
			require.Equal(t, test.ok, ok)
			require.Equal(t, test.unit, unit)
			require.Equal(t, test.skimmed, c.skimmed)
		})
	}
	t.Run("time is linear", func(t *testing.T) {
		const lines = 100_000
		text := []byte("/*\n" + strings.Repeat("x/\n", lines))
		begun := time.Now()
		pieces := find("x.c", text, []Hunk{{Lines: Range{lines / 2, lines / 2}, Runs: []Range{{lines / 2, lines / 2}}}}, 100)
		require.Less(t, time.Since(begun), 5*time.Second)
		require.Len(t, pieces, 1)
	})
}

// lines gives every line whatever the order in which they are asked for.
func TestLinesInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		text := randomC(r, 1+i*3)
		want := bytes.Split(bytes.TrimSuffix(text, newline), newline)
		l := newLines(text)
		n := 1
		for range 100 {
			if n += r.IntN(9) - 4; r.IntN(10) == 0 {
				n = r.IntN(len(want) + 3)
			}
			line, ok := l.line(n)
			require.Equal(t, n >= 1 && n <= len(want), ok, "line %d of %q", n, text)
			if ok {
				require.Equal(t, string(want[n-1]), string(line), "line %d of %q", n, text)
			}
			first := max(1, n)
			span := Range{first, first + r.IntN(8) - 1}
			start, end := l.bounds(span)
			spanned := ""
			for n := span.First; n <= min(span.Last, len(want)); n++ {
				spanned += string(want[n-1]) + "\n"
			}
			if span.Last >= len(want) && !bytes.HasSuffix(text, newline) {
				spanned = strings.TrimSuffix(spanned, "\n")
			}
			require.Equal(t, spanned, string(text[start:end]), "%v of %q", span, text)
		}
	}
}
