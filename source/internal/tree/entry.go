package tree

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/commitflow/commitflow/stage"
)

// hashSize is the length of an object id inside a tree, in bytes.
const hashSize = len(stage.Hash{})

// The ways in which the bytes of a tree can be wrong.
var (
	errTruncated = errors.New("entry is cut off")
	errMode      = errors.New("mode is not an octal number followed by a space")
	errNoName    = errors.New("entry has no name")
)

// entry is one line of a tree. Its name and id point into the tree's bytes.
type entry struct {
	mode stage.FileMode
	name []byte
	id   []byte
}

// entryLen gives the length of the entry at the start of data, or 0 if the
// entry is cut off.
func entryLen(data []byte) int {
	n := lineLen(data) + 1 + hashSize
	if n > len(data) {
		return 0
	}
	return n
}

// lineLen gives the place of the first NUL, or the length of data. It looks at eight
// bytes at a time, since most names are too short for bytes.IndexByte to gain from
// more: what it takes to call it is more than that.
func lineLen(data []byte) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	at := 0
	for ; at+8 <= len(data); at += 8 {
		word := binary.LittleEndian.Uint64(data[at:])
		// The lowest bit that is left is that of the first NUL, whatever the bits
		// above it say.
		if nuls := (word - ones) &^ word & high; nuls != 0 {
			return at + bits.TrailingZeros64(nuls)/8
		}
	}
	for at < len(data) && data[at] != 0 {
		at++
	}
	return at
}

// parseEntry reads the entry at the start of data, which is not empty. size is
// its length in bytes.
//
// The format is that of git's tree objects: an octal mode, a space, the name,
// a NUL and the 20 bytes of the id.
func parseEntry(data []byte) (e entry, size int, err error) {
	size = entryLen(data)
	if size == 0 {
		return entry{}, 0, errTruncated
	}
	line := data[:size-hashSize-1]
	mode, digits := uint32(0), 0
	for digits < len(line) && '0' <= line[digits] && line[digits] <= '7' {
		if mode > 1<<29-1 {
			return entry{}, 0, errMode
		}
		mode = mode<<3 | uint32(line[digits]-'0')
		digits++
	}
	if digits == 0 || digits == len(line) || line[digits] != ' ' {
		return entry{}, 0, errMode
	}
	name := line[digits+1:]
	if len(name) == 0 {
		return entry{}, 0, errNoName
	}
	return entry{canonical(stage.FileMode(mode)), name, data[size-hashSize : size]}, size, nil
}

// canonical gives the mode that git sees in place of the stored one: files are
// 100644 or 100755 by their owner's execute bit, and what is neither file nor
// symlink nor directory is a submodule. So the historic 100664 and 100644 are
// the same mode, and a change between them is none.
func canonical(m stage.FileMode) stage.FileMode {
	switch m.Type() {
	case stage.ModeRegular.Type():
		if m&0o100 != 0 {
			return stage.ModeExecutable
		}
		return stage.ModeRegular
	case stage.ModeSymlink:
		return stage.ModeSymlink
	case stage.ModeDir:
		return stage.ModeDir
	default:
		return stage.ModeSubmodule
	}
}

func (e *entry) isDir() bool { return e.mode == stage.ModeDir }

// compare orders entries as git sorts a tree: by the bytes of the names, where
// a directory's name counts as ending in a slash. A file and a directory of
// one name are therefore different entries.
func compare(a, b *entry) int {
	n := min(len(a.name), len(b.name))
	if c := bytes.Compare(a.name[:n], b.name[:n]); c != 0 {
		return c
	}
	return cmp.Or(
		cmp.Compare(a.byteAfter(n), b.byteAfter(n)),
		cmp.Compare(len(a.name), len(b.name)),
	)
}

// byteAfter gives the byte of the name at n, with the slash that a directory's
// name counts as ending in.
func (e *entry) byteAfter(n int) byte {
	switch {
	case n < len(e.name):
		return e.name[n]
	case e.isDir():
		return '/'
	default:
		return 0
	}
}
