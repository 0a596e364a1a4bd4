package card

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
)

// feature declares a column, or a field of one, as `datasets` does in YAML: with a
// dtype, or as a list of a dtype or of a struct's fields.
type feature struct {
	Name  string `yaml:"name"`
	Dtype string `yaml:"dtype,omitempty"`
	List  any    `yaml:"list,omitempty"` // string or []feature
}

// features declares the fields of structs, given as pointers, by the names and the
// types that they have in JSON.
func features(structs []any) ([]feature, error) {
	var list []feature
	for _, s := range structs {
		fields, err := fieldsOf(reflect.TypeOf(s).Elem())
		if err != nil {
			return nil, err
		}
		list = append(list, fields...)
	}
	return list, nil
}

func fieldsOf(t reflect.Type) ([]feature, error) {
	var list []feature
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" || !field.IsExported() {
			continue
		}
		f, err := featureOf(name, field.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s of %v: %w", name, t, err)
		}
		list = append(list, f)
	}
	return list, nil
}

func featureOf(name string, t reflect.Type) (feature, error) {
	if isDate(name) {
		return feature{Name: name, Dtype: "timestamp[s]"}, nil
	}
	if t.Kind() != reflect.Slice {
		dtype, err := dtypeOf(t)
		return feature{Name: name, Dtype: dtype}, err
	}
	if t.Elem().Kind() == reflect.Struct && !isText(t.Elem()) {
		fields, err := fieldsOf(t.Elem())
		return feature{Name: name, List: fields}, err
	}
	dtype, err := dtypeOf(t.Elem())
	return feature{Name: name, List: dtype}, err
}

// isDate reports whether a column holds dates, by its name. They are strings in JSON,
// but a reader takes what looks like dates for dates, and makes other strings of them
// if it is told to have strings.
func isDate(name string) bool { return name == "date" || strings.HasSuffix(name, "_date") }

func isText(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// dtypeOf gives the name that `datasets` has for a type.
func dtypeOf(t reflect.Type) (string, error) {
	switch {
	case isText(t) || t.Kind() == reflect.String:
		return "string", nil
	case t.Kind() == reflect.Bool:
		return "bool", nil
	case t.Kind() == reflect.Int:
		return "int64", nil
	case t.Kind() >= reflect.Int8 && t.Kind() <= reflect.Int64, t.Kind() >= reflect.Uint8 && t.Kind() <= reflect.Uint64,
		t.Kind() == reflect.Float32, t.Kind() == reflect.Float64:
		return t.Kind().String(), nil
	}
	return "", fmt.Errorf("a value of type %v is no column of a dataset", t)
}
