package object

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/commitflow/commitflow/stage"
)

const (
	hashSize   = len(stage.Hash{})
	fanoutSize = 256 * 4
	// indexTrailer is the pack's checksum and the index's own.
	indexTrailer = 2 * hashSize
)

// indexMagic begins every index but those of version 1.
var indexMagic = []byte{0xff, 't', 'O', 'c'}

// index is a pack index: it finds an object's offset by its id. Its slices
// are parts of the mapped file.
type index struct {
	fanout [257]uint32 // fanout[b] is the number of ids whose first byte is below b
	// The ids lie stride bytes apart in names, the offsets likewise in offsets.
	names, offsets []byte
	stride         int
	offsetStride   int
	large          []byte // 8-byte offsets, named by 4-byte ones with the top bit set
	packChecksum   []byte
}

// parseIndex reads the layout of an index of version 1 or 2 and checks that
// all of its tables lie within data.
func parseIndex(data []byte) (*index, error) {
	if !bytes.HasPrefix(data, indexMagic) {
		return parseIndexV1(data)
	}
	const header = 8
	if len(data) < header+fanoutSize+indexTrailer {
		return nil, corrupt("pack index of %d bytes is truncated", len(data))
	}
	if version := binary.BigEndian.Uint32(data[4:]); version != 2 {
		return nil, fmt.Errorf("%w: pack index of version %d", errUnsupported, version)
	}
	x := &index{stride: hashSize, offsetStride: 4}
	if err := x.readFanout(data[header:]); err != nil {
		return nil, err
	}
	tables := data[header+fanoutSize : len(data)-indexTrailer]
	count := int(x.fanout[256])
	const perObject = hashSize + 4 + 4 // id, CRC-32, offset
	if len(tables)/perObject < count {
		return nil, corrupt("pack index of %d bytes is too short for %d objects", len(data), count)
	}
	x.names, tables = tables[:count*hashSize], tables[count*(hashSize+4):]
	x.offsets, x.large = tables[:count*4], tables[count*4:]
	if len(x.large)%8 != 0 || len(x.large)/8 > count {
		return nil, corrupt("pack index has %d bytes of large offsets for %d objects", len(x.large), count)
	}
	x.packChecksum = data[len(data)-indexTrailer:][:hashSize]
	return x, nil
}

// parseIndexV1 reads an index of version 1: the fanout, then a 4-byte offset
// and the id for each object.
func parseIndexV1(data []byte) (*index, error) {
	if len(data) < fanoutSize+indexTrailer {
		return nil, corrupt("pack index of %d bytes is truncated", len(data))
	}
	x := &index{stride: 4 + hashSize, offsetStride: 4 + hashSize}
	if err := x.readFanout(data); err != nil {
		return nil, err
	}
	table := data[fanoutSize : len(data)-indexTrailer]
	if len(table)%x.stride != 0 || len(table)/x.stride != int(x.fanout[256]) {
		return nil, corrupt("pack index of %d bytes does not fit its %d objects", len(data), x.fanout[256])
	}
	x.offsets = table
	if len(table) > 0 {
		x.names = table[4:]
	}
	x.packChecksum = data[len(data)-indexTrailer:][:hashSize]
	return x, nil
}

func (x *index) readFanout(table []byte) error {
	for b := range 256 {
		x.fanout[b+1] = binary.BigEndian.Uint32(table[4*b:])
		if x.fanout[b+1] < x.fanout[b] {
			return corrupt("fanout table of the pack index decreases")
		}
	}
	return nil
}

// count is the number of objects in the pack.
func (x *index) count() int { return int(x.fanout[256]) }

// interpolations is how often find guesses the position from the id's value
// before it turns to halving, which no arrangement of ids can slow down.
const interpolations = 5

// find gives the pack offset of an object. Ids are evenly distributed, so that
// its place is interpolated: about three looks at the table instead of twelve
// in a pack of a million objects.
func (x *index) find(id *stage.Hash) (offset uint64, found bool, err error) {
	low, high := int(x.fanout[id[0]]), int(x.fanout[int(id[0])+1])
	want := uint64(binary.BigEndian.Uint32(id[1:]))
	lowest, highest := uint64(0), uint64(1)<<32
	for step := 0; low < high; step++ {
		middle := int(uint(low+high) / 2)
		if step < interpolations && lowest <= want && want < highest {
			middle = low + int((want-lowest)*uint64(high-low)/(highest-lowest))
		}
		name := x.names[middle*x.stride:][:hashSize]
		switch bytes.Compare(id[:], name) {
		case 0:
			offset, err = x.offset(middle)
			return offset, err == nil, err
		case -1:
			high, highest = middle, uint64(binary.BigEndian.Uint32(name[1:]))+1
		default:
			low, lowest = middle+1, uint64(binary.BigEndian.Uint32(name[1:]))
		}
	}
	return 0, false, nil
}

// offset gives the pack offset of the i-th object.
func (x *index) offset(i int) (uint64, error) {
	const large = 1 << 31
	short := binary.BigEndian.Uint32(x.offsets[i*x.offsetStride:])
	if short < large || x.offsetStride != 4 {
		return uint64(short), nil
	}
	at := uint64(short-large) * 8
	if at+8 > uint64(len(x.large)) {
		return 0, corrupt("pack index names large offset %d of %d", short-large, len(x.large)/8)
	}
	return binary.BigEndian.Uint64(x.large[at:]), nil
}

// id gives the id of the i-th object.
func (x *index) id(i int) (id stage.Hash) {
	copy(id[:], x.names[i*x.stride:])
	return id
}
