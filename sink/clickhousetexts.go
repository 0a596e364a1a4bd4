package sink

import (
	"encoding/binary"

	"github.com/ClickHouse/ch-go/proto"
)

// longTexts is a column of String whose values lie in memory as they go over
// the wire, each after its length. A [proto.ColStr] is laid out anew when it is
// sent, which takes a copy of the whole batch in memory that the connection then
// keeps.
type longTexts struct {
	encoded []byte
	rows    int
	// expected is the size in bytes that the column seldom outgrows.
	expected int
}

var (
	_ proto.ColInput   = (*longTexts)(nil)
	_ proto.Resettable = (*longTexts)(nil)
)

// appendText adds a row to a column of texts.
func appendText[T string | []byte](t *longTexts, text T) {
	t.reserve(binary.MaxVarintLen64 + len(text))
	t.encoded = binary.AppendUvarint(t.encoded, uint64(len(text)))
	t.encoded = append(t.encoded, text...)
	t.rows++
}

// reserve makes room for n bytes. Growth is in few steps, as what a step leaves
// behind is memory until the collector has been there, and the last one goes no
// further than expected.
func (t *longTexts) reserve(n int) {
	need := len(t.encoded) + n
	if need <= cap(t.encoded) {
		return
	}
	size := need + need/8
	if need <= t.expected {
		size = min(max(4*cap(t.encoded), size), t.expected)
	}
	t.encoded = append(make([]byte, 0, size), t.encoded...)
}

func (t *longTexts) Type() proto.ColumnType { return proto.ColumnTypeString }
func (t *longTexts) Rows() int              { return t.rows }
func (t *longTexts) Reset()                 { t.encoded, t.rows = t.encoded[:0], 0 }

// EncodeColumn adds the rows to a buffer.
func (t *longTexts) EncodeColumn(b *proto.Buffer) { b.PutRaw(t.encoded) }

// WriteColumn sends the rows from where they are.
func (t *longTexts) WriteColumn(w *proto.Writer) { w.ChainWrite(t.encoded) }

// longNullableTexts is a column of Nullable(String).
type longNullableTexts struct {
	nulls proto.ColUInt8
	texts longTexts
}

var (
	_ proto.ColInput   = (*longNullableTexts)(nil)
	_ proto.Resettable = (*longNullableTexts)(nil)
)

// add adds a row: NULL where text is nil.
func (t *longNullableTexts) add(text []byte) {
	t.nulls.Append(flag(text == nil))
	appendText(&t.texts, text)
}

func (t *longNullableTexts) Type() proto.ColumnType {
	return proto.ColumnTypeNullable.Sub(proto.ColumnTypeString)
}
func (t *longNullableTexts) Rows() int { return t.texts.rows }

func (t *longNullableTexts) Reset() {
	t.nulls.Reset()
	t.texts.Reset()
}

func (t *longNullableTexts) EncodeColumn(b *proto.Buffer) {
	t.nulls.EncodeColumn(b)
	t.texts.EncodeColumn(b)
}

func (t *longNullableTexts) WriteColumn(w *proto.Writer) {
	t.nulls.WriteColumn(w)
	t.texts.WriteColumn(w)
}
