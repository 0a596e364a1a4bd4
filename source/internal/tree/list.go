package tree

import (
	"encoding/binary"
	"fmt"

	"github.com/commitflow/commitflow/stage"
)

// How nearly all entries begin, read as numbers.
const (
	beginsFile, beginsFileBits = uint64('1' | '0'<<8 | '0'<<16 | '6'<<24 | '4'<<32 | '4'<<40 | ' '<<48), 56
	beginsDir, beginsDirBits   = uint64('4' | '0'<<8 | '0'<<16 | '0'<<24 | '0'<<32 | ' '<<40), 48
)

// List calls each for the entries of a tree, whose content data is, in the order
// of the tree. A name is valid during the call only.
func List(id stage.Hash, data []byte, each func(name []byte, mode stage.FileMode, id stage.Hash)) error {
	for len(data) > 0 {
		// Files and directories without faults are read here, and all else, such as
		// the last entry of a tree that is cut off, by parseEntry.
		if len(data) > 8+hashSize {
			begin, mode, name := binary.LittleEndian.Uint64(data), stage.FileMode(0), 0
			switch {
			case begin<<(64-beginsFileBits) == beginsFile<<(64-beginsFileBits):
				mode, name = stage.ModeRegular, beginsFileBits/8
			case begin<<(64-beginsDirBits) == beginsDir<<(64-beginsDirBits):
				mode, name = stage.ModeDir, beginsDirBits/8
			}
			if name > 0 {
				nameEnd := name + lineLen(data[name:])
				if end := nameEnd + 1 + hashSize; nameEnd > name && end <= len(data) {
					each(data[name:nameEnd], mode, stage.Hash(data[nameEnd+1:end]))
					data = data[end:]
					continue
				}
			}
		}
		e, size, err := parseEntry(data)
		if err != nil {
			return fmt.Errorf("tree %s: %w", id, err)
		}
		each(e.name, e.mode, stage.Hash(e.id))
		data = data[size:]
	}
	return nil
}
