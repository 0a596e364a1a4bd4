package object

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"

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
	count int // of ids
	// The ids lie stride bytes apart in names, the offsets likewise in offsets.
	names, offsets []byte
	stride         int
	offsetStride   int
	large          []byte // 8-byte offsets, named by 4-byte ones with the top bit set
	packChecksum   []byte
	// file is the mapping, and namesAt and offsetsAt tell where names and offsets
	// begin in it.
	file               *mapping
	namesAt, offsetsAt uint64

	// starts[g] is the number of ids whose first groupBits bits are below g.
	starts    []uint32
	groupBits uint
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
	const perObject = hashSize + 4 + 4 // id, CRC-32, offset
	if len(tables)/perObject < x.count {
		return nil, corrupt("pack index of %d bytes is too short for %d objects", len(data), x.count)
	}
	x.namesAt = header + fanoutSize
	x.offsetsAt = x.namesAt + uint64(x.count*(hashSize+4))
	x.names, tables = tables[:x.count*hashSize], tables[x.count*(hashSize+4):]
	x.offsets, x.large = tables[:x.count*4], tables[x.count*4:]
	if len(x.large)%8 != 0 || len(x.large)/8 > x.count {
		return nil, corrupt("pack index has %d bytes of large offsets for %d objects", len(x.large), x.count)
	}
	x.packChecksum = data[len(data)-indexTrailer:][:hashSize]
	x.group()
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
	if len(table)%x.stride != 0 || len(table)/x.stride != x.count {
		return nil, corrupt("pack index of %d bytes does not fit its %d objects", len(data), x.count)
	}
	x.offsets, x.offsetsAt, x.namesAt = table, fanoutSize, fanoutSize+4
	if len(table) > 0 {
		x.names = table[4:]
	}
	x.packChecksum = data[len(data)-indexTrailer:][:hashSize]
	x.group()
	return x, nil
}

// readFanout takes the number of ids from the table that tells for each byte
// how many begin with it or a lower one.
func (x *index) readFanout(table []byte) error {
	last := uint32(0)
	for b := range 256 {
		n := binary.BigEndian.Uint32(table[4*b:])
		if n < last {
			return corrupt("fanout table of the pack index decreases")
		}
		last = n
	}
	x.count = int(last)
	return nil
}

// groupSize is about how many ids there are for each entry of index.starts,
// and scanned the most that are searched one by one.
const (
	groupSize = 8
	scanned   = 16
)

// group makes the table that find begins at. It reads all ids once, which takes
// about 5 ms for a million.
func (x *index) group() {
	x.groupBits = uint(bits.Len(uint(x.count / groupSize)))
	x.starts = make([]uint32, 1<<x.groupBits+1)
	next := uint32(0) // the first group whose start is not known
	for i := range x.count {
		for group := x.groupOf(x.names[i*x.stride:]); next <= group; next++ {
			x.starts[next] = uint32(i)
		}
	}
	for ; int(next) < len(x.starts); next++ {
		x.starts[next] = uint32(x.count)
	}
}

// groupOf gives the group of an id.
func (x *index) groupOf(id []byte) uint32 {
	return binary.BigEndian.Uint32(id) >> (32 - x.groupBits)
}

// find gives the pack offset of an object. Ids are evenly distributed, so that
// few share a group. These lie next to each other, so that the search of a
// large pack waits for memory three times: for the start of the group, the ids
// and the offset.
func (x *index) find(id *stage.Hash) (offset uint64, found bool, err error) {
	group := x.groupOf(id[:])
	low, high := int(x.starts[group]), int(x.starts[group+1])
	x.file.touch(x.namesAt + uint64(low*x.stride))
	for high-low > scanned { // ids that were made to be alike
		middle := int(uint(low+high) / 2)
		if bytes.Compare(x.names[middle*x.stride:][:hashSize], id[:]) > 0 {
			high = middle
		} else {
			low = middle
		}
	}
	for ; low < high; low++ {
		if stage.Hash(x.names[low*x.stride:][:hashSize]) == *id {
			offset, err = x.offset(low)
			return offset, err == nil, err
		}
	}
	return 0, false, nil
}

// groupStart gives the number of the first object of an id's group.
func (x *index) groupStart(id *stage.Hash) int { return int(x.starts[x.groupOf(id[:])]) }

// visit reads from where find will for the objects from a number on, about a group
// of them. What it gives depends on all that is read, and means nothing.
func (x *index) visit(number int) byte {
	if number >= x.count {
		return 0
	}
	x.file.touch(x.namesAt + uint64(number*x.stride))
	x.file.touch(x.offsetsAt + uint64(number*x.offsetStride))
	middle := min(number+groupSize/2, x.count-1)
	return x.names[number*x.stride] + x.names[middle*x.stride] + x.offsets[number*x.offsetStride]
}

// offset gives the pack offset of the i-th object.
func (x *index) offset(i int) (uint64, error) {
	x.file.touch(x.offsetsAt + uint64(i*x.offsetStride))
	return x.readOffset(i)
}

func (x *index) readOffset(i int) (uint64, error) {
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
	x.file.touch(x.namesAt + uint64(i*x.stride))
	copy(id[:], x.names[i*x.stride:])
	return id
}
