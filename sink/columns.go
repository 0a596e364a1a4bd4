package sink

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// checkRowType makes sure that rows of the type all have the same keys with
// the same types, which readers that infer a schema from the first rows rely
// on.
func checkRowType(t reflect.Type) error {
	if t.Implements(reflect.TypeFor[Composite]()) {
		return nil // its parts are checked as they come
	}
	row := t
	if row.Kind() == reflect.Pointer {
		row = row.Elem()
	}
	if row.Kind() != reflect.Struct {
		return fmt.Errorf("rows of type %v: use a struct, its fields are the columns", t)
	}
	if marshals(row) {
		return nil
	}
	columns := columnChecker{seen: map[reflect.Type]bool{}}
	if err := columns.checkStruct(row, row.String()); err != nil {
		return err
	}
	if columns.found == 0 {
		return fmt.Errorf("rows of type %v: no exported field, so no column", t)
	}
	return nil
}

type columnChecker struct {
	seen  map[reflect.Type]bool
	found int
}

func (c *columnChecker) checkStruct(t reflect.Type, path string) error {
	if c.seen[t] {
		return nil
	}
	c.seen[t] = true
	for i := range t.NumField() {
		field := t.Field(i)
		tag := field.Tag.Get("json")
		if tag == "-" || !field.IsExported() && !(field.Anonymous && field.Type.Kind() == reflect.Struct) {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		fieldPath := path + "." + field.Name
		for option := range strings.SplitSeq(options, ",") {
			if option == "omitempty" || option == "omitzero" {
				return fmt.Errorf("%s is tagged %s: every row needs the same keys, so write the empty value", fieldPath, option)
			}
		}
		if field.Anonymous && name == "" && field.Type.Kind() == reflect.Struct && !marshals(field.Type) {
			if err := c.checkStruct(field.Type, fieldPath); err != nil {
				return err
			}
			continue
		}
		c.found++
		if err := c.checkType(field.Type, fieldPath); err != nil {
			return err
		}
	}
	return nil
}

func (c *columnChecker) checkType(t reflect.Type, path string) error {
	if t == reflect.TypeFor[json.RawMessage]() {
		return fmt.Errorf("%s is a json.RawMessage: it may hold any type, so use a string or a struct", path)
	}
	if t.Kind() != reflect.Pointer && marshals(t) {
		return nil
	}
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return nil
	case reflect.Struct:
		return c.checkStruct(t, path)
	case reflect.Array:
		return c.checkType(t.Elem(), path+"[]")
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 && !marshals(t.Elem()) {
			return fmt.Errorf("%s is a %v: use a string for text", path, t)
		}
		return c.checkType(t.Elem(), path+"[]")
	default:
		return fmt.Errorf("%s is a %v: its rows would differ in their keys or types; use basic types, structs and slices", path, t)
	}
}

// marshals tells whether the type decides itself about its JSON; what it
// writes is then its own promise.
func marshals(t reflect.Type) bool {
	for _, t := range []reflect.Type{t, reflect.PointerTo(t)} {
		if t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
			return true
		}
	}
	return false
}
