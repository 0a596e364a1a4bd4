package sink

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// tree is a row whose longest list is that of its leaves.
type tree struct {
	Name   string   `json:"name"`
	Words  []string `json:"words"`
	Twigs  []leaf   `json:"twigs"`
	Leaves []leaf   `json:"leaves"`
	Weight float64  `json:"weight"`
}

type leaf struct {
	Text   string   `json:"text"`
	Values []string `json:"values"`
}

// joined gives the parts of a large row as one, with the byte of encodeRow.
func joined(t *testing.T, value any) string {
	t.Helper()
	row, err := newLargeRow(value)
	require.NoError(t, err)
	var all bytes.Buffer
	require.NoError(t, row.eachPart(func(part []byte) error {
		_, err := all.Write(part)
		return err
	}))
	assert.EqualValues(t, all.Len(), row.bytes)
	if row.repaired {
		return all.String() + string(rune(repairedRow))
	}
	return all.String() + string(soundRow)
}

func TestThePartsOfALargeRowAreTheRow(t *testing.T) {
	commit := func(patches ...string) *stage.Commit {
		c := &stage.Commit{Message: `"files":[]` + "\n", Trailers: []stage.Trailer{{Key: "files", Value: `"files":[]`}}}
		for i, patch := range patches {
			c.Files = append(c.Files, stage.FileChange{NewPath: fmt.Sprint(i), Kind: stage.Added, Patch: patch,
				Hunks: []stage.Hunk{{Heading: patch}}})
		}
		return c
	}
	for name, value := range map[string]any{
		"one file":           commit("a\tb\n\"<\\"),
		"files":              commit("a", "", "c\x00\u2028", "é"),
		"not UTF-8":          commit("fine", "K\xf6ln", "\xff\xfe"),
		"not UTF-8 outside":  &stage.Commit{Repo: "\xff", Files: make([]stage.FileChange, 2)},
		"no mark of its own": &tree{Name: "\xff", Twigs: []leaf{{}}, Leaves: []leaf{{Text: "\xfe."}, {Values: []string{"\xc0\xaf"}}}},
		"the longest list":   &tree{Words: []string{"a", "b", "c"}, Twigs: []leaf{{Text: `leaves":[]`}}, Leaves: []leaf{{}, {Text: "x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			want, end, err := encodeValid(nil, value)
			require.NoError(t, err)
			assert.Equal(t, string(append(want, end)), joined(t, value))
		})
	}
}

func TestRowsThatCannotBeDivided(t *testing.T) {
	type inner struct {
		Leaves []leaf `json:"leaves"`
	}
	for name, value := range map[string]any{
		"no list":            &stage.Commit{},
		"no list of structs": &tree{Words: []string{"a"}},
		"another like key": &struct {
			Inner  inner  `json:"inner"`
			Leaves []leaf `json:"leaves"`
		}{Leaves: []leaf{{}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newLargeRow(value)
			assert.ErrorIs(t, err, errIndivisible)
		})
	}
	_, err := newLargeRow(&tree{Weight: math.NaN(), Leaves: []leaf{{}}})
	assert.ErrorContains(t, err, "NaN")
}

// What is stored of a large row is what is stored of it as one piece.
func TestLargeRowsAreStoredAsTheyAre(t *testing.T) {
	large := &stage.Commit{Files: make([]stage.FileChange, 3)}
	for i := range large.Files {
		large.Files[i].Patch = strings.Repeat(fmt.Sprintf("+%d \"quoted\"\n", i), stage.LargeItem/30)
	}
	large.Files[1].Patch += "\xff"
	small := &stage.Commit{Message: "small"}
	require.True(t, isLarge(large))
	require.False(t, isLarge(small))
	require.False(t, isLarge((*stage.Commit)(nil)))

	rows := []*stage.Commit{small, large, large, small}
	stored := func(write func(*JSONL[*stage.Commit], stage.Position, *stage.Commit) error) *Manifest {
		j := &JSONL[*stage.Commit]{Dir: t.TempDir(), ShardBytes: 1 << 20}
		require.NoError(t, j.Open(t.Context()))
		for i, row := range rows {
			require.NoError(t, write(j, stage.Position(i), row))
		}
		require.NoError(t, j.Finish(t.Context()))
		require.NoError(t, j.Close())
		return j.Manifest()
	}
	inParts := stored(func(j *JSONL[*stage.Commit], at stage.Position, row *stage.Commit) error {
		return j.Write(t.Context(), stage.Item[*stage.Commit]{Position: at, Value: row})
	})
	whole := stored(func(j *JSONL[*stage.Commit], at stage.Position, row *stage.Commit) error {
		encoded, err := j.Encode(nil, row)
		require.NoError(t, err)
		return j.WriteEncoded(t.Context(), at, encoded)
	})
	assert.EqualValues(t, 2, inParts.RepairedRows)
	assert.Len(t, inParts.Shards(), 4, "a row never spans two shards")
	assert.Equal(t, whole, inParts, "their sums included")
}
