package sink

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The columns of long texts go over the wire like those of ch-go, again and
// again.
func TestLongTexts(t *testing.T) {
	for name, rows := range map[string][][]byte{
		"none":        {},
		"empty, null": {{}, nil, {}},
		"short":       {[]byte("a"), nil, []byte("b\x00c"), {}},
		"lengths":     {bytes.Repeat([]byte("x"), 127), bytes.Repeat([]byte("y"), 128), nil, bytes.Repeat([]byte("z"), 1<<14)},
		"large":       {bytes.Repeat([]byte("x"), 300_000), []byte("end")},
	} {
		t.Run(name, func(t *testing.T) {
			texts := longTexts{expected: 20_000}
			nullable := longNullableTexts{texts: longTexts{expected: 20_000}}
			for range 2 {
				var wantTexts proto.ColStr
				wantNullable := new(proto.ColBytes).Nullable()
				for _, row := range rows {
					wantTexts.AppendBytes(row)
					wantNullable.Append(proto.Nullable[[]byte]{Set: row != nil, Value: row})
					appendText(&texts, row)
					nullable.add(row)
				}
				assertSameColumn(t, wantTexts, &texts)
				assertSameColumn(t, wantNullable, &nullable)
				texts.Reset()
				nullable.Reset()
			}
		})
	}
}

func assertSameColumn(t *testing.T, want, got proto.ColInput) {
	t.Helper()
	assert.Equal(t, want.Type(), got.Type())
	assert.Equal(t, want.Rows(), got.Rows())
	var wantEncoded, encoded proto.Buffer
	want.EncodeColumn(&wantEncoded)
	got.EncodeColumn(&encoded)
	assert.True(t, bytes.Equal(wantEncoded.Buf, encoded.Buf), "encoded")
	var written bytes.Buffer
	w := proto.NewWriter(&written, new(proto.Buffer))
	got.WriteColumn(w)
	_, err := w.Flush()
	require.NoError(t, err)
	assert.True(t, bytes.Equal(wantEncoded.Buf, written.Bytes()), "written")
}

// A column takes no more memory than it is expected to, unless it needs it, and
// comes there in few steps.
func TestLongTextsGrow(t *testing.T) {
	const expected = 1 << 20
	texts := longTexts{expected: expected}
	text, steps := strings.Repeat("x", 1000), 0
	for size := 0; len(texts.encoded)+2*len(text) < expected; {
		appendText(&texts, text)
		if size != cap(texts.encoded) {
			size = cap(texts.encoded)
			steps++
		}
	}
	assert.Equal(t, expected, cap(texts.encoded))
	assert.LessOrEqual(t, steps, 7)
	appendText(&texts, strings.Repeat("x", expected))
	assert.Less(t, cap(texts.encoded), 3*expected)
}
