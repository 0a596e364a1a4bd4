package object

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// packHeader is "PACK", the version and the number of objects, 4 bytes each.
const packHeader = 12

// pack is a pack with its index, both mapped.
type pack struct {
	name   string // the path of the .pack file
	number uint32 // tells packs apart in cache keys; from 1
	index  *index
	data   []byte // the pack without its trailing checksum
	// file is where entries are read from, by pieces; nil if they are from data.
	file interface {
		io.ReaderAt
		io.Closer
	}

	mappedPack, mappedIndex *mapping
}

// openPack maps the pack that belongs to an index file and checks that the two
// fit each other.
func openPack(indexName string, number uint32, resident residents) (*pack, error) {
	p := &pack{name: strings.TrimSuffix(indexName, ".idx") + ".pack", number: number}
	err := p.open(indexName, resident)
	if err != nil {
		_ = p.close()
		return nil, fmt.Errorf("pack %s: %w", p.name, err)
	}
	return p, nil
}

func (p *pack) open(indexName string, resident residents) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer recoverFault(&err)
	if p.mappedIndex, err = resident.indexes.add(indexName); err != nil {
		return err
	}
	if p.mappedPack, err = resident.packs.add(p.name); err != nil {
		return err
	}
	p.mappedIndex.touchAll(0, uint64(len(p.mappedIndex.data)))
	if p.index, err = parseIndex(p.mappedIndex.data); err != nil {
		return err
	}
	p.index.file = p.mappedIndex
	p.data, err = parsePack(p.mappedPack.data, p.index)
	return err
}

// parsePack checks a pack's header and trailer against its index, and gives
// the pack without the trailer.
func parsePack(file []byte, x *index) ([]byte, error) {
	if len(file) < packHeader+hashSize {
		return nil, corrupt("%d bytes are no pack", len(file))
	}
	if !bytes.HasPrefix(file, []byte("PACK")) {
		return nil, corrupt("it does not begin with PACK")
	}
	if version := binary.BigEndian.Uint32(file[4:]); version != 2 && version != 3 {
		return nil, fmt.Errorf("%w: pack of version %d", errUnsupported, version)
	}
	if count := binary.BigEndian.Uint32(file[8:]); int(count) != x.count {
		return nil, corrupt("%d objects in the pack, %d in its index", count, x.count)
	}
	end := len(file) - hashSize
	if !bytes.Equal(file[end:], x.packChecksum) {
		return nil, corrupt("the index belongs to another pack")
	}
	return file[:end], nil
}

// close unmaps both files. The pack must not be in use.
func (p *pack) close() error {
	var first error
	for _, m := range []*mapping{p.mappedPack, p.mappedIndex} {
		if m == nil {
			continue
		}
		if err := m.close(); err != nil && first == nil {
			first = fmt.Errorf("unmap %s: %w", p.name, err)
		}
	}
	if p.file != nil {
		_ = p.file.Close() // nothing was written
	}
	p.mappedPack, p.mappedIndex, p.data, p.index, p.file = nil, nil, nil, nil, nil
	return first
}

// The entry types beyond those of objects: deltas whose base is given by its
// distance in the pack, or by its id.
const (
	offsetDelta    = 6
	referenceDelta = 7
)

// entry is the header of an object in a pack.
type entry struct {
	kind byte // a Type, offsetDelta or referenceDelta
	size uint64
	base uint64 // offset of the base, for deltas
	body []byte // begins with the compressed data

	// pack and at tell where body is in its pack. Where pack is not nil, body may end
	// before the compressed data does.
	pack *pack
	at   uint64
}

// rest gives what begins with the compressed data and goes on to the pack's end.
func (e *entry) rest() []byte {
	if e.pack == nil {
		return e.body
	}
	e.pack.mappedPack.touchAll(e.at, e.size)
	return e.pack.data[e.at:]
}

func (e *entry) isDelta() bool { return e.kind >= offsetDelta }

// entry reads the header at an offset.
func (p *pack) entry(offset uint64) (e entry, err error) {
	if offset < packHeader || offset >= uint64(len(p.data)) {
		return e, corrupt("offset %d lies outside of the pack", offset)
	}
	p.mappedPack.touch(offset)
	e, err = p.parse(offset, p.data[offset:])
	if e.size >= 1<<pageRunBits { // what is compressed is hardly ever longer
		p.mappedPack.touchAll(offset, e.size)
	}
	return e, err
}

// parse reads a header from what begins at an offset.
func (p *pack) parse(offset uint64, rest []byte) (e entry, err error) {
	first := rest[0]
	e.kind, e.size = first>>4&7, uint64(first&15)
	n := 1
	for shift := uint(4); rest[n-1]&0x80 != 0; shift += 7 {
		if n == len(rest) || shift > 56 {
			return e, corrupt("size of the entry at offset %d", offset)
		}
		e.size |= uint64(rest[n]&0x7f) << shift
		n++
	}
	e.body = rest[n:]
	switch e.kind {
	case byte(Commit), byte(Tree), byte(Blob), byte(Tag):
	case offsetDelta:
		err = e.readDistance(offset)
	case referenceDelta:
		err = e.readReference(p.index)
	default:
		return e, corrupt("entry of type %d at offset %d", e.kind, offset)
	}
	e.at = offset + uint64(len(rest)-len(e.body))
	if err == nil && e.size/deflateRatio > uint64(len(p.data))-e.at {
		err = corrupt("entry at offset %d claims %d bytes, more than the pack can hold", offset, e.size)
	}
	return e, err
}

// deflateRatio is the highest ratio deflate reaches (1032, see RFC 1951: 258
// bytes for two bits); a little more for entries of a few bytes.
const deflateRatio = 1100

// readDistance reads the base of an offset delta: its distance backwards, in
// groups of seven bits, each but the last increased by one.
func (e *entry) readDistance(offset uint64) error {
	var distance uint64
	for n, c := range e.body {
		distance |= uint64(c & 0x7f)
		if c&0x80 == 0 {
			if distance == 0 || distance > offset {
				return corrupt("delta at offset %d has its base %d bytes before it", offset, distance)
			}
			e.base, e.body = offset-distance, e.body[n+1:]
			return nil
		}
		if distance++; distance >= 1<<56 {
			break
		}
		distance <<= 7
	}
	return corrupt("delta at offset %d names no base", offset)
}

// readReference reads the base of a reference delta: an id in the same pack.
func (e *entry) readReference(x *index) error {
	if len(e.body) < hashSize {
		return corrupt("delta without a base at the end of the pack")
	}
	id := stage.Hash(e.body[:hashSize])
	e.body = e.body[hashSize:]
	base, found, err := x.find(&id)
	if err == nil && !found {
		err = fmt.Errorf("%w: delta against %s, which is not in the same pack", errUnsupported, id)
	}
	e.base = base
	return err
}
