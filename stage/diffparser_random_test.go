package stage_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// generator makes pairs of texts to compare.
type generator struct {
	name  string
	pairs int
	make  func(*rand.Rand) (before, after []byte)
}

// TestDiffParserOnRandomEdits compares with git on generated pairs of texts,
// most of them such that many different diffs would be right.
func TestDiffParserOnRandomEdits(t *testing.T) {
	compareGenerated(t, 1, []generator{
		{"few different lines", 1500, fewDifferentLines},
		{"code", 1000, code},
		{"blank lines", 500, blankLines},
		{"sliding groups", 3000, slidingGroups},
		{"drowned lines", 500, drownedLines},
		{"new lines around common ones", 500, newAroundCommon},
		{"many old lines as new ones", 10, oldLinesAnew},
		{"edit within a long text", 300, longText},
		{"little in common", 15, littleInCommon},
		{"moved blocks", 20, movedBlocks},
		{"bytes", 500, anyBytes},
	})
}

// TestDiffParserOnLongRandomEdits does the same with texts that are long enough
// to reach the limits of the search.
func TestDiffParserOnLongRandomEdits(t *testing.T) {
	rounds, err := strconv.Atoi(os.Getenv("COMMITFLOW_ROUNDS"))
	if err != nil || rounds < 1 {
		t.Skip("set COMMITFLOW_ROUNDS to a number of rounds to compare long generated texts with git, about ten seconds each")
	}
	compareGenerated(t, rounds, []generator{
		{"few different lines", 1500, fewDifferentLines},
		{"code", 1000, code},
		{"blank lines", 500, blankLines},
		{"sliding groups", 10000, slidingGroups},
		{"drowned lines", 500, drownedLines},
		{"new lines around common ones", 2000, newAroundCommon},
		{"many old lines as new ones", 50, oldLinesAnew},
		{"little in common", 15, littleInCommon},
		{"many small edits", 12, manySmallEdits},
		{"long runs", 6, longRuns},
		{"limit of steps", 2, limitOfSteps},
		{"a million lines", 1, millionLines},
	})
}

// compareGenerated compares with git on rounds times the generators' pairs.
func compareGenerated(t *testing.T, rounds int, generators []generator) {
	for _, g := range generators {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			for round := range rounds {
				random := rand.New(rand.NewPCG(uint64(round), 0))
				o := newOracle(t)
				var before, after [][]byte
				for range g.pairs {
					a, b := g.make(random)
					before, after = append(before, a), append(after, b)
				}
				o.importPairs(before, after)
				o.compareHistory("main")
				if t.Failed() {
					t.Fatalf("round %d", round)
				}
			}
		})
	}
}

// importPairs commits the contents before, and on top of them those after.
func (o oracle) importPairs(before, after [][]byte) {
	var stream bytes.Buffer
	for _, contents := range [][][]byte{before, after} {
		stream.WriteString("commit refs/heads/main\ncommitter C <c@example.com> 1600000000 +0000\ndata 0\n")
		for i, content := range contents {
			fmt.Fprintf(&stream, "M 100644 inline %05d\ndata %d\n%s\n", i, len(content), content)
		}
	}
	o.git(stream.Bytes(), "fast-import", "--quiet")
}

// text joins lines, most often with a newline at the end.
func text(random *rand.Rand, lines []string) []byte {
	var text []byte
	for _, line := range lines {
		text = append(text, line...)
		text = append(text, '\n')
	}
	if len(text) > 0 && random.IntN(20) == 0 {
		text = text[:len(text)-1]
	}
	return text
}

// edited gives a copy of lines with a number of random edits, some of which
// copy or move lines.
func edited(random *rand.Rand, lines []string, edits int, fresh func() string) []string {
	lines = append([]string(nil), lines...)
	span := func(most int) (from, to int) {
		from = random.IntN(len(lines) + 1)
		return from, min(len(lines), from+random.IntN(most+1))
	}
	for range edits {
		from, to := span(6)
		var with []string
		switch random.IntN(5) {
		case 0: // delete
		case 1: // insert
			to = from
			fallthrough
		case 2: // replace
			for range 1 + random.IntN(6) {
				with = append(with, fresh())
			}
		default: // copy from elsewhere
			first, last := span(8)
			with = append(with, lines[first:last]...)
			if random.IntN(2) == 0 {
				to = from
			}
		}
		lines = append(lines[:from:from], append(with, lines[to:]...)...)
	}
	return lines
}

