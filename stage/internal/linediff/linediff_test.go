package linediff

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// That the changes are those that git finds is the business of the tests of
// DiffParser, which compare with git itself. Here is what must hold of any diff.

// check verifies that changes turn before into after, are in order, do not
// touch, and say the truth about lines and bytes.
func check(t testing.TB, before, after []byte, changes []Change) {
	var result []byte
	oldEnd, newEnd := Range{}, Range{}
	for i, c := range changes {
		require.Equal(t, bytes.Equal(before, after), false, "changes of equal texts")
		require.NotZero(t, c.Old.Lines+c.New.Lines, "change %d is empty", i)
		common := before[oldEnd.End:c.Old.Start]
		require.True(t, i == 0 || len(common) > 0, "change %d touches the one before", i)
		require.Equal(t, string(common), string(after[newEnd.End:c.New.Start]), "before change %d", i)
		require.Equal(t, countLines(common), c.Old.Line-oldEnd.Line-oldEnd.Lines)
		require.Equal(t, countLines(common), c.New.Line-newEnd.Line-newEnd.Lines)
		require.Equal(t, countLines(before[c.Old.Start:c.Old.End]), c.Old.Lines)
		require.Equal(t, countLines(after[c.New.Start:c.New.End]), c.New.Lines)
		result = append(result, common...)
		result = append(result, after[c.New.Start:c.New.End]...)
		oldEnd, newEnd = c.Old, c.New
	}
	result = append(result, before[oldEnd.End:]...)
	require.Equal(t, string(after), string(result))
}

func TestDiffTurnsOneTextIntoTheOther(t *testing.T) {
	for _, c := range []struct{ name, before, after string }{
		{"both empty", "", ""},
		{"equal", "a\nb\n", "a\nb\n"},
		{"equal without newline", "a\nb", "a\nb"},
		{"from nothing", "", "a\nb"},
		{"to nothing", "a\nb", ""},
		{"newline added", "a", "a\n"},
		{"newline removed", "a\nb\n", "a\nb"},
		{"one line", "a\n", "b\n"},
		{"inserted", "a\nc\n", "a\nb\nc\n"},
		{"repeated", "a\na\n", "a\na\na\n"},
		{"slides to the start", "a\na\na\na\nb\n", "a\na\na\na\na\na\nb\n"},
		{"slides through a long start", strings.Repeat("\n", 500), strings.Repeat("\n", 700)},
		{"moved", "a\nb\nc\nd\ne\n", "d\na\nb\nc\ne\n"},
		{"nothing in common", "a\nb\nc\n", "x\ny\n"},
		{"common line without newline", "a\nb\nc", "x\nb\nc"},
		{"line continues", "a\nsame\nx", "b\nsame\nxy\n"},
		{"last line goes on after a common run", "1\na\nb\nc", "2\na\nb\ncd\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d Differ
			before, after := []byte(c.before), []byte(c.after)
			check(t, before, after, d.Diff(before, after))
			check(t, after, before, d.Diff(after, before))
			assert.Equal(t, c.before == c.after, len(d.Diff(before, after)) == 0)
		})
	}
}

func TestDifferIsReusable(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var d Differ
	for range 2000 {
		before, after := randomText(random), randomText(random)
		check(t, before, after, d.Diff(before, after))
		if random.IntN(10) == 0 {
			d.Release()
		}
	}
}

// randomText gives up to some hundred lines of few kinds.
func randomText(random *rand.Rand) []byte {
	var text []byte
	kinds := 1 + random.IntN(200)
	for range random.IntN(1 + random.IntN(300)) {
		text = append(text, strings.Repeat("x", random.IntN(20))...)
		text = fmt.Append(text, random.IntN(kinds), "\n")
	}
	if len(text) > 0 && random.IntN(2) == 0 {
		text = text[:len(text)-1]
	}
	return text
}

func TestDiffAllocatesNothingOnceWarm(t *testing.T) {
	before := []byte(strings.Repeat("a\nb\nc\n", 300))
	after := bytes.ReplaceAll(before, []byte("b\nc\na\n"), []byte("c\nb\nx\n"))
	var d Differ
	assert.Zero(t, testing.AllocsPerRun(10, func() { d.Diff(before, after) }))
}

func TestRoughRoot(t *testing.T) {
	for n, want := range map[int]int{0: 1, 1: 2, 3: 2, 4: 4, 15: 4, 16: 8, 1 << 18: 1024, 1<<20 - 1: 1024, 1 << 20: 2048} {
		assert.Equal(t, want, roughRoot(n), n)
	}
}

func TestIndentation(t *testing.T) {
	for line, want := range map[string]int{
		"": blank, "\n": blank, " \t\r\n": blank, "x\n": 0, "  x": 2, "\tx": 8, "   \tx": 8, "\t  x": 10,
		"\fx": 0, strings.Repeat("\t", 30) + "x": deepestIndent, strings.Repeat(" ", 300): deepestIndent,
	} {
		assert.Equal(t, want, indentation([]byte(line)), "%q", line)
	}
}

func FuzzDiff(f *testing.F) {
	f.Add([]byte("a\nb\nc\n"), []byte("b\nc\nd"))
	f.Add([]byte("\n\n\n\n\n\n"), []byte("\n\n\n"))
	f.Add([]byte("if (x) {\n\ty();\n}\n\nif (z) {\n\ty();\n}\n"), []byte("if (z) {\n\ty();\n}\n"))
	var d Differ
	f.Fuzz(func(t *testing.T, before, after []byte) {
		check(t, before, after, d.Diff(before, after))
	})
}

func BenchmarkDiff(b *testing.B) {
	random := rand.New(rand.NewPCG(3, 4))
	var lines []string
	for i := range 2000 {
		lines = append(lines, []string{"", "}", "\treturn 0;", fmt.Sprintf("\tcall(%d);", i), fmt.Sprintf("int function_%d(int a)", i)}[random.IntN(5)])
	}
	before := []byte(strings.Join(lines, "\n") + "\n")
	replace := func(lines []string, at int, with ...string) []byte {
		all := append(append(append([]string(nil), lines[:at]...), with...), lines[at+1:]...)
		return []byte(strings.Join(all, "\n") + "\n")
	}
	far := append([]string(nil), lines...)
	far[1900] = "changed, too"
	shuffled := append([]string(nil), lines...)
	random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, c := range []struct {
		name  string
		after []byte
	}{
		{"one line", replace(lines, 1000, "changed")},
		{"inserted function", replace(lines, 1000, "int f(void)", "{", "\treturn 0;", "}", "")},
		{"two places", replace(far, 100, "changed")},
		{"two places, common lines", replace(far, 100, "changed", "", "}", "\treturn 0;")},
		{"shuffled", []byte(strings.Join(shuffled, "\n") + "\n")},
	} {
		b.Run(c.name, func(b *testing.B) {
			var d Differ
			b.ReportAllocs()
			b.SetBytes(int64(len(before) + len(c.after)))
			for b.Loop() {
				d.Diff(before, c.after)
			}
		})
	}
}
