package sink

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// encodePortable is encodeValid for platforms and Go versions that sonic has
// no encoder for. encoding/json alone would not do: it writes nil slices as
// null and replaces invalid text without telling. Its text differs from
// sonic's where JSON leaves a choice (it escapes U+2028), its meaning does not.
func encodePortable(dst []byte, row any) (encoded []byte, end byte, err error) {
	end = soundRow
	parts, repaired := soundParts(row)
	if repaired {
		end = repairedRow
		if marked := shallowCopy(row); markRepaired(marked) {
			parts, _ = soundParts(marked)
		}
	}
	encoded, err = appendColumns(dst, parts, appendStandard)
	return encoded, end, err
}

// soundParts gives copies of the structs that a row is made of, without invalid
// text and nil slices, and reports whether there was invalid text.
func soundParts(row any) (parts []any, repaired bool) {
	parts = []any{row}
	if composite, ok := row.(Composite); ok {
		parts = slices.Clone(composite.Columns())
	}
	for i := range parts {
		parts[i] = shallowCopy(parts[i])
		repaired = makeSound(reflect.ValueOf(parts[i]).Elem()) || repaired
	}
	return parts, repaired
}

func appendStandard(dst []byte, row any) ([]byte, error) {
	out := bytes.NewBuffer(dst)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(row); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte{'\n'}), nil
}

// makeSound replaces invalid text in the value and gives nil slices an empty
// array, copying the slices that it goes into. It reports whether there was
// invalid text.
func makeSound(v reflect.Value) (repaired bool) {
	if marshals(v.Type()) {
		return false
	}
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() && !utf8.ValidString(v.String()) {
			v.SetString(strings.ToValidUTF8(v.String(), replacement))
			return true
		}
	case reflect.Struct:
		for i := range v.NumField() {
			repaired = makeSound(v.Field(i)) || repaired
		}
	case reflect.Slice:
		if !v.CanSet() {
			return false
		}
		elements := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(elements, v)
		v.Set(elements)
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			repaired = makeSound(v.Index(i)) || repaired
		}
	}
	return repaired
}
