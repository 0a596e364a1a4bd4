package sink

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

func TestRowText(t *testing.T) {
	for _, c := range []struct{ name, text, json string }{
		{"code is not escaped for HTML", `if (a < b && *p->q)`, `if (a < b && *p->q)`},
		{"quotes and backslashes", `"\n"`, `\"\\n\"`},
		{"line ends and tabs", "a\tb\r\n", `a\tb\r\n`},
		{"line separators stay, JSON allows them", "a\u2028b\u2029", "a\u2028b\u2029"},
		{"noncharacters and the byte order mark are text", "\ufffe\ufeff", "\ufffe\ufeff"},
		{"text beyond the BMP", "😀", "😀"},
	} {
		t.Run(c.name, func(t *testing.T) {
			row, err := encodeRow(nil, text{c.text})
			require.NoError(t, err)
			assert.Equal(t, `{"text":"`+c.json+"\"}\n", string(row))
		})
	}
}

// invalid lists texts that are not UTF-8, and what they are repaired to.
var invalid = []struct{ name, text, want string }{
	{"Latin-1", "K\xf6ln", "K\ufffdln"},
	{"a run becomes one character", "\xff\xfe\xfd.", "\ufffd."},
	{"runs apart", "\xff.\xff", "\ufffd.\ufffd"},
	{"a cut sequence at the end", "a\xe2\x80", "a\ufffd"},
	{"a surrogate", "\xed\xa0\x80", "\ufffd"},
	{"an overlong form", "\xc0\xaf", "\ufffd"},
	{"beyond Unicode", "\xf4\x90\x80\x80", "\ufffd"},
	{"valid text around is kept", "é\xe9é\u2028\xe9<", "é\ufffdé\u2028\ufffd<"},
}

func TestInvalidTextIsRepairedAndMarked(t *testing.T) {
	for _, c := range invalid {
		t.Run(c.name, func(t *testing.T) {
			row, err := encodeRow(nil, text{c.text})
			require.NoError(t, err)
			assert.Equal(t, `{"text":"`+c.want+"\"}\x00", string(row), "a row without a mark of its own")

			example := exampleRow{Output: c.text, Paths: []string{c.text}, Tags: []string{"fine"}}
			row, err = encodeRow(nil, example)
			require.NoError(t, err)
			var got exampleRow
			require.NoError(t, json.Unmarshal(row[:len(row)-1], &got))
			assert.True(t, got.Repaired)
			assert.Equal(t, c.want, got.Output)
			assert.Equal(t, []string{c.want}, got.Paths)
			assert.Equal(t, byte(repairedRow), row[len(row)-1])

			assert.False(t, example.Repaired, "the caller's row is left alone")
			assert.Equal(t, []string{c.text}, example.Paths)
		})
	}
}

// Wherever faults lie, and however long they are.
func TestRepairIsThatOfTheStandardLibrary(t *testing.T) {
	for _, fault := range []string{"\xff", "\xff\xfe\xfd", "\xe4\xb8", "é\xc3", "\xc3é", strings.Repeat("\x80", repairedAtOnce+5), "世"} {
		for before := repairedAtOnce - 5; before < repairedAtOnce+5; before++ {
			text := []byte(strings.Repeat("a", before) + fault + strings.Repeat("b", repairedAtOnce) + fault)
			require.Equal(t, string(bytes.ToValidUTF8(text, []byte(replacement))), string(validUTF8(text)))
		}
	}
	assert.Empty(t, validUTF8(nil))
}

func TestPointersToRows(t *testing.T) {
	example := &exampleRow{Output: "K\xf6ln"}
	fromPointer, err := encodeRow(nil, example)
	require.NoError(t, err)
	assert.Equal(t, "K\xf6ln", example.Output, "other sinks may hold the row, too")
	fromValue, err := encodeRow(nil, *example)
	require.NoError(t, err)
	assert.Equal(t, string(fromValue), string(fromPointer))

	_, err = encodeRow[*exampleRow](nil, nil)
	assert.EqualError(t, err, "encode a nil *sink.exampleRow: there is no row")
}

// stubborn claims to be repaired, but is not.
type stubborn struct {
	Text     string `json:"text"`
	Repaired bool   `json:"repaired"`
}