// several gives n lines.
func several(n int, line func() string) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = line()
	}
	return lines
}

func fewDifferentLines(random *rand.Rand) (before, after []byte) {
	kinds := 1 + random.IntN(6)
	line := func() string { return string(rune('a' + random.IntN(kinds))) }
	lines := several(random.IntN(40), line)
	if random.IntN(2) == 0 {
		return text(random, lines), text(random, several(random.IntN(40), line))
	}
	return text(random, lines), text(random, edited(random, lines, 1+random.IntN(5), line))
}

// codeLine gives lines as they are found in programs.
func codeLine(random *rand.Rand) func() string {
	depth := 0
	return func() string {
		indent := "\t\t\t\t\t\t\t\t"[:depth]
		if random.IntN(10) == 0 {
			indent = "                                "[:min(32, depth*4)]
		}
		switch random.IntN(12) {
		case 0, 1:
			return ""
		case 2, 3:
			depth = max(0, depth-1)
			return indent[:len(indent)*depth/(depth+1)] + "}"
		case 4, 5:
			depth = min(depth+1, 6)
			return indent + "if (x) {"
		case 6:
			depth = 1
			return fmt.Sprintf("static int function_%d(void) {", random.IntN(10))
		case 7:
			return indent + "return 0;"
		case 8:
			return indent + "/* comment */"
		case 9:
			return "   \t "[:random.IntN(6)]
		default:
			return indent + fmt.Sprintf("statement(%d);", random.IntN(8))
		}
	}
}

func code(random *rand.Rand) (before, after []byte) {
	line := codeLine(random)
	lines := several(random.IntN(200), line)
	return text(random, lines), text(random, edited(random, lines, 1+random.IntN(8), line))
}

func blankLines(random *rand.Rand) (before, after []byte) {
	code := codeLine(random)
	line := func() string {
		if random.IntN(4) > 0 {
			return ""
		}
		return code()
	}
	lines := several(random.IntN(150), line)
	return text(random, lines), text(random, edited(random, lines, 1+random.IntN(6), line))
}

// slidingGroups gives texts that repeat a few lines, once more on one side: the
// repetition can stand in as many places as it has lines.
func slidingGroups(random *rand.Rand) (before, after []byte) {
	number, blankOdds := 0, 1+random.IntN(4)
	deep := random.IntN(10) == 0
	line := func() string {
		if random.IntN(1+blankOdds) == 0 {
			return []string{"", "", "", "  ", "\t", "\r", "\f", "\v"}[random.IntN(8)]
		}
		number++
		indent := strings.Repeat(" ", random.IntN(4))
		if deep {
			indent = strings.Repeat(" ", 196+random.IntN(6)) + strings.Repeat("\t", random.IntN(2))
		}
		return indent + strconv.Itoa(number)
	}
	longest := 8
	if random.IntN(20) == 0 {
		longest = 130
	}
	block := several(1+random.IntN(longest), line)
	var lines []string
	lines = append(lines, several(random.IntN(4), line)...)
	at := len(lines)
	lines = append(lines, block...)
	if random.IntN(2) == 0 {
		lines = append(lines, block[:random.IntN(len(block)+1)]...)
	}
	lines = append(lines, several(random.IntN(4), line)...)
	more := append(append(append([]string(nil), lines[:at]...), block...), lines[at:]...)
	if random.IntN(2) == 0 {
		lines, more = more, lines
	}
	return text(random, lines), text(random, more)
}

// drownedLines gives texts in which lines that occur about as often as makes
// them frequent stand among new ones.
func drownedLines(random *rand.Rand) (before, after []byte) {
	number, odds, kinds := 0, 2+random.IntN(8), 1+random.IntN(3)
	line := func() string {
		if random.IntN(odds) == 0 {
			return []string{"", "}", "common"}[random.IntN(kinds)]
		}
		number++
		return fmt.Sprint("unique ", number)
	}
	lines := several(1<<random.IntN(11)+random.IntN(100), line)
	other := lines
	for range 1 + random.IntN(3) {
		from := random.IntN(len(other) + 1)
		to := min(len(other), from+random.IntN(250))
		other = append(other[:from:from], append(several(random.IntN(250), line), other[to:]...)...)
	}
	return text(random, lines), text(random, other)
}

