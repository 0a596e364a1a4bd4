package sink

import (
	"bytes"
	"errors"
	"reflect"
	"strings"

	"github.com/bytedance/sonic/encoder"
	sonicutf8 "github.com/bytedance/sonic/utf8"

	"github.com/commitflow/commitflow/stage"
)

// largeRow is a row that is encoded part by part, so that a commit of a whole
// tree does not take the memory of its JSON on top of its own. The parts are the
// elements of the row's longest list of structs, and what comes before and behind
// them; together they are what encodeRow gives.
type largeRow struct {
	value  any           // a pointer to the row's struct
	list   reflect.Value // the list
	before []byte        // what comes before the first element
	behind []byte        // what comes behind the last one

	bytes    int64 // of all parts
	repaired bool
	part     []byte
}

// isLarge reports whether a row, given by a pointer, is to be a largeRow.
func isLarge(row any) bool {
	sized, ok := row.(interface{ Size() int })
	return ok && !reflect.ValueOf(row).IsNil() && sized.Size() >= stage.LargeItem
}

// errIndivisible tells that a row has to be encoded in one go.
var errIndivisible = errors.New("the row has no list to divide it at")

// newLargeRow encodes the value once, to know the size of its row and whether it
// is valid UTF-8; eachPart encodes it once more.
func newLargeRow(value any) (*largeRow, error) {
	r := &largeRow{value: value}
	if err := r.divide(); err != nil {
		return nil, err
	}
	sound, err := r.measure()
	if err != nil || sound {
		return r, err
	}
	if marked := shallowCopy(value); markRepaired(marked) {
		r.value = marked
		if err := r.divide(); err != nil {
			return nil, err
		}
	}
	r.repaired = true
	_, err = r.measure()
	return r, err
}

// divide encodes the row without its longest list, and finds that list's place.
func (r *largeRow) divide() error {
	if encoder.EnableFallback || marshals(reflect.TypeOf(r.value).Elem()) {
		return errIndivisible
	}
	rest := shallowCopy(r.value)
	list, key := longestList(reflect.ValueOf(rest).Elem())
	if key == "" {
		return errIndivisible
	}
	r.list = reflect.ValueOf(list.Interface())
	list.SetLen(0)
	text, err := encodeSonic(nil, rest)
	if err != nil {
		return err
	}
	// Within a string a quote follows a backslash, so only a key looks like this;
	// of a like key in another list it cannot be told apart.
	key = `"` + key + `":[`
	if bytes.Count(text, []byte(key+"]")) != 1 {
		return errIndivisible
	}
	at := bytes.Index(text, []byte(key+"]")) + len(key)
	r.before, r.behind = text[:at], text[at:]
	return nil
}

// longestList gives the field that is the longest list of structs, and its key;
// no key if there is none.
func longestList(row reflect.Value) (list reflect.Value, key string) {
	for i := range row.NumField() {
		field := row.Type().Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		plain := field.IsExported() && !field.Anonymous && name != "" && name != "-" && options == ""
		if !plain || field.Type.Kind() != reflect.Slice || field.Type.Elem().Kind() != reflect.Struct || marshals(field.Type) {
			continue
		}
		if n := row.Field(i).Len(); n > 0 && (key == "" || n > list.Len()) {
			list, key = row.Field(i), name
		}
	}
	return list, key
}

// lineBytes is the size of the row's line.
func (r *largeRow) lineBytes() int64 { return r.bytes + int64(len("\n")) }

// measure counts the row's bytes, and reports whether they are valid UTF-8.
func (r *largeRow) measure() (sound bool, err error) {
	r.bytes, sound = 0, true
	err = r.eachPart(func(part []byte) error {
		r.bytes += int64(len(part))
		sound = sound && sonicutf8.Validate(part)
		if bytes.IndexByte(part, '\n') >= 0 {
			return errors.New("its JSON spans several lines")
		}
		return nil
	})
	return sound, err
}

// eachPart calls f with the parts, in order; each is valid during the call.
func (r *largeRow) eachPart(f func(part []byte) error) error {
	if err := f(r.valid(r.before)); err != nil {
		return err
	}
	for i := range r.list.Len() {
		r.part = r.part[:0]
		if i > 0 {
			r.part = append(r.part, ',')
		}
		part, err := encodeSonic(r.part, r.list.Index(i).Addr().Interface())
		if err != nil {
			return err
		}
		r.part = part
		if err := f(r.valid(part)); err != nil {
			return err
		}
	}
	return f(r.valid(r.behind))
}

// valid gives a part as valid UTF-8, if the row is one that has to be repaired.
func (r *largeRow) valid(part []byte) []byte {
	if !r.repaired || sonicutf8.Validate(part) {
		return part
	}
	return validUTF8(part)
}