func (s *stubborn) RepairUTF8() bool {
	s.Repaired = true
	return true
}

func TestRowIsValidWhateverItsRepairDoes(t *testing.T) {
	row, err := encodeRow(nil, stubborn{Text: "\xff"})
	require.NoError(t, err)
	assert.Equal(t, "{\"text\":\"\ufffd\",\"repaired\":true}\x00", string(row))
}

func TestEncodeAppends(t *testing.T) {
	for _, value := range []text{{"sound"}, {"\xff"}} {
		prefix := []byte("before \xff\n")
		row, err := encodeRow(prefix, value)
		require.NoError(t, err)
		alone, err := encodeRow(nil, value)
		require.NoError(t, err)
		assert.Equal(t, "before \xff\n"+string(alone), string(row))
	}
	row, err := encodeRow([]byte("before"), struct{ F float64 }{math.Inf(1)})
	assert.ErrorContains(t, err, "encode a struct { F float64 }: ")
	assert.Equal(t, "before", string(row))
}

// Rows that know their size are written into memory that is made for them, and
// does not grow on the way.
func TestRoomIsMadeForALargeRowAtOnce(t *testing.T) {
	output := strings.Repeat("\tif (ret < 0 && !(flags & FLAG))\n\t\treturn -EINVAL;\n", 20_000)
	example := &exampleRow{Input: output, Output: output}
	room := example.Size() + example.Size()/escaped
	row, err := encodeRow(nil, example)
	require.NoError(t, err)
	require.Equal(t, cap(slices.Grow([]byte(nil), room)), cap(row))
	require.Greater(t, len(row), room*4/5)
}

func TestNoNullsAndTheSameKeys(t *testing.T) {
	empty, err := encodeRow(nil, exampleRow{})
	require.NoError(t, err)
	assert.Equal(t, `{"instruction":"","input":"","output":"","repo":"","commit":"0000000000000000000000000000000000000000",`+
		`"date":"","paths":[],"subsystems":[],"tags":[],"quality":0,"license":"","links":[],"repaired":false}`+"\n", string(empty))
	assert.Equal(t, shape(t, empty), shape(t, must(encodeRow(nil, exampleRow{
		Output: "x", Paths: []string{"a"}, Tags: []string{"b"}, Quality: 33.3, Links: []linkColumn{{}}, Repaired: true,
	}))))
}

func must(row []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return row
}

// shape gives the keys of a row, in order, with the types of their values.
func shape(t *testing.T, row []byte) (shape []string) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(string(row[:len(row)-1])))
	_, err := decoder.Token()
	require.NoError(t, err)
	for decoder.More() {
		key, err := decoder.Token()
		require.NoError(t, err)
		var value any
		require.NoError(t, decoder.Decode(&value))
		shape = append(shape, fmt.Sprintf("%v %T", key, value))
	}
	return shape
}

type manyLines struct{}

func (manyLines) MarshalJSON() ([]byte, error) { return []byte("{\n\"a\": 1\n}"), nil }

func TestMarshalersAreCompacted(t *testing.T) {
	row, err := encodeRow(nil, struct {
		M manyLines `json:"m"`
		T time.Time `json:"t"`
	}{})
	require.NoError(t, err)
	assert.Equal(t, `{"m":{"a":1},"t":"0001-01-01T00:00:00Z"}`+"\n", string(row))
}

// rich has every kind of column.
type rich struct {
	Text  string       `json:"text"`
	List  []string     `json:"list"`
	Deep  []linkColumn `json:"deep"`
	Fixed [2]string    `json:"fixed"`
	Time  time.Time    `json:"time"`
	Hash  stage.Hash   `json:"hash"`
	Float float32      `json:"float"`
	Big   uint64       `json:"big"`
	inner
	hidden string
}

type inner struct {
	Inner string     `json:"inner"`
	More  [][]string `json:"more"`
}

