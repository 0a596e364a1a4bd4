package sink

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"unicode/utf8"

	"github.com/bytedance/sonic/encoder"
	sonicutf8 "github.com/bytedance/sonic/utf8"
)

// UTF8Repairer is implemented by rows that mark themselves when a text in them
// is not valid UTF-8.
type UTF8Repairer interface {
	// RepairUTF8 makes every text of the row valid UTF-8, marks the row if
	// that changed anything, and reports whether it did. It is called with a
	// shallow copy of the row, which it may change, and only for rows that
	// hold invalid text. What the copy points to is shared with others: slices
	// are to be copied before an element is changed.
	RepairUTF8() bool
}

// What a row ends with between Encode and WriteEncoded. JSON holds neither
// byte, and the count of repaired rows so travels with the rows, in their
// order, and not with the workers.
const (
	soundRow    = '\n'
	repairedRow = 0
)

// escaped is how many characters of a row there are to one that JSON escapes, at
// least in most rows: line ends, tabs and quotes.
const escaped = 8

// replacement stands for each run of bytes that are not UTF-8.
const replacement = "\uFFFD"

// encodeRow appends value's JSON and the byte that tells whether it had to be
// repaired. On an error it returns dst as it came.
func encodeRow[T any](dst []byte, value T) ([]byte, error) {
	start := len(dst)
	row, end, err := encodeValid(dst, rowPointer(&value))
	if err == nil && bytes.IndexByte(row[start:], '\n') >= 0 {
		err = errors.New("its JSON spans several lines")
	}
	if err != nil {
		return dst, encodingError(value, err)
	}
	return append(row, end), nil
}

func encodingError(value any, err error) error {
	return fmt.Errorf("encode %s: %w", rowName(value), err)
}

// rowPointer gives a pointer to the row's struct, whether T is that struct or
// a pointer to it.
func rowPointer[T any](value *T) any {
	if reflect.TypeFor[T]().Kind() == reflect.Pointer {
		return *value
	}
	return value
}

// rowName tells an error's reader which row it is about.
func rowName(value any) string {
	if v := reflect.ValueOf(value); v.Kind() == reflect.Pointer && v.IsNil() {
		return fmt.Sprintf("a nil %T", value)
	}
	if named, ok := value.(fmt.Stringer); ok {
		return named.String()
	}
	return fmt.Sprintf("a %T", value)
}

// encodeValid encodes the row that a pointer points to, and repairs it if need
// be.
func encodeValid(dst []byte, row any) (encoded []byte, end byte, err error) {
	if reflect.ValueOf(row).IsNil() {
		return nil, 0, errors.New("there is no row")
	}
	if encoder.EnableFallback {
		return encodePortable(dst, row)
	}
	start := len(dst)
	if encoded, err = encodeSonic(dst, row); err != nil {
		return nil, 0, err
	}
	if sonicutf8.Validate(encoded[start:]) {
		return encoded, soundRow, nil
	}
	if repaired := shallowCopy(row); markRepaired(repaired) {
		if encoded, err = encodeSonic(dst, repaired); err != nil {
			return nil, 0, err
		}
	}
	// Bytes that are not UTF-8 occur inside of JSON strings only, where their
	// replacement needs no escape.
	return append(dst, validUTF8(encoded[start:])...), repairedRow, nil
}

// repairedAtOnce is how much of a row is looked at at a time.
const repairedAtOnce = 4 << 10

// validUTF8 gives a repaired copy of a text, as bytes.ToValidUTF8 does, which goes
// from byte to byte. What is valid, as most of such a row is, is found out fast.
func validUTF8(text []byte) []byte {
	valid := make([]byte, 0, len(text)+len(text)/escaped)
	for len(text) > 0 {
		n := min(repairedAtOnce, len(text))
		for n < len(text) && text[n-1] >= utf8.RuneSelf { // within what may be one character, or one fault
			n++
		}
		part := text[:n]
		if !sonicutf8.Validate(part) {
			part = bytes.ToValidUTF8(part, []byte(replacement))
		}
		valid, text = append(valid, part...), text[n:]
	}
	return valid
}

func markRepaired(row any) bool {
	repairer, ok := row.(UTF8Repairer)
	return ok && repairer.RepairUTF8()
}

// shallowCopy gives a pointer to a copy of the struct that row points to.
func shallowCopy(row any) any {
	value := reflect.ValueOf(row).Elem()
	duplicate := reflect.New(value.Type())
	duplicate.Elem().Set(value)
	return duplicate.Interface()
}

// encodeSonic leaves sonic's ValidateString option out on purpose: that scans
// dst from its very beginning, and repairs without telling. encodeValid makes
// the same scan of the new bytes alone.
//
// Sonic doubles dst whenever that is too small, which for a large row means to
// copy it several times; rows that know their size are spared that.
func encodeSonic(dst []byte, row any) ([]byte, error) {
	if sized, ok := row.(interface{ Size() int }); ok {
		size := sized.Size()
		dst = slices.Grow(dst, size+size/escaped)
	}
	if composite, ok := row.(Composite); ok {
		return appendColumns(dst, composite.Columns(), appendSonic)
	}
	return appendSonic(dst, row)
}

func appendSonic(dst []byte, row any) ([]byte, error) {
	err := encoder.EncodeInto(&dst, row, encoder.NoNullSliceOrMap|encoder.CompactMarshaler)
	return dst, err
}
