package sink

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
)

// Composite is implemented by rows whose columns lie in several structs: those of
// a format, say, and those of the metadata. They are written as one JSON object.
type Composite interface {
	// Columns gives pointers to the structs, in order; of the same types for every
	// row of a dataset. No two of them have a field of the same name.
	Columns() []any
}

// checkedColumns remembers what [checkRowType] said of a struct in a composite row.
var checkedColumns sync.Map // reflect.Type → error or nil

// checkColumns makes sure of a part of a composite row what Open makes sure of for
// the type of other rows.
func checkColumns(part any) error {
	t := reflect.TypeOf(part)
	if verdict, ok := checkedColumns.Load(t); ok {
		err, _ := verdict.(error)
		return err
	}
	var err error
	if t == nil || t.Kind() != reflect.Pointer {
		err = fmt.Errorf("columns of type %T: want a pointer to a struct", part)
	} else {
		err = checkRowType(t)
	}
	checkedColumns.Store(t, err)
	return err
}

// appendColumns writes the structs one after the other, as one object.
func appendColumns(dst []byte, parts []any, appendJSON func(dst []byte, row any) ([]byte, error)) ([]byte, error) {
	if len(parts) == 0 {
		return nil, errors.New("there are no columns")
	}
	for i, part := range parts {
		if err := checkColumns(part); err != nil {
			return nil, err
		}
		from := len(dst)
		var err error
		if dst, err = appendJSON(dst, part); err != nil {
			return nil, err
		}
		if i > 0 {
			dst[from-1] = ',' // "}{" becomes ","
			dst = append(dst[:from], dst[from+1:]...)
		}
	}
	return dst, nil
}