func TestPortableEncodingMeansTheSame(t *testing.T) {
	rows := []any{
		&exampleRow{}, &rich{}, &rich{hidden: "\xff"},
		&rich{Text: "a\u2028<&>", List: []string{""}, Float: 0.1, Big: math.MaxUint64, inner: inner{Inner: "i", More: [][]string{nil, {"x"}}}},
	}
	for _, c := range invalid {
		rows = append(rows,
			&exampleRow{Instruction: "sound", Output: c.text, Paths: []string{"a", c.text}},
			&rich{Deep: []linkColumn{{Kind: stage.LinkKind(c.text)}}},
			&rich{Fixed: [2]string{"", c.text}},
			&rich{inner: inner{More: [][]string{{c.text}}}},
			&stubborn{Text: c.text})
	}
	for _, row := range rows {
		before := fmt.Sprintf("%#v", row)
		want, wantEnd, err := encodeValid([]byte("before"), row)
		require.NoError(t, err)
		got, gotEnd, err := encodePortable([]byte("before"), row)
		require.NoError(t, err)
		assert.Equal(t, string(want), strings.ReplaceAll(string(got), `\u2028`, "\u2028"))
		assert.Equal(t, wantEnd, gotEnd)
		assert.Equal(t, before, fmt.Sprintf("%#v", row), "the row is left alone")
	}
	_, _, err := encodePortable(nil, &rich{Float: float32(math.NaN())})
	assert.Error(t, err)
}

func TestRowTypesWhoseRowsWouldDifferAreRefused(t *testing.T) {
	type loop struct {
		Next []loop `json:"next"`
	}
	for want, check := range map[string]func() error{
		"":    (&JSONL[rich]{}).check,
		"  ":  (&JSONL[*exampleRow]{}).check,
		"   ": (&JSONL[loop]{}).check,
		"rows of type string: use a struct, its fields are the columns":                                                                        (&JSONL[string]{}).check,
		"rows of type map[string]string: use a struct, its fields are the columns":                                                             (&JSONL[map[string]string]{}).check,
		"rows of type struct {}: no exported field, so no column":                                                                              (&JSONL[struct{}]{}).check,
		"struct { A map[string]int }.A is a map[string]int: its rows would differ in their keys or types; use basic types, structs and slices": (&JSONL[struct{ A map[string]int }]{}).check,
		"struct { A []*int }.A[] is a *int: its rows would differ in their keys or types; use basic types, structs and slices":                 (&JSONL[struct{ A []*int }]{}).check,
		"struct { A interface {} }.A is a interface {}: its rows would differ in their keys or types; use basic types, structs and slices":     (&JSONL[struct{ A any }]{}).check,
		"struct { A []uint8 }.A is a []uint8: use a string for text":                                                                           (&JSONL[struct{ A []byte }]{}).check,
		"struct { A json.RawMessage }.A is a json.RawMessage: it may hold any type, so use a string or a struct":                               (&JSONL[struct{ A json.RawMessage }]{}).check,
		"struct { A int \"json:\\\",omitempty\\\"\" }.A is tagged omitempty: every row needs the same keys, so write the empty value": (&JSONL[struct {
			A int `json:",omitempty"`
		}]{}).check,
	} {
		err := check()
		if strings.TrimSpace(want) == "" {
			assert.NoError(t, err)
		} else {
			assert.EqualError(t, err, want)
		}
	}
}

// FuzzRow puts any text into a row and wants one line of valid UTF-8 and JSON
// that holds the text, repaired where it is invalid and only then.
func FuzzRow(f *testing.F) {
	f.Add("plain", "\u2028\x00<>&\\\"")
	for _, c := range invalid {
		f.Add(c.text, c.name)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		row, err := encodeRow(nil, exampleRow{Output: a, Paths: []string{b}})
		require.NoError(t, err)
		line, end := row[:len(row)-1], row[len(row)-1]
		require.True(t, utf8.Valid(line))
		require.NotContains(t, string(line), "\n")
		sound := utf8.ValidString(a) && utf8.ValidString(b)
		require.Equal(t, sound, end == soundRow)
		var got exampleRow
		require.NoError(t, json.Unmarshal(line, &got))
		require.Equal(t, strings.ToValidUTF8(a, "\ufffd"), got.Output)
		require.Equal(t, []string{strings.ToValidUTF8(b, "\ufffd")}, got.Paths)
		require.Equal(t, !sound, got.Repaired)
	})
}