// newAroundCommon gives texts that keep all lines that they share in order, some
// of them frequent ones with a few new lines around.
func newAroundCommon(random *rand.Rand) (before, after []byte) {
	number := 0
	unique := func() string {
		number++
		return fmt.Sprint("unique ", number)
	}
	var a, b []string
	both := func(line string) { a, b = append(a, line), append(b, line) }
	for range random.IntN(40) {
		for range 1 + random.IntN(4) {
			both(unique())
		}
		both("}")
	}
	for range 1 + random.IntN(4) {
		for range 1 + random.IntN(3) {
			a = append(a, several(random.IntN(9), unique)...)
			b = append(b, several(random.IntN(9), unique)...)
			both("}")
		}
		a, b = append(a, unique()), append(b, unique())
		both(unique())
		if len(a) > 10 && random.IntN(3) == 0 {
			a = append(a, a[random.IntN(10)])
		}
	}
	return text(random, a), text(random, b)
}

// oldLinesAnew gives texts that differ in many lines between a few shared ones;
// those lines occur in the common start of both, too.
func oldLinesAnew(random *rand.Rand) (before, after []byte) {
	head := several(3000, func() string { return fmt.Sprint("line ", random.Uint64()) })
	a, b := append([]string(nil), head...), append([]string(nil), head...)
	forOld, forNew := head[:1500], head[1500:]
	if random.IntN(2) == 0 {
		// The same lines between, but far from the diagonal.
		shared := several(200+random.IntN(300), func() string { return fmt.Sprint("shared ", random.Uint64()) })
		a = append(append(a, shared...), forOld[:random.IntN(1000)]...)
		b = append(append(b, forNew[:random.IntN(1000)]...), shared...)
		return text(random, a), text(random, b)
	}
	longest := []int{40, 400}[random.IntN(2)]
	for len(forOld) > longest && len(forNew) > longest {
		n, m := random.IntN(2)*random.IntN(longest), random.IntN(2)*random.IntN(longest)
		a, forOld = append(a, forOld[:n]...), forOld[n:]
		b, forNew = append(b, forNew[:m]...), forNew[m:]
		for range random.IntN(longest) {
			shared := fmt.Sprint("shared ", random.Uint64())
			a, b = append(a, shared), append(b, shared)
		}
	}
	return text(random, a), text(random, b)
}

// longText gives texts whose size takes the limits on frequent lines to every
// step, and whose common ends hold the lines that are edited.
func longText(random *rand.Rand) (before, after []byte) {
	kinds := 5 + random.IntN(200)
	indented := codeLine(random)
	line := func() string {
		if random.IntN(3) == 0 {
			return indented()
		}
		return fmt.Sprint("line ", random.IntN(kinds))
	}
	lines := several(1<<random.IntN(12), line)
	return text(random, lines), text(random, edited(random, lines, 1+random.IntN(4), line))
}

// littleInCommon gives texts that are so different that the search for the
// shortest diff is given up.
func littleInCommon(random *rand.Rand) (before, after []byte) {
	kinds := 2 + random.IntN(400)
	line := func() string { return fmt.Sprint(random.IntN(kinds)) }
	a := several(500+random.IntN(4000), line)
	var b []string
	switch random.IntN(3) {
	case 0:
		b = several(500+random.IntN(4000), line)
	case 1:
		b = edited(random, a, 100+random.IntN(500), line)
	default:
		// Long equal runs between stretches that differ.
		for at := 0; at < len(a); {
			end := min(len(a), at+random.IntN(120))
			b = append(b, a[at:end]...)
			b = append(b, several(random.IntN(200), line)...)
			at = end + random.IntN(100)
		}
	}
	return text(random, a), text(random, b)
}

// numbered gives n lines of as many kinds.
func numbered(random *rand.Rand, n, kinds int) []string {
	return several(n, func() string { return strconv.FormatInt(int64(random.IntN(kinds)), 36) })
}

// manySmallEdits gives texts that are so long that the search has many steps
// before it is given up, with enough edits to need them.
func manySmallEdits(random *rand.Rand) (before, after []byte) {
	n, kinds := 35000+random.IntN(20000), 100+random.IntN(20000)
	a := numbered(random, n, kinds)
	every := 3 + random.IntN(40)
	var b []string
	for _, line := range a {
		switch random.IntN(3 * every) {
		case 0:
		case 1:
			b = append(b, line, a[random.IntN(n)])
		case 2:
			b = append(b, a[random.IntN(n)])
		default:
			b = append(b, line)
		}
	}
	return text(random, a), text(random, b)
}

