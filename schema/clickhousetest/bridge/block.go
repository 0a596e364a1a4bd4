//go:build linux && (amd64 || arm64)

package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ClickHouse/ch-go/proto"
)

// columns are the columns of a block, of whatever types it names.
type columns []proto.InputColumn

// DecodeResult reads the columns of one block.
func (c *columns) DecodeResult(r *proto.Reader, version int, block proto.Block) error {
	*c = (*c)[:0]
	for range block.Columns {
		name, err := r.Str()
		if err != nil {
			return err
		}
		typeName, err := r.Str()
		if err != nil {
			return err
		}
		if proto.FeatureCustomSerialization.In(version) {
			custom, err := r.Bool()
			if err != nil {
				return err
			}
			if custom {
				return fmt.Errorf("column %s has a serialization of its own", name)
			}
		}
		column, err := newColumn(proto.ColumnType(typeName))
		if err != nil {
			return fmt.Errorf("column %s: %w", name, err)
		}
		if block.Rows > 0 {
			if stateful, ok := column.(proto.StateDecoder); ok {
				if err := stateful.DecodeState(r); err != nil {
					return fmt.Errorf("column %s: %w", name, err)
				}
			}
			if err := column.DecodeColumn(r, block.Rows); err != nil {
				return fmt.Errorf("column %s: %w", name, err)
			}
		}
		*c = append(*c, proto.InputColumn{Name: name, Data: typed{column, proto.ColumnType(typeName)}})
	}
	return nil
}

// typed is a column under the very name that its type came with.
type typed struct {
	proto.Column
	name proto.ColumnType
}

func (t typed) Type() proto.ColumnType { return t.name }

func (t typed) EncodeState(b *proto.Buffer) {
	if stateful, ok := t.Column.(proto.StateEncoder); ok {
		stateful.EncodeState(b)
	}
}

func (t typed) Prepare() error {
	if preparable, ok := t.Column.(proto.Preparable); ok {
		return preparable.Prepare()
	}
	return nil
}

// newColumn knows what [proto.ColAuto] does, and FixedString of any length.
func newColumn(name proto.ColumnType) (proto.Column, error) {
	if size, ok := fixedString(string(name)); ok {
		return &proto.ColFixedStr{Size: size}, nil
	}
	if name.Base() == proto.ColumnTypeArray {
		if size, ok := fixedString(string(name.Elem())); ok {
			return (&proto.ColFixedStr{Size: size}).Array(), nil
		}
	}
	var column proto.ColAuto
	if err := column.Infer(name); err != nil {
		return nil, err
	}
	return column.Data, nil
}

func fixedString(name string) (size int, ok bool) {
	digits, ok := strings.CutPrefix(name, "FixedString(")
	if !ok {
		return 0, false
	}
	size, err := strconv.Atoi(strings.TrimSuffix(digits, ")"))
	return size, err == nil
}
