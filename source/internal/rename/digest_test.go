package rename

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source/internal/gitoracle"
	"github.com/commitflow/commitflow/source/internal/tree"
	"github.com/commitflow/commitflow/stage"
)

// numberOf gives the number that a line is known by.
func numberOf(line string) uint32 {
	var h roll
	for i := range len(line) {
		h = h.add(line[i])
	}
	return h.number()
}

// TestLinesOfOneNumberCountAsEqual shows that our numbers are git's: of two
// files without a line in common, but with lines of the same numbers, git
// thinks that they are equal.
func TestLinesOfOneNumberCountAsEqual(t *testing.T) {
	// The second kind of line carries over from the lower word.
	formats := []string{"line %08d of a file\n", "\x7f\x7f\x7f\x7f\x7f\x80 %08d\n......", "\xff\xff%08d\xff\xff\n........"}
	for _, format := range formats {
		const want = 50
		first := map[uint32]string{}
		var before, after strings.Builder
		for i, found := 0, 0; found < want; i++ {
			line := fmt.Sprintf("other %07d of file\n", i)
			number := numberOf(line)
			if twin, ok := first[number]; ok && twin != "" {
				before.WriteString(twin)
				after.WriteString(line)
				first[number] = ""
				found++
			}
			line, _, _ = strings.Cut(fmt.Sprintf(format, i), "\n")
			line += "\n"
			if _, ok := first[numberOf(line)]; !ok {
				first[numberOf(line)] = line
			}
		}
		repo := gitoracle.NewRepo(t)
		repo.Import(t, []gitoracle.Snapshot{gitoracle.Texts("a", before.String()), gitoracle.Texts("b", after.String())})
		objects := repo.Objects(t)
		commit := repo.Log(t, "h0", "-M40%")[0]
		require.Equal(t, stage.Renamed, commit.Files[0].Kind, "git, %q", format)

		files, err := tree.Diff(t.Context(), objects, commit.Parent, commit.Tree, tree.Options{})
		require.NoError(t, err)
		files, _, err = Detect(t.Context(), objects, files, Options{})
		require.NoError(t, err)
		assert.Equal(t, gitoracle.Lines(commit.Files), gitoracle.Lines(files), format)
	}
}

// slowDigest cuts a content byte by byte, as the documentation of digest says.
func slowDigest(content []byte) map[uint32]uint32 {
	isText := !strings.Contains(string(content[:min(len(content), binaryHead)]), "\x00")
	weights := map[uint32]uint32{}
	var piece string
	for i, c := range content {
		if isText && c == '\r' && strings.HasPrefix(string(content[i+1:min(i+2, len(content))]), "\n") {
			continue
		}
		piece += string([]byte{c})
		if c == '\n' || len(piece) == maxPiece {
			lower, upper := uint32(0), uint32(0)
			for n := range len(piece) {
				lower, upper = lower<<7|upper>>25, upper<<7|lower>>25
				lower += uint32(piece[n])
			}
			weights[(lower+upper*spread)%buckets] += uint32(len(piece))
			piece = ""
		}
	}
	return weights
}

// FuzzSimilarity compares any two contents: the digests are those of the slow
// way, the order of the two does not matter, and the score stays in its bounds.
func FuzzSimilarity(f *testing.F) {
	f.Add([]byte("a\nb\n"), []byte("a\nc\n"))
	f.Add([]byte("a\r\nb\r\n"), []byte("a\nb\nc"))
	f.Add([]byte(strings.Repeat("\x7f", 70)+"\n"), []byte(strings.Repeat("\x7f\x7f\x7f\x7f\x7f\x80", 30)))
	f.Add([]byte("\x00\r\n\r\r\n"), []byte("\r"))
	g, w := new(digester), new(weights)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		digests := [2]*digest{}
		for i, content := range [][]byte{a, b} {
			d := g.digest(content)
			digests[i] = d
			got, total := map[uint32]uint32{}, 0
			for _, p := range d.pieces {
				got[p.number] = p.weight
				total += int(p.weight)
			}
			require.Len(t, got, len(d.pieces), "each number once")
			require.Equal(t, slowDigest(content), got)
			require.Equal(t, d.total, total)
			require.LessOrEqual(t, total, len(content))
		}
		require.True(t, g.weights == weights{}, "clean for the next digest")

		w.load(digests[0])
		shared := w.shared(digests[1])
		w.unload(digests[0])
		require.True(t, *w == weights{})
		w.load(digests[1])
		require.Equal(t, shared, w.shared(digests[0]))
		w.unload(digests[1])
		require.LessOrEqual(t, shared, min(digests[0].total, digests[1].total))

		score := scoreOf(shared, &file{size: int64(len(a))}, &file{size: int64(len(b))})
		require.GreaterOrEqual(t, score, 0)
		require.LessOrEqual(t, score, maxScore)
	})
}