// longRuns gives texts like manySmallEdits, in which stretches that have little
// in common come before, after or between equal ones.
func longRuns(random *rand.Rand) (before, after []byte) {
	kinds := 100 + random.IntN(1000)
	var a, b []string
	for len(a) < 40000 {
		a = append(a, numbered(random, random.IntN(900), kinds)...)
		b = append(b, numbered(random, random.IntN(900), kinds)...)
		for range random.IntN(60) {
			run := numbered(random, 15+random.IntN(30), kinds)
			a, b = append(a, run...), append(b, run...)
			if random.IntN(2) == 0 {
				a = append(a, numbered(random, random.IntN(3), kinds)...)
			} else {
				b = append(b, numbered(random, random.IntN(3), kinds)...)
			}
		}
	}
	return text(random, a), text(random, b)
}

// limitOfSteps gives texts whose length lies where the limit of steps doubles.
func limitOfSteps(random *rand.Rand) (before, after []byte) {
	n := 65533 - random.IntN(2)
	a := numbered(random, n/2, 300)
	b := numbered(random, n-n/2, 300)
	a[0], b[0], a[1], b[1] = "0", "1", "1", "0"
	a[len(a)-1], b[len(b)-1], a[len(a)-2], b[len(b)-2] = "0", "1", "1", "0"
	return text(random, a), text(random, b)
}

// millionLines gives texts that are so long that the limit of occurrences
// grows no more, with lines that occur just below, at and above it among new
// ones.
func millionLines(random *rand.Rand) (before, after []byte) {
	lines := make([]string, 1<<20)
	for i := range lines {
		lines[i] = strconv.FormatInt(int64(i), 36)
	}
	other := append([]string(nil), lines...)
	at := 0
	for kind := range 5 {
		line := fmt.Sprint("frequent ", kind)
		for range 1021 + kind {
			lines[at], other[at] = line, line
			at += 2
		}
	}
	for kind := range 5 {
		at += 1000
		for i := range 20 {
			lines[at+i], other[at+i] = fmt.Sprint("old ", kind, i), fmt.Sprint("new ", kind, i)
		}
		line := fmt.Sprint("frequent ", kind)
		lines[at+5+random.IntN(5)], other[at+12] = line, line
	}
	return text(random, lines), text(random, other)
}

func movedBlocks(random *rand.Rand) (before, after []byte) {
	kinds := 20 + random.IntN(5000)
	a := several(200+random.IntN(3000), func() string { return fmt.Sprint(random.IntN(kinds)) })
	b := append([]string(nil), a...)
	for range 1 + random.IntN(30) {
		i, j := random.IntN(len(b)), random.IntN(len(b))
		i, j = min(i, j), max(i, j)
		j = min(j, i+400)
		block := append([]string(nil), b[i:j]...)
		rest := append(b[:i:i], b[j:]...)
		to := random.IntN(len(rest) + 1)
		b = append(rest[:to:to], append(block, rest[to:]...)...)
	}
	return text(random, a), text(random, b)
}

// anyBytes gives texts with odd bytes: no UTF-8, carriage returns, form feeds,
// NUL late in the text.
func anyBytes(random *rand.Rand) (before, after []byte) {
	line := func() string {
		line := []byte("function name that is long enough to be cut at its end, which lies somewhere behind here: ")
		line = line[random.IntN(len(line)):]
		for range random.IntN(12) {
			odd := []string{"\r", "\v", "\f", "\t", " ", "é", "€", "𝄞", "\xff", "\xc3", "\xe2\x82", "\xef\xbf\xbe", "\xef\xbf\xbf",
				"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\x01", "\x7f", "\u0300", "$", "_"}
			at := random.IntN(len(line) + 1)
			line = append(line[:at:at], append([]byte(odd[random.IntN(len(odd))]), line[at:]...)...)
		}
		return string(line)
	}
	lines := several(random.IntN(40), line)
	before, after = text(random, lines), text(random, edited(random, lines, 1+random.IntN(4), line))
	if random.IntN(10) == 0 {
		before = append(bytes.Repeat([]byte("long beginning\n"), 550+random.IntN(20)), before...)
		before = append(before, 0)
	}
	return before, after
}
